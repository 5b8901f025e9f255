//! What the pages show, computed from wire messages without a browser: pure, and tested natively.
//!
//! Start at [`route`] (pages and their addresses) and [`phase`] (the one state type of executions, nodes and attempts),
//! then [`scene`] (the drawing), [`tree`] (an execution's nodes) and [`value`] (literals as readable trees).

pub mod command;
pub mod compare;
pub mod dag;
pub mod entity;
pub mod facts;
pub mod growth;
pub mod history;
pub mod inputs_view;
pub mod items;
pub mod launch;
pub mod listing;
pub mod literal;
pub mod log;
pub mod msgpack;
pub mod node;
pub mod outline;
pub mod palette;
pub mod phase;
pub mod preview;
pub mod query;
pub mod reader;
pub mod route;
pub mod rows;
pub mod run;
pub mod scene;
pub mod schedule;
pub mod search;
pub mod sorted;
pub mod time;
pub mod timeline;
pub mod tree;
pub mod type_name;
pub mod value;
pub mod viewport;
pub mod waiting;
pub mod workbench;
