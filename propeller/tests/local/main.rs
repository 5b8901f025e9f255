//! The one-machine driver with real processes, a real database and a sink that remembers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod abort;
mod array;
mod batch;
mod caching;
mod catalog;
mod connectors;
mod control;
mod data;
mod deadlines;
mod dynamic;
mod failures;
#[path = "../batch/mod.rs"]
mod fake_batch;
mod flow;
mod harness;
mod images;
mod limits;
mod nested;
mod order;
#[path = "../connector/mod.rs"]
mod played;
mod power;
mod reasons;
mod restart;
mod waiting;
