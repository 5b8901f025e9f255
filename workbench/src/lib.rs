//! The workbench: what users have, opened without a server.
//!
//! Files become entities, whatever they are: packages of `pyflyte package`, single protobuf messages of
//! any kind, their JSON and YAML, custom resources, inputs, outputs, errors. They are recognised by
//! content, compiled by the server's own compiler against everything else that was dropped, drawn,
//! checked against inputs, and compared.
//!
//! What this crate deliberately does not do: open files or connections, run anything, change an entity,
//! or judge by rules of its own: each verdict is [`aileron_compiler`]'s. It is pure, and builds for
//! wasm32; feature `wasm` adds the same API for a page's worker.
//!
//! Start reading at [`Workspace`]. `read` recognises and decodes, within [`Limits`]; `library` finds what
//! an entity refers to among the others; [`view`] is what comes back.

mod document;
mod kind;
mod library;
mod limits;
mod parameters;
mod placeholders;
#[cfg(any(feature = "wasm", test))]
mod practice;
mod problem;
mod read;
pub mod view;
#[cfg(feature = "wasm")]
mod wasm;
mod workspace;

pub use aileron_crd::{NodePhase, WorkflowPhase};
pub use kind::Kind;
pub use limits::Limits;
pub use problem::{Problem, Reason};
pub use read::{Report, Status};
pub use workspace::{EntityId, Verdict, Workspace};
