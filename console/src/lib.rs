//! The console: pages that show what Aileron runs, as a client-side program in the browser.
//!
//! Three pages: the list of executions; one execution with its graph, data, attempts and logs; and the
//! workbench, where dropped files are compiled, drawn and checked by `aileron-workbench` in a worker,
//! without a server. The first two ask the server over gRPC-web and nothing else; no other host is ever
//! contacted. What they show is computed
//! in [`model`], which is pure and tested natively; [`api`] is the only part that knows how questions
//! travel; `pages` and `components` exist in a browser only and hold as little logic as they can.
//!
//! What this crate deliberately does not do: start, change or end anything, or keep state of its own
//! beyond two preferences (time zone; last project).
//!
//! Start reading at [`model`], then `pages/execution.rs`.

pub mod api;
pub mod model;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
#[allow(unreachable_pub, reason = "the component macro writes its props as pub")]
#[allow(clippy::needless_pass_by_value, reason = "a component owns its props")]
mod components;
#[cfg(target_arch = "wasm32")]
mod offline;
#[cfg(target_arch = "wasm32")]
#[allow(unreachable_pub, reason = "the component macro writes its props as pub")]
#[allow(clippy::needless_pass_by_value, reason = "a component owns its props")]
mod pages;
#[cfg(target_arch = "wasm32")]
mod poll;
#[cfg(target_arch = "wasm32")]
mod worker;

#[cfg(target_arch = "wasm32")]
pub use app::{start, start_workbench};
