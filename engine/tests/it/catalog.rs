//! The cache of the simulated world: entries, and who computes one.

use std::collections::{BTreeMap, BTreeSet};

use aileron_engine::{AttemptSeen, CacheReport, NodeIx, Timestamp};
use aileron_idl::core::CatalogCacheStatus;

/// What survives the driver's crashes.
#[derive(Default)]
pub(crate) struct Catalog {
    filled: BTreeSet<usize>,
    reserved: BTreeMap<usize, NodeIx>,
}

/// Who asks, for which entry.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) node: NodeIx,
    pub(crate) entry: usize,
    pub(crate) serialized: bool,
}

impl Catalog {
    /// What an entry's reader finds; `holds` says whether a node with a reservation is still at it.
    pub(crate) fn look_up(
        &mut self,
        asked: Asked,
        at: Timestamp,
        holds: impl Fn(NodeIx) -> bool,
    ) -> Result<AttemptSeen, NodeIx> {
        if self.filled.contains(&asked.entry) {
            return Ok(AttemptSeen::Cached { at, report: CatalogCacheStatus::CacheHit.into() });
        }
        if asked.serialized {
            let holder = self.reserved.entry(asked.entry).or_insert(asked.node);
            if *holder != asked.node && holds(*holder) {
                return Err(*holder);
            }
            *holder = asked.node;
        }
        Ok(AttemptSeen::NotCached { report: CatalogCacheStatus::CacheMiss.into() })
    }

    /// Fills an entry.
    pub(crate) fn put(&mut self, asked: Asked, at: Timestamp) -> AttemptSeen {
        self.filled.insert(asked.entry);
        AttemptSeen::Stored { at, report: CacheReport::from(CatalogCacheStatus::CachePopulated) }
    }
}
