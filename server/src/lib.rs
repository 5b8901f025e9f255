//! The control plane: Flyte's admin and data-proxy API over a metadata store and an object store.
//!
//! Layers, each calling only the next: `front` (connections, limits, request ids), `identity` and `access` (who calls, and whether they may), `api` (gRPC, gRPC-web, REST and file transfer on one router),
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

mod access;
pub mod accounts;
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
mod identity;
mod labels;
mod launcher;
#[doc(hidden)]
pub mod measuring;
mod metrics;
mod names;
mod notifications;
mod oauth;
mod quantity;
mod recorder;
mod scheduler;
mod server;
mod service;
mod settings;
mod signing;
mod spans;
mod store;

pub use access::{AccessError, Authentication, Binding, BindingsFileError, BuiltIn, Role, Scope, Subject};
pub use catalog::Catalog;
pub use error::ServiceError;
pub use executor::{Executor, HandoverError, WaitingError, WaitingPage};
pub use front::{TlsError, TlsFiles};
pub use identity::cross_site::CrossSite;
pub use identity::issuer::{External, ExternalError};
pub use identity::keys::{KeyError, rotate as rotate_token_key};
pub use identity::secret::{PasswordError, Secret};
pub use notifications::{Notifications, NotificationsError, Smtp};
pub use scheduler::Clock;
pub use server::{OpenError, Server};
pub use service::admit_object::ObjectWish;
pub use service::admit_run::RunKey;
pub use settings::{Limits, Settings, TaskTypeScope};
pub use store::filter::FilterError;
pub use store::{Database, DatabaseError, Schema, StoreError};
