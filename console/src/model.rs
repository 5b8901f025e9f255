//! What the pages show, computed from wire messages without a browser: pure, and tested natively.
//!
//! Start at [`phase`] (the one state type of executions, nodes and attempts), then [`scene`] (the drawing)
//! and [`value`] (literals as readable trees).

pub mod dag;
pub mod history;
pub mod listing;
pub mod log;
pub mod msgpack;
pub mod phase;
pub mod route;
pub mod run;
pub mod scene;
pub mod time;
pub mod timeline;
pub mod value;
pub mod viewport;
pub mod workbench;
