//! The engine under its third driver: a simulated world with virtual time and seeded faults.

mod catalog;
mod faults;
mod limits;
mod oracle;
mod program;
mod properties;
mod scale;
mod simulator;
mod table;
mod wide;
mod world;
