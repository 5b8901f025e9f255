//! A folder served as S3: for tasks and tools that speak nothing else.
//!
//! One bucket is the server's own object store, shown under the name that its URIs have
//! (`s3://BUCKET/metadata/...`); other buckets are folders beside it, which clients make and remove. All
//! requests are signed (signature version 4): with the key of this server, which opens everything, or with one of a caller's, of
//! which a [`Gate`] says what it opens.
//!
//! What this crate deliberately does not do: versions, access lists, encryption, tags, metadata of users
//! (accepted and not kept), conditional writes (refused). An object's ETag is its store's, not its md5.
//!
//! Start reading at [`Door`], then `operations`.

mod buckets;
mod checksum;
mod credentials;
mod error;
mod gate;
mod operations;
mod service;
mod staging;

use std::path::PathBuf;
use std::sync::Arc;

use aileron_storage::Storage;
use axum::Router;
use axum::error_handling::HandleError;
use http::StatusCode;
use s3s::service::S3ServiceBuilder;

pub use credentials::{Credentials, CredentialsError};
pub use error::DoorError;
pub use gate::{Gate, Wish};

/// What is served.
#[derive(Clone, Debug)]
pub struct Door {
    buckets: buckets::Buckets,
    staging: staging::Staging,
}

/// Where things lie.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bucket that is the server's own store.
    pub bucket: String,
    /// That store.
    pub storage: Storage,
    /// Holds the other buckets, each a folder; made when missing.
    pub buckets: PathBuf,
    /// Holds the parts of objects that are not complete yet; made when missing.
    pub staging: PathBuf,
}

impl Door {
    /// Opens the folders.
    ///
    /// # Errors
    /// When the bucket's name is none, or a folder cannot be used.
    pub fn open(settings: Settings) -> Result<Door, DoorError> {
        let Settings { bucket, storage, buckets, staging } = settings;
        let staging = staging::Staging(Storage::folder(&staging)?);
        Ok(Door { buckets: buckets::Buckets::open(bucket, storage, buckets)?, staging })
    }

    /// The protocol over it, for every path of a listener, in path style (`/BUCKET/KEY`). Without a gate the given key
    /// is the only one.
    pub fn router(self, credentials: Credentials, gate: Option<Arc<dyn Gate>>) -> Router {
        let keys = gate::Keys { own: credentials, bucket: self.buckets.own_name().to_owned(), gate };
        let mut builder = S3ServiceBuilder::new(self);
        builder.set_auth(keys.clone());
        builder.set_access(keys);
        let service = HandleError::new(builder.build(), |error: s3s::HttpError| async move {
            tracing::warn!(?error, "an S3 request failed");
            StatusCode::INTERNAL_SERVER_ERROR
        });
        Router::new().fallback_service(service)
    }
}
