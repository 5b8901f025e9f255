//! One object store, addressed by URIs: literals, compiled closures, code archives and decks.
//!
//! An object's URI is what tasks and clients see (`/data/objects/metadata/...` for a folder, `s3://...` for a bucket); its key is the
//! part below the store's root. Every key is built from segments that are escaped one by one, so no
//! name that a user gives can leave the root. Writes are atomic: a reader sees the old object or the
//! new one, and a failed write leaves nothing.
//!
//! What this crate deliberately does not do: know what the objects mean, or where they lie
//! ([`layout`] alone names the paths that several parts share).
//!
//! Start reading at [`Storage`].

pub mod layout;
mod upload;

use std::path::Path as FilePath;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt};

pub use upload::Upload;

/// Largest object that is read whole into memory, in bytes.
pub const READ_LIMIT: u64 = 512 << 20;

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
    /// The store itself failed.
    #[error("failed to reach the object at `{uri}`")]
    Store {
        /// Where it lies.
        uri: String,
        /// What the store said.
        source: object_store::Error,
    },
}

/// A store and the root of its URIs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    root: String,
}

impl Storage {
    /// A folder as an object store; it is made when missing.
    ///
    /// Its URIs are bare absolute paths. Flytekit takes whatever has a scheme for a path that it must
    /// find on disk as written, so a `FlyteFile` at `file:///x` would not be found there.
    pub fn folder(folder: &FilePath) -> Result<Storage, StorageError> {
        let shown = folder.display().to_string();
        let failed = |source| StorageError::Store { uri: shown.clone(), source };
        std::fs::create_dir_all(folder).map_err(|error| {
            failed(object_store::Error::Generic { store: "folder", source: Box::new(error) })
        })?;
        let whole = folder.canonicalize().map_err(|error| {
            failed(object_store::Error::Generic { store: "folder", source: Box::new(error) })
        })?;
        let store = LocalFileSystem::new_with_prefix(&whole).map_err(failed)?.with_automatic_cleanup(false);
        Ok(Storage { store: Arc::new(store), root: whole.display().to_string() })
    }

    /// The prefix of every URI here, without a slash at its end.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The URI of a key; each segment is escaped.
    pub fn uri(&self, segments: &[&str]) -> String {
        let mut uri = self.root.clone();
        for part in Path::from_iter(segments.iter().copied()).parts() {
            uri.push('/');
            uri.push_str(part.as_ref());
        }
        uri
    }

    fn path(&self, uri: &str) -> Result<Path, StorageError> {
        let foreign = || StorageError::Foreign { uri: uri.to_owned(), root: self.root.clone() };
        let key = uri.strip_prefix(&self.root).and_then(|rest| rest.strip_prefix('/')).ok_or_else(foreign)?;
        Path::parse(key).ok().filter(|path| path.as_ref() == key).ok_or_else(foreign)
    }

    /// Whether an object lies at the URI.
    pub async fn exists(&self, uri: &str) -> Result<bool, StorageError> {
        match self.store.head(&self.path(uri)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(source) => Err(StorageError::Store { uri: uri.to_owned(), source }),
        }
    }

    /// The object's bytes.
    pub async fn get(&self, uri: &str) -> Result<Bytes, StorageError> {
        let found = self.store.get_opts(&self.path(uri)?, GetOptions::default()).await;
        let found = found.map_err(|error| failed(uri, error))?;
        if found.meta.size > READ_LIMIT {
            return Err(StorageError::TooLarge { uri: uri.to_owned(), size: found.meta.size });
        }
        found.bytes().await.map_err(|error| failed(uri, error))
    }

    /// The object's bytes, or `None` when there is no such object.
    pub async fn find(&self, uri: &str) -> Result<Option<Bytes>, StorageError> {
        match self.get(uri).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StorageError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the object, replacing what was there.
    pub async fn put(&self, uri: &str, bytes: impl Into<Bytes>) -> Result<(), StorageError> {
        let path = self.path(uri)?;
        let written = self.store.put(&path, bytes.into().into()).await;
        written.map(drop).map_err(|error| failed(uri, error))
    }

    /// Reads and decodes a message.
    pub async fn get_message<M: prost::Message + Default>(&self, uri: &str) -> Result<M, StorageError> {
        let bytes = self.get(uri).await?;
        M::decode(bytes).map_err(|source| StorageError::Decode { uri: uri.to_owned(), source })
    }

    /// Encodes and writes a message.
    pub async fn put_message<M: prost::Message>(&self, uri: &str, message: &M) -> Result<(), StorageError> {
        self.put(uri, message.encode_to_vec()).await
    }

    /// The URIs of all objects below a prefix, which ends at a whole segment.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let path = self.path(prefix)?;
        let found: Vec<_> =
            self.store.list(Some(&path)).try_collect().await.map_err(|error| failed(prefix, error))?;
        Ok(found.into_iter().map(|meta| format!("{}/{}", self.root, meta.location)).collect())
    }
}

fn failed(uri: &str, error: object_store::Error) -> StorageError {
    if matches!(error, object_store::Error::NotFound { .. }) {
        return StorageError::NotFound(uri.to_owned());
    }
    if is_disk_full(&error) {
        return StorageError::Full(uri.to_owned());
    }
    StorageError::Store { uri: uri.to_owned(), source: error }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Storage) {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::folder(&folder.path().join("objects")).unwrap();
        (folder, storage)
    }

    #[tokio::test]
    async fn an_object_is_read_back_and_listed() {
        let (_folder, storage) = store();
        let uri = storage.uri(&["metadata", "p", "a name/with slash", "-v_1"]);
        storage.put(&uri, "text").await.unwrap();
        assert_eq!(storage.get(&uri).await.unwrap(), "text");
        assert!(storage.exists(&uri).await.unwrap());
        assert_eq!(storage.list(&storage.uri(&["metadata", "p"])).await.unwrap(), std::slice::from_ref(&uri));
        assert!(storage.find(&storage.uri(&["nothing"])).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn no_name_leaves_the_root() {
        let (folder, storage) = store();
        std::fs::write(folder.path().join("secret"), "s").unwrap();
        let escaped = storage.uri(&["..", "secret"]);
        assert!(escaped.starts_with(storage.root()) && !escaped.contains(".."), "{escaped}");
        for uri in ["/../secret", "/a/../../secret", "/./../secret", "//etc/passwd"] {
            let uri = format!("{}{uri}", storage.root());
            assert!(matches!(storage.get(&uri).await, Err(StorageError::Foreign { .. })), "{uri}");
        }
        assert!(matches!(storage.get("s3://other/key").await, Err(StorageError::Foreign { .. })));
        assert!(matches!(storage.get("/etc/passwd").await, Err(StorageError::Foreign { .. })));
    }
}
