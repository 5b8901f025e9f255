//! The console: pages that show what Aileron runs, and launch, answer and end it, as client-side programs in the browser.
//!
//! Four programs of one crate, so that none carries the others' weight: lists and versions (`app::start`); pages with a
//! graph (`app::start_run`); forms with the server's checks (`app::start_launch`); and the workbench, where dropped files
//! are compiled, drawn and checked by `aileron-workbench` in a worker, without a server. They ask the server that they
//! came from over gRPC-web and nothing else; no other host is ever contacted. What they show is computed in [`model`], which
//! is pure and tested natively; [`api`] is the only part that knows how questions travel; `live` follows a page's one stream
//! of changes; `pages` and `components` exist in a browser only and hold as little logic as they can.
//!
//! What this crate deliberately does not do: keep state of its own beyond preferences (time zone, colours, last project).
//! What a page shows is in its address.
//!
//! Start reading at [`model`], then `pages/execution.rs`.

pub mod api;
pub mod model;

#[cfg(target_arch = "wasm32")]
mod address;
#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
#[allow(unreachable_pub, reason = "the component macro writes its props as pub")]
#[allow(clippy::needless_pass_by_value, reason = "a component owns its props")]
mod components;
#[cfg(target_arch = "wasm32")]
mod followed;
#[cfg(target_arch = "wasm32")]
mod live;
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
pub use app::{start, start_launch, start_run, start_workbench};
