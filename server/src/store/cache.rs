//! Memory of rows that are asked for again and again, with a bound.
//!
//! A value that was read before a write may be put back after it; the epoch of the reading tells, so
//! a cache never keeps what a finished write has replaced.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    epoch: u64,
}

/// When a reading began; what it found is only kept if nothing was removed since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epoch(u64);

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    /// An empty cache of at most `bound` entries.
    pub(crate) fn new(bound: usize) -> Cache<K, V> {
        let inner = Inner { entries: HashMap::new(), order: VecDeque::new(), epoch: 0 };
        Cache { inner: Mutex::new(inner), bound }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, or the epoch to hand to [`keep`](Cache::keep) with what the store says.
    pub(crate) fn get(&self, key: &K) -> Result<V, Epoch> {
        let inner = self.lock();
        inner.entries.get(key).cloned().ok_or(Epoch(inner.epoch))
    }

    /// Keeps a value that was read after `epoch`, unless something was removed since.
    pub(crate) fn keep(&self, key: K, value: V, epoch: Epoch) {
        let mut inner = self.lock();
        if inner.epoch != epoch.0 || inner.entries.insert(key.clone(), value).is_some() {
            return;
        }
        inner.order.push_back(key);
        while inner.order.len() > self.bound {
            if let Some(oldest) = inner.order.pop_front() {
                inner.entries.remove(&oldest);
            }
        }
    }

    /// Forgets what a committed write has replaced.
    pub(crate) fn remove(&self, key: &K) {
        let mut inner = self.lock();
        inner.epoch += 1;
        // Its place in the order stays: looking for it would take longer than dropping a value early.
        inner.entries.remove(key);
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
    }
}
