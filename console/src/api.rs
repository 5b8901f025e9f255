//! The server, as the pages see it: one function a question, answered by wire messages or an [`ApiError`].
//!
//! Everything that knows how questions travel is in here: [`frame`] the bytes of gRPC-web, [`status`] what
//! its codes mean to a reader, `fetch` the browser's part. Nothing is cached or tried again: that is for who asks, see
//! `live`, and pages say so when an answer is an error.

#[cfg(target_arch = "wasm32")]
mod actions;
#[cfg(target_arch = "wasm32")]
mod entities;
#[cfg(target_arch = "wasm32")]
mod fetch;
pub mod frame;
#[cfg(target_arch = "wasm32")]
mod questions;
pub mod status;
#[cfg(target_arch = "wasm32")]
mod upload;

#[cfg(target_arch = "wasm32")]
pub use actions::*;
#[cfg(target_arch = "wasm32")]
pub use entities::*;
#[cfg(target_arch = "wasm32")]
pub use fetch::Stream;
#[cfg(target_arch = "wasm32")]
pub use questions::*;
pub use status::{ApiError, Code};
#[cfg(target_arch = "wasm32")]
pub use upload::upload;
