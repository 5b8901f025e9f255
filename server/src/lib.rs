//! The control plane: Flyte's admin and data-proxy API over a metadata store and an object store.
//!
//! Layers, each calling only the next: `front` (connections, limits, request ids), `api` (gRPC, gRPC-web, REST and file transfer on one router),
//! `service` (one use-case a file), `store` (one table a file). `events` holds the pure rules by which
//! reported events change what is stored; `launcher` hands accepted executions to the [`Executor`];
//! `scheduler` launches what is due.
//!
//! What this crate deliberately does not do: run anything, or decide a phase. An execution's row is
//! written first and handed over later; its phases come back as events. It does not know which data
//! plane there is, and it never reads the environment.
//!
//! Start reading at [`Server`], then `service::create_execution`.

#![allow(deprecated, reason = "Flyte marks fields deprecated that its clients and its own parts still use")]

mod api;
mod bell;
mod catalog;
mod clock;
mod cluster;
mod digest;
mod error;
mod events;
mod executor;
mod front;
#[doc(hidden)]
pub mod fuzzing;
mod labels;
mod launcher;
mod metrics;
mod names;
mod notifications;
mod quantity;
mod recorder;
mod scheduler;
mod server;
mod service;
mod settings;
mod signing;
mod spans;
mod store;

pub use catalog::Catalog;
pub use error::ServiceError;
pub use executor::{Executor, HandoverError, WaitingError, WaitingPage};
pub use scheduler::Clock;
pub use server::{OpenError, Server};
pub use settings::{Limits, Settings, TaskTypeScope};
pub use store::filter::FilterError;
pub use store::{Database, DatabaseError, Schema, StoreError};
