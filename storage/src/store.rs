//! The store as a value: whole objects in and out.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{GetOptions, GetResult, GetResultPayload, ObjectMeta, ObjectStore, ObjectStoreExt};

use crate::{Entry, READ_LIMIT, StorageError, links};

/// A store and the root of its URIs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// What signs URLs that the store itself answers; a folder and memory have none.
    pub(crate) signer: Option<Arc<dyn Signer>>,
    /// Where its objects lie as files, when it is a folder.
    pub(crate) folder: Option<PathBuf>,
    root: String,
    /// The root that objects were named by before; they are still found by it.
    former_root: Option<String>,
}

impl Storage {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, signer: Option<Arc<dyn Signer>>, root: String) -> Storage {
        Storage { store, signer, folder: None, root, former_root: None }
    }

    /// The same objects under the names by which another door shows them. URIs of the old root, which
    /// rows written earlier may hold, are still understood.
    #[must_use]
    pub fn renamed(self, root: impl Into<String>) -> Storage {
        Storage { former_root: Some(self.root), root: root.into(), ..self }
    }

    /// The same store, whose owner serves the objects itself: for clients that cannot reach it.
    #[must_use]
    pub fn without_signer(self) -> Storage {
        Storage { signer: None, ..self }
    }

    /// The prefix of every URI here, without a slash at its end.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Whether other processes can reach the objects by their URIs, given what it takes.
    pub fn is_shared(&self) -> bool {
        !self.root.starts_with("memory:")
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

    /// The URI of a key as [`key`](Storage::key) gives it.
    ///
    /// # Errors
    /// When it is no key: empty, or with empty segments or dots for segments.
    pub fn uri_of_key(&self, key: &str) -> Result<String, StorageError> {
        let uri = format!("{}/{key}", self.root);
        self.path(&uri)?;
        Ok(uri)
    }

    /// The key of an object's URI: what follows the root.
    ///
    /// # Errors
    /// When the URI is not of this store.
    pub fn key<'u>(&self, uri: &'u str) -> Result<&'u str, StorageError> {
        let below = |root: &str| uri.strip_prefix(root)?.strip_prefix('/');
        let key = below(&self.root).or_else(|| below(self.former_root.as_deref()?));
        let is_key = |key: &&str| !key.is_empty() && Path::parse(key).is_ok_and(|path| path.as_ref() == *key);
        key.filter(is_key)
            .ok_or_else(|| StorageError::Foreign { uri: uri.to_owned(), root: self.root.clone() })
    }

    pub(crate) fn path(&self, uri: &str) -> Result<Path, StorageError> {
        let key = self.key(uri)?;
        Path::parse(key).map_err(|_| StorageError::Foreign { uri: uri.to_owned(), root: self.root.clone() })
    }

    /// What lies at the URI, without its bytes.
    ///
    /// # Errors
    /// When there is no such object, or the store fails.
    pub async fn entry(&self, uri: &str) -> Result<Entry, StorageError> {
        let path = self.path(uri)?;
        let found = self.store.head(&path).await.map_err(|error| StorageError::of(uri, error))?;
        if self.is_by_link(uri, &path)? {
            return Err(StorageError::NotFound(uri.to_owned()));
        }
        Ok(self.described(found))
    }

    /// Whether an object lies at the URI.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn exists(&self, uri: &str) -> Result<bool, StorageError> {
        match self.entry(uri).await {
            Ok(_) => Ok(true),
            Err(StorageError::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The object's bytes.
    ///
    /// # Errors
    /// When there is no such object, it is larger than [`READ_LIMIT`], or the store fails.
    pub async fn get(&self, uri: &str) -> Result<Bytes, StorageError> {
        let found = self.open(uri, GetOptions::default()).await?;
        if found.meta.size > READ_LIMIT {
            return Err(StorageError::TooLarge { uri: uri.to_owned(), size: found.meta.size });
        }
        found.bytes().await.map_err(|error| StorageError::of(uri, error))
    }

    /// The object's bytes, or `None` when there is no such object.
    ///
    /// # Errors
    /// As [`get`](Storage::get) otherwise.
    pub async fn find(&self, uri: &str) -> Result<Option<Bytes>, StorageError> {
        match self.get(uri).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StorageError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Refuses a name at which a folder can hold no object; any name will do in other stores.
    ///
    /// # Errors
    /// When a part of the path is an object or a link, or objects lie below it.
    pub async fn check_name(&self, uri: &str) -> Result<(), StorageError> {
        let path = self.path(uri)?;
        let Some(folder) = &self.folder else { return Ok(()) };
        let is_blocked = match tokio::fs::metadata(folder.join(path.as_ref())).await {
            Ok(found) => found.is_dir(),
            Err(error) => error.kind() == ErrorKind::NotADirectory,
        };
        if is_blocked { Err(StorageError::Blocked(uri.to_owned())) } else { self.refuse_link(uri, &path) }
    }

    /// Begins to read an object: that of the folder, and not what a link there leads to.
    pub(crate) async fn open(&self, uri: &str, options: GetOptions) -> Result<GetResult, StorageError> {
        let path = self.path(uri)?;
        let found =
            self.store.get_opts(&path, options).await.map_err(|error| StorageError::of(uri, error))?;
        let (Some(folder), GetResultPayload::File(file, _)) = (&self.folder, &found.payload) else {
            return Ok(found);
        };
        match links::is_at(folder, path.as_ref().as_ref(), file) {
            Ok(true) => Ok(found),
            Ok(false) => Err(StorageError::NotFound(uri.to_owned())),
            Err(error) => Err(StorageError::of_folder(uri, error)),
        }
    }

    /// Whether a key of a folder leads through a link. It is looked up and nothing is read: that need not wait for another
    /// thread.
    fn is_by_link(&self, uri: &str, path: &Path) -> Result<bool, StorageError> {
        let Some(folder) = &self.folder else { return Ok(false) };
        let reached = links::reach(folder, path.as_ref().as_ref());
        let reached = reached.map_err(|error| StorageError::of_folder(uri, error))?;
        Ok(matches!(reached, links::Reached::ByLink))
    }

    /// Refuses to write where a link leads elsewhere.
    pub(crate) fn refuse_link(&self, uri: &str, path: &Path) -> Result<(), StorageError> {
        if self.is_by_link(uri, path)? { Err(StorageError::Blocked(uri.to_owned())) } else { Ok(()) }
    }

    /// Writes the object, replacing what was there.
    ///
    /// # Errors
    /// When no object can be there, or the store fails or is full; what was there before is there still.
    pub async fn put(&self, uri: &str, bytes: impl Into<Bytes>) -> Result<(), StorageError> {
        let path = self.path(uri)?;
        self.refuse_link(uri, &path)?;
        let written = self.store.put(&path, bytes.into().into()).await;
        written.map(drop).map_err(|error| StorageError::of_write(uri, error))
    }

    /// Removes the object; one that is not there is no error.
    ///
    /// # Errors
    /// When it lies behind a link, or the store fails.
    pub async fn remove(&self, uri: &str) -> Result<(), StorageError> {
        let path = self.path(uri)?;
        self.refuse_link(uri, &path)?;
        let removed = self.store.delete(&path).await;
        match removed.map_err(|error| StorageError::of(uri, error)) {
            Err(StorageError::NotFound(_)) => Ok(()),
            removed => removed,
        }
    }

    /// Reads and decodes a message.
    ///
    /// # Errors
    /// As [`get`](Storage::get), and when the bytes are no such message.
    pub async fn get_message<M: prost::Message + Default>(&self, uri: &str) -> Result<M, StorageError> {
        let bytes = self.get(uri).await?;
        M::decode(bytes).map_err(|source| StorageError::Decode { uri: uri.to_owned(), source })
    }

    /// Encodes and writes a message.
    ///
    /// # Errors
    /// As [`put`](Storage::put).
    pub async fn put_message<M: prost::Message>(&self, uri: &str, message: &M) -> Result<(), StorageError> {
        self.put(uri, message.encode_to_vec()).await
    }

    /// The objects directly in a folder of keys, and the URIs of the folders in it.
    ///
    /// # Errors
    /// When the folder is not of this store, or the store fails.
    pub async fn list_folder(&self, folder: &str) -> Result<(Vec<Entry>, Vec<String>), StorageError> {
        let path = if folder == self.root { Path::default() } else { self.path(folder)? };
        let found = self.store.list_with_delimiter(Some(&path)).await;
        let found = found.map_err(|error| StorageError::of(folder, error))?;
        let mut folders = Vec::new();
        for path in found.common_prefixes {
            let uri = format!("{}/{path}", self.root);
            if !self.is_by_link(&uri, &path)? {
                folders.push(uri);
            }
        }
        Ok((self.listed(found.objects)?, folders))
    }

    /// The objects below a prefix, which ends at a whole segment; the root is one.
    ///
    /// # Errors
    /// When the prefix is not of this store, or the store fails.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Entry>, StorageError> {
        let path = if prefix == self.root { Path::default() } else { self.path(prefix)? };
        let found: Vec<_> = self
            .store
            .list(Some(&path))
            .try_collect()
            .await
            .map_err(|error| StorageError::of(prefix, error))?;
        self.listed(found)
    }

    /// What was found, without what lies behind links.
    fn listed(&self, found: Vec<ObjectMeta>) -> Result<Vec<Entry>, StorageError> {
        let mut listed = Vec::with_capacity(found.len());
        for meta in found {
            let path = meta.location.clone();
            let entry = self.described(meta);
            if !self.is_by_link(&entry.uri, &path)? {
                listed.push(entry);
            }
        }
        Ok(listed)
    }
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
    async fn no_name_leaves_the_root() {
        let (folder, storage) = store();
        std::fs::write(folder.path().join("secret"), "s").unwrap();
        let escaped = storage.uri(&["..", "secret"]);
        assert!(escaped.starts_with(storage.root()) && !escaped.contains(".."), "{escaped}");
        for uri in ["/../secret", "/a/../../secret", "/./../secret", "//etc/passwd", ""] {
            let uri = format!("{}{uri}", storage.root());
            assert!(matches!(storage.get(&uri).await, Err(StorageError::Foreign { .. })), "{uri}");
        }
        assert!(matches!(storage.get("s3://other/key").await, Err(StorageError::Foreign { .. })));
        assert!(matches!(storage.get("/etc/passwd").await, Err(StorageError::Foreign { .. })));
    }

    #[tokio::test]
    async fn a_renamed_store_knows_its_objects_by_both_names() {
        let (_folder, storage) = store();
        let old = storage.uri(&["a", "b"]);
        storage.put(&old, "text").await.unwrap();
        let renamed = storage.renamed("s3://bucket");
        assert_eq!(renamed.uri(&["a", "b"]), "s3://bucket/a/b");
        assert_eq!(renamed.get("s3://bucket/a/b").await.unwrap(), renamed.get(&old).await.unwrap());
        assert!(renamed.get("s3://bucket2/a/b").await.is_err());
    }

    #[tokio::test]
    async fn a_name_is_an_object_or_a_folder() {
        let (_folder, storage) = store();
        storage.put(&storage.uri(&["a", "file"]), "text").await.unwrap();
        for segments in [&["a", "file", "below"][..], &["a", "file", "b", "c"], &["a"]] {
            let uri = storage.uri(segments);
            assert!(matches!(storage.check_name(&uri).await, Err(StorageError::Blocked(_))), "{uri}");
            assert!(matches!(storage.put(&uri, "x").await, Err(StorageError::Blocked(_))), "{uri}");
            let mut upload = storage.upload(&uri).unwrap();
            let written = match upload.write(&vec![7; 9 << 20]).await {
                Ok(()) => upload.finish().await,
                refused => refused,
            };
            assert!(matches!(written, Err(StorageError::Blocked(_))), "{uri}: {written:?}");
            assert!(matches!(storage.get(&uri).await, Err(StorageError::NotFound(_))), "{uri}");
            assert!(!storage.exists(&uri).await.unwrap(), "{uri}");
            storage.remove(&uri).await.unwrap();
        }
        assert_eq!(storage.get(&storage.uri(&["a", "file"])).await.unwrap(), "text");
        for segments in [&["a", "file"][..], &["a", "other"], &["b", "c"]] {
            storage.check_name(&storage.uri(segments)).await.unwrap();
        }
    }
}
