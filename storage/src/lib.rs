//! One object store, addressed by URIs: literals, compiled closures, code archives and decks.
//!
//! The store is a folder, the process's memory, or a bucket of S3, GCS or Azure; which one follows from
//! the URI of its root ([`Target`]). An object's URI is what tasks and clients see
//! (`/data/objects/metadata/...` for a folder, `s3://BUCKET/metadata/...` for a bucket); its key is the
//! part below the root. Every key is built from segments that are escaped one by one, so no name that a
//! user gives can leave the root. Writes are atomic: a reader sees the old object or the new one, and a
//! failed write leaves nothing. In a folder, a link is no object and leads to none ([`links`]).
//!
//! What this crate deliberately does not do: know what the objects mean, or where they lie
//! ([`layout`] alone names the paths that several parts share, and [`key_file`] how they keep their keys); read the environment, which its caller
//! hands over; choose the crypto provider of TLS, which `main` installs.
//!
//! Start reading at [`Storage`].

mod backend;
mod error;
pub mod key_file;
pub mod layout;
pub mod links;
mod object;
mod signed;
mod store;
mod target;
mod tasks;
mod upload;

pub use error::StorageError;
pub use object::{Entry, Object, Part};
pub use store::Storage;
pub use target::{OpenError, Target};
pub use upload::Upload;

/// Largest object that is read whole into memory, in bytes.
pub const READ_LIMIT: u64 = 512 << 20;
