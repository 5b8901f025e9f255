//! Why an object could not be read or written.

use std::io::ErrorKind;

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
    /// No object can be there: in a folder, a name is either an object or a folder of others, and no link.
    #[error(
        "`{0}` cannot be written: a part of its path is an object already or a link, or there are objects below it; \
         use another name"
    )]
    Blocked(String),
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
    /// What an error of the store means for who reads the object at a URI.
    pub(crate) fn of(uri: &str, error: object_store::Error) -> StorageError {
        let is_absent = matches!(error, object_store::Error::NotFound { .. });
        match io_kind(&error) {
            // A part of its path is a file, or it is a folder: no object is there.
            _ if is_absent => StorageError::NotFound(uri.to_owned()),
            Some(ErrorKind::NotADirectory | ErrorKind::IsADirectory) => {
                StorageError::NotFound(uri.to_owned())
            }
            Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => StorageError::Full(uri.to_owned()),
            _ => StorageError::Store { uri: uri.to_owned(), source: error },
        }
    }

    /// What the system says when it cannot tell where a path of a folder leads.
    pub(crate) fn of_folder(uri: &str, error: std::io::Error) -> StorageError {
        StorageError::of(uri, object_store::Error::Generic { store: "folder", source: Box::new(error) })
    }

    /// What an error of the store means for who writes the object at a URI.
    pub(crate) fn of_write(uri: &str, error: object_store::Error) -> StorageError {
        match io_kind(&error) {
            Some(
                ErrorKind::NotADirectory
                | ErrorKind::IsADirectory
                | ErrorKind::DirectoryNotEmpty
                | ErrorKind::AlreadyExists,
            ) => StorageError::Blocked(uri.to_owned()),
            _ => StorageError::of(uri, error),
        }
    }
}

/// What the system said, when the store is a folder of it.
fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<ErrorKind> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        next = error.source();
    }
    None
}
