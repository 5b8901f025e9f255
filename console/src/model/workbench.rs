//! What the workbench says of dropped files: its answers as data, and how they are put in order.
//!
//! The shapes are those that `aileron-workbench` serialises; fields that the page does not show are left
//! out.

mod answers;
mod facts;
mod shelf;

pub use answers::{
    Added, Change, Compilation, Diff, Entity, Field, Finding, InterfaceChange, Launch, Parameter, Problem,
    Status,
};
pub use facts::{Facts, Input, facts};
pub use shelf::{Group, Shelf};
