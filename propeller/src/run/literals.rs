//! Outputs that were just written or read, so that a node does not read its upstream from disk again.
//!
//! An object's content never changes once its attempt has succeeded, so an entry is never wrong.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use aileron_idl::core::LiteralMap;
use aileron_storage::{Storage, StorageError};
use prost::Message;

/// Most bytes that are kept, as encoded.
const CAPACITY: usize = 32 << 20;
/// A map larger than this is not kept.
const ENTRY_LIMIT: usize = CAPACITY / 32;

/// Literal maps by URI; the oldest go first.
#[derive(Debug, Default)]
pub(crate) struct Literals {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    maps: HashMap<String, (Arc<LiteralMap>, usize)>,
    order: VecDeque<String>,
    bytes: usize,
}

impl Literals {
    /// The map at a URI, read if it is not kept.
    pub(crate) async fn get(&self, storage: &Storage, uri: &str) -> Result<Arc<LiteralMap>, StorageError> {
        if let Some(found) = self.kept(|kept| kept.maps.get(uri).map(|(map, _)| map.clone())) {
            return Ok(found);
        }
        let map = Arc::new(storage.get_message::<LiteralMap>(uri).await?);
        self.keep(uri, map.clone());
        Ok(map)
    }

    /// Keeps a map that lies at a URI.
    pub(crate) fn keep(&self, uri: &str, map: Arc<LiteralMap>) {
        let size = map.encoded_len() + uri.len();
        if size <= ENTRY_LIMIT {
            self.kept(|kept| kept.insert(uri, map, size));
        }
    }

    fn kept<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn insert(&mut self, uri: &str, map: Arc<LiteralMap>, size: usize) {
        if self.maps.insert(uri.to_owned(), (map, size)).is_some() {
            return;
        }
        self.order.push_back(uri.to_owned());
        self.bytes += size;
        while self.bytes > CAPACITY {
            let Some(oldest) = self.order.pop_front() else { return };
            self.bytes -= self.maps.remove(&oldest).map_or(0, |(_, size)| size);
        }
    }
}
