//! A harness for tests and measurements of the whole: the real binary as a child process, and a client
//! that speaks gRPC to it.
//!
//! The integration tests (`it/`) and the load generators (`src/bin`) share it. What it
//! deliberately does not do: reach into a crate of the house; whatever it sees, a client could see.
//! What needs flytekit is tested in Python, in `python/`.
//!
//! Start reading at [`server::Server`], then [`client::Client`].

pub mod certificates;
pub mod chaos;
pub mod client;
pub mod floor;
pub mod kubernetes;
pub mod programs;
pub mod server;
