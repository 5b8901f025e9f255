//! Memory of rows that are asked for again and again, with a bound.
//!
//! A value that was read before a write may be put back after it; the epoch of the reading tells, so
//! a cache never keeps what a finished write has replaced.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Epochs that a cache notes for all its keys: what is written all the time leaves the rest alone.
const EPOCHS: usize = 1024;

/// A bounded map, oldest out first; one that was removed and kept again may go early.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    inner: Mutex<Inner<K, V>>,
    /// Most entries.
    bound: usize,
}

#[derive(Debug)]
struct Inner<K, V> {
    entries: HashMap<K, V>,
    order: VecDeque<K>,
    /// How often a key of each share of them was removed.
    epochs: Box<[u64; EPOCHS]>,
}

/// When a reading began; what it found is only kept if nothing of the key's share was removed since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epoch(u64);

/// The share of the keys that one belongs to.
fn share(key: &impl Hash) -> usize {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
    usize::try_from(hash % EPOCHS as u64).unwrap_or_default()
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// An empty cache of at most `bound` entries.
    pub(crate) fn new(bound: usize) -> Cache<K, V> {
        let inner = Inner { entries: HashMap::new(), order: VecDeque::new(), epochs: Box::new([0; EPOCHS]) };
        Cache { inner: Mutex::new(inner), bound }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, or the epoch to hand to [`keep`](Cache::keep) with what the store says.
    pub(crate) fn get(&self, key: &K) -> Result<V, Epoch> {
        let inner = self.lock();
        inner.entries.get(key).cloned().ok_or_else(|| Epoch(inner.epochs[share(key)]))
    }

    /// Keeps a value that was read after `epoch`, unless it may have been replaced since.
    pub(crate) fn keep(&self, key: K, value: V, epoch: Epoch) {
        let mut inner = self.lock();
        if inner.epochs[share(&key)] != epoch.0 || inner.entries.insert(key.clone(), value).is_some() {
            return;
        }
        inner.order.push_back(key);
        while inner.order.len() > self.bound {
            if let Some(oldest) = inner.order.pop_front() {
                inner.entries.remove(&oldest);
            }
        }
    }

    /// The value as it is known, or as the store says.
    pub(crate) async fn get_or_read<E>(
        &self,
        key: &K,
        read: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        let epoch = match self.get(key) {
            Ok(known) => return Ok(known),
            Err(epoch) => epoch,
        };
        let value = read.await?;
        self.keep(key.clone(), value.clone(), epoch);
        Ok(value)
    }

    /// Forgets what a committed write has replaced.
    pub(crate) fn remove(&self, key: &K) {
        let mut inner = self.lock();
        inner.epochs[share(key)] += 1;
        // Its place in the order stays: looking for it would take longer than dropping a value early.
        inner.entries.remove(key);
    }

    /// Forgets everything, after a write that may have replaced any of it.
    pub(crate) fn clear(&self) {
        let mut inner = self.lock();
        inner.epochs.iter_mut().for_each(|epoch| *epoch += 1);
        inner.entries.clear();
        inner.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first() {
        let cache = Cache::new(2);
        for key in ["a", "b", "c"] {
            let epoch = cache.get(&key).unwrap_err();
            cache.keep(key, 1, epoch);
        }
        assert!(cache.get(&"a").is_err());
        assert!(cache.get(&"b").is_ok() && cache.get(&"c").is_ok());
    }

    #[test]
    fn a_reading_from_before_a_write_is_not_kept() {
        let cache = Cache::new(2);
        let before = cache.get(&"a").unwrap_err();
        cache.remove(&"a");
        cache.keep("a", "stale", before);
        assert!(cache.get(&"a").is_err());
        let before = cache.get(&"b").unwrap_err();
        cache.clear();
        cache.keep("b", "stale", before);
        assert!(cache.get(&"b").is_err());
    }

    #[test]
    fn what_others_write_does_not_keep_a_reading_out() {
        let cache = Cache::new(2);
        let other = (0..).find(|other| share(other) != share(&-1)).unwrap();
        let before = cache.get(&-1).unwrap_err();
        cache.remove(&other);
        cache.keep(-1, "read", before);
        assert_eq!(cache.get(&-1).unwrap(), "read");
    }
}
