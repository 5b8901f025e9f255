//! A catalog in memory, which a test may take away.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aileron_idl::datacatalog::{DatasetId, Reservation, ReservationId};
use aileron_propeller::catalog::{Cached, Catalog};
use aileron_propeller::control::ControlError;
use futures::future::BoxFuture;

use crate::control::Control;

/// What the catalog holds.
#[derive(Default)]
pub(crate) struct Entries {
    entries: Mutex<HashMap<String, Cached>>,
    reserved: Mutex<HashMap<String, String>>,
    /// Whether it does not answer.
    pub(crate) away: AtomicBool,
    /// How many calls are still to panic.
    pub(crate) panics: AtomicUsize,
}

impl Entries {
    fn check(&self) -> Result<(), ControlError> {
        let panics = self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(panics.is_err(), "the catalog stumbles");
        match self.away.load(Ordering::SeqCst) {
            true => Err(ControlError::Unavailable("the catalog is away".into())),
            false => Ok(()),
        }
    }

    /// Reserves an entry for somebody, or gives its reservation back for `None`.
    pub(crate) fn reserve_for(&self, tag: &str, owner: Option<&str>) {
        let mut reserved = self.reserved.lock().unwrap();
        reserved.remove(tag);
        if let Some(owner) = owner {
            reserved.insert(tag.to_owned(), owner.to_owned());
        }
    }

    pub(crate) fn holder(&self, tag: &str) -> Option<String> {
        self.reserved.lock().unwrap().get(tag).cloned()
    }

    pub(crate) fn reservations(&self) -> usize {
        self.reserved.lock().unwrap().len()
    }

    /// Forgets every entry.
    pub(crate) fn clear(&self) {
        self.entries.lock().unwrap().clear();
    }

    pub(crate) fn tags(&self) -> Vec<String> {
        self.entries.lock().unwrap().keys().cloned().collect()
    }
}

impl Catalog for Control {
    fn find(&self, _dataset: DatasetId, tag: String) -> BoxFuture<'_, Result<Option<Cached>, ControlError>> {
        Box::pin(async move {
            self.catalog.check()?;
            Ok(self.catalog.entries.lock().unwrap().get(&tag).cloned())
        })
    }

    fn put(&self, entry: Cached, replace: bool) -> BoxFuture<'_, Result<String, ControlError>> {
        Box::pin(async move {
            self.catalog.check()?;
            let tag = entry.artifact.tags[0].name.clone();
            let mut entries = self.catalog.entries.lock().unwrap();
            if replace {
                entries.remove(&tag);
            }
            Ok(entries.entry(tag).or_insert(entry).artifact.id.clone())
        })
    }

    fn reserve(&self, id: ReservationId, owner: String) -> BoxFuture<'_, Result<Reservation, ControlError>> {
        Box::pin(async move {
            self.catalog.check()?;
            let mut reserved = self.catalog.reserved.lock().unwrap();
            let owner_id = reserved.entry(id.tag_name).or_insert(owner).clone();
            Ok(Reservation { owner_id, ..Default::default() })
        })
    }

    fn release(&self, id: ReservationId, owner: String) -> BoxFuture<'_, Result<(), ControlError>> {
        Box::pin(async move {
            self.catalog.check()?;
            let mut reserved = self.catalog.reserved.lock().unwrap();
            if reserved.get(&id.tag_name) == Some(&owner) {
                reserved.remove(&id.tag_name);
            }
            Ok(())
        })
    }
}
