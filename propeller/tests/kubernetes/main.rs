//! The driver for a cluster against a real API server, whose node ends pods as their annotations say.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bad_input;
mod batch;
mod connectors;
mod ends;
#[path = "../batch/mod.rs"]
mod fake_batch;
mod flow;
mod harness;
mod logs;
mod operators;
#[path = "../connector/mod.rs"]
mod played;
mod real_operator;
mod restart;
mod sharing;
