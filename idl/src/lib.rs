//! The wire: every message and service that Flyte's clients and parts speak, as Rust.
//!
//! The `.proto` files in `idl/protos` are ours; their names and numbers are Flyte's and are frozen
//! (`tests/python/test_descriptors.py` compares them with the released `flyteidl` package).
//! `cargo xtask codegen` turns them into `src/gen`, which is committed.
//!
//! What this crate deliberately does not do: validate, default or interpret anything. A message here
//! is what was sent, no more. With default features it is messages alone and builds for wasm32.
//!
//! [`aileron`] is our own, beside Flyte's: streams of changes.
//!
//! Start reading at [`core`] (identifiers, literals, types, workflows), then [`admin`] (the API's
//! entities), [`event`] (what an engine reports) and [`service`] (the RPCs, feature `grpc`);
//! [`plugins`] has the custom parts of tasks that operators of jobs run.
//! [`json`] (feature `json`) maps any encoded message to and from protobuf JSON by its shape, which [`wire`] reads
//! from the descriptors; `reflect` (feature `reflect`) has what is declared beside messages.

mod display;
#[path = "gen/mod.rs"]
#[allow(missing_docs, unreachable_pub, rust_2018_idioms, reason = "generated")]
#[allow(
    clippy::all,
    clippy::needless_pass_by_value,
    clippy::semicolon_if_nothing_returned,
    reason = "generated"
)]
#[allow(clippy::allow_attributes_without_reason, clippy::uninlined_format_args, reason = "generated")]
mod generated;
#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "reflect")]
pub mod reflect;
#[cfg(feature = "json")]
pub mod wire;

pub use generated::flyteidl::{admin, cacheservice, core, event, plugins, service};
pub use generated::{aileron, datacatalog};

/// The encoded `FileDescriptorSet` of every file in `idl/protos` and its imports.
#[cfg(feature = "grpc")]
pub const DESCRIPTOR_SET: &[u8] = include_bytes!("gen/descriptors.bin");

/// That of the messages that stand in users' files, which is all that a page maps to JSON: a third of it.
#[cfg(all(feature = "json", not(feature = "grpc")))]
pub const DESCRIPTOR_SET: &[u8] = include_bytes!("gen/documents.bin");
