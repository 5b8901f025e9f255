//! What the compiler and its layout are measured by: graphs, templates, counters, other layouts.
//!
//! It holds no rule of its own about what is right; that is the compiler's. It deliberately does not
//! measure the server: that is `tests/src/bin/bench.rs`.
//!
//! Start reading at [`corpus`], which `tests/quality.rs` holds the layout against. [`families`] makes
//! graphs, [`drawing`] counts what is wrong with a picture, [`sugiyama`] and [`node`] draw with other
//! projects' layouts.

pub mod corpus;
pub mod drawing;
pub mod families;
mod graph;
pub mod node;
pub mod programs;
pub mod recorded;
pub mod sugiyama;
pub mod workloads;

pub use graph::Graph;
