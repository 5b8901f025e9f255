//! The driver for a cluster against a real API server, whose node ends pods as their annotations say.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod connectors;
mod ends;
mod flow;
mod harness;
mod operators;
mod real_operator;
mod restart;
mod logs;
mod sharing;
