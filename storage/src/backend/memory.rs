//! The process's own memory: gone with it.

use std::sync::Arc;

use object_store::memory::InMemory;

use crate::Storage;

impl Storage {
    /// An empty store in memory. Other processes cannot reach it unless somebody serves it to them.
    pub fn memory() -> Storage {
        Storage::new(Arc::new(InMemory::new()), None, "memory://objects".to_owned())
    }
}
