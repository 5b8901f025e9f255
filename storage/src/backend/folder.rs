//! A folder of this machine.

use std::path::Path;
use std::sync::Arc;

use object_store::local::LocalFileSystem;

use crate::{Storage, StorageError};

impl Storage {
    /// A folder as an object store; it is made when missing.
    ///
    /// Its URIs are bare absolute paths. Flytekit takes whatever has a scheme for a path that it must
    /// find on disk as written, so a `FlyteFile` at `file:///x` would not be found there.
    ///
    /// # Errors
    /// When the folder cannot be made or opened.
    pub fn folder(folder: &Path) -> Result<Storage, StorageError> {
        let shown = folder.display().to_string();
        let failed = |source| StorageError::Store { uri: shown.clone(), source };
        let unusable = |error| {
            failed(object_store::Error::Generic {
                store: "folder",
                source: Box::<std::io::Error>::new(error),
            })
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let whole = folder.canonicalize().map_err(unusable)?;
        let store = LocalFileSystem::new_with_prefix(&whole).map_err(failed)?.with_automatic_cleanup(false);
        let mut storage = Storage::new(Arc::new(store), None, whole.display().to_string());
        storage.folder = Some(whole);
        Ok(storage)
    }
}
