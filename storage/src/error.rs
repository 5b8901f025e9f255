//! Why an object could not be read or written.

use crate::READ_LIMIT;

/// Why an object could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The URI is of another store, or not a URI of this one's form.
    #[error("`{uri}` is not in this store, whose objects start with `{root}`")]
    Foreign {
        /// The URI that was asked for.
        uri: String,
        /// The prefix of every URI here.
        root: String,
    },
    /// There is no such object.
    #[error("no object at `{0}`")]
    NotFound(String),
    /// The object is larger than [`READ_LIMIT`].
    #[error("the object at `{uri}` has {size} bytes, more than the {READ_LIMIT} that are read at once")]
    TooLarge {
        /// Where it lies.
        uri: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The part that was asked for begins after the object's end.
    #[error("the object at `{uri}` has {size} bytes; there is nothing in the range that was asked for")]
    Range {
        /// Where it lies.
        uri: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The disk has no space left for the object.
    #[error("no space left in the object store for `{0}`; free some and try again")]
    Full(String),
    /// The object is there but is not an encoding of the expected message.
    #[error("failed to decode the object at `{uri}`")]
    Decode {
        /// Where it lies.
        uri: String,
        /// What the decoder found.
        source: prost::DecodeError,
    },
    /// The object ends, or says what cannot be, before what it begins with is over.
    #[error("the object at `{uri}` is cut off or damaged at byte {at}")]
    Damaged {
        /// Where it lies.
        uri: String,
        /// How far it is as it should be, in bytes.
        at: u64,
    },
    /// The store itself failed.
    #[error("failed to reach the object at `{uri}`")]
    Store {
        /// Where it lies.
        uri: String,
        /// What the store said.
        source: object_store::Error,
    },
}

impl StorageError {
    /// What an error of the store means for the object at a URI.
    pub(crate) fn of(uri: &str, error: object_store::Error) -> StorageError {
        if matches!(error, object_store::Error::NotFound { .. }) {
            return StorageError::NotFound(uri.to_owned());
        }
        if is_disk_full(&error) {
            return StorageError::Full(uri.to_owned());
        }
        StorageError::Store { uri: uri.to_owned(), source: error }
    }
}

fn is_disk_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| {
            matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
        }) {
            return true;
        }
        next = error.source();
    }
    false
}
