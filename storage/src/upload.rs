//! Writing an object whose size is not known, or too large for memory.

use bytes::{Bytes, BytesMut};
use object_store::{MultipartUpload, ObjectStoreExt};

use crate::{Storage, StorageError};

/// Bytes that are gathered before they are written; object stores refuse small parts.
const PART: usize = 8 << 20;

/// An object that is being written. It appears whole when finished; dropped before, nothing is left.
pub struct Upload<'s> {
    storage: &'s Storage,
    uri: String,
    gathered: BytesMut,
    /// Once there is more than one part.
    parts: Option<Box<dyn MultipartUpload>>,
}

impl Storage {
    /// Begins an object; nothing is written yet.
    ///
    /// # Errors
    /// When the URI is not of this store.
    pub fn upload(&self, uri: &str) -> Result<Upload<'_>, StorageError> {
        self.path(uri)?;
        Ok(Upload { storage: self, uri: uri.to_owned(), gathered: BytesMut::new(), parts: None })
    }
}

impl Upload<'_> {
    /// Appends bytes.
    ///
    /// # Errors
    /// When the store fails or is full.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= PART { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), StorageError> {
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => {
                let path = self.storage.path(&self.uri)?;
                self.storage.refuse_link(&self.uri, &path)?;
                let begun = self.storage.store.put_multipart(&path).await;
                self.parts.insert(begun.map_err(|error| StorageError::of_write(&self.uri, error))?)
            }
        };
        let part: Bytes = self.gathered.split().freeze();
        parts.put_part(part.into()).await.map_err(|error| StorageError::of(&self.uri, error))
    }

    /// Makes the object visible.
    ///
    /// # Errors
    /// When no object can be there, or the store fails or is full; then there is no object, or the one from before.
    pub async fn finish(mut self) -> Result<(), StorageError> {
        if self.parts.is_none() {
            return self.storage.put(&self.uri, self.gathered.split().freeze()).await;
        }
        self.flush().await?;
        let Some(mut parts) = self.parts.take() else { return Ok(()) };
        parts.complete().await.map(drop).map_err(|error| StorageError::of_write(&self.uri, error))
    }

    /// Gives up: what was written goes away.
    ///
    /// # Errors
    /// When the store fails to remove it.
    pub async fn abort(mut self) -> Result<(), StorageError> {
        let Some(mut parts) = self.parts.take() else { return Ok(()) };
        parts.abort().await.map_err(|error| StorageError::of(&self.uri, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_upload_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::folder(folder.path()).unwrap();
        for size in [10, PART + 1, 2 * PART] {
            let uri = storage.uri(&["a", "b"]);
            let mut upload = storage.upload(&uri).unwrap();
            for chunk in vec![7_u8; size].chunks(1 << 20) {
                upload.write(chunk).await.unwrap();
            }
            assert!(!storage.exists(&uri).await.unwrap(), "{size}");
            upload.finish().await.unwrap();
            assert_eq!(storage.get(&uri).await.unwrap().len(), size);
            std::fs::remove_dir_all(folder.path().join("a")).unwrap();

            let mut upload = storage.upload(&uri).unwrap();
            upload.write(&vec![7_u8; size]).await.unwrap();
            upload.abort().await.unwrap();
            assert!(storage.list(&storage.uri(&["a"])).await.unwrap().is_empty(), "{size}");
        }
    }
}
