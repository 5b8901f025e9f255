//! The one-machine driver with real processes, a real database and a sink that remembers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod abort;
mod array;
mod batch;
mod caching;
mod catalog;
mod control;
mod data;
mod deadlines;
mod dynamic;
mod failures;
mod flow;
#[path = "../batch/mod.rs"]
mod fake_batch;
mod harness;
mod images;
mod limits;
mod nested;
mod order;
mod reasons;
mod restart;
mod waiting;
