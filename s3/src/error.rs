//! Errors: of opening, and as the protocol says them.

use std::io;
use std::path::PathBuf;

use aileron_storage::StorageError;
use s3s::{S3Error, s3_error};

/// Why the door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The name of the own bucket is not one that S3 knows.
    #[error(
        "`{0}` is no name of a bucket: 3 to 63 of a-z, 0-9, `-` and `.`, with a letter or digit at both ends"
    )]
    Bucket(String),
    /// A folder cannot be made.
    #[error("failed to use the folder `{folder}`")]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder cannot be opened as a store.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A failure of the store in the protocol's words.
pub(crate) fn refusal(error: StorageError) -> S3Error {
    let text = error.to_string();
    match error {
        StorageError::NotFound(_) => s3_error!(NoSuchKey, "{text}"),
        StorageError::Foreign { .. } => s3_error!(InvalidArgument, "{text}"),
        StorageError::Range { .. } => s3_error!(InvalidRange, "{text}"),
        StorageError::Blocked(_) => s3_error!(InvalidRequest, "{text}"),
        StorageError::TooLarge { .. } => s3_error!(EntityTooLarge, "{text}"),
        StorageError::Full(_) => {
            let mut error = s3_error!(ServiceUnavailable, "{text}");
            error.set_status_code(http::StatusCode::INSUFFICIENT_STORAGE);
            error
        }
        StorageError::Decode { .. } | StorageError::Damaged { .. } | StorageError::Store { .. } => {
            tracing::error!(%error, "a request of S3 failed in the store");
            s3_error!(error, InternalError, "{text}")
        }
    }
}
