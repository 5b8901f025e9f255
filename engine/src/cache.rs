//! The cache of task outputs, as far as it bears on when a node runs.
//!
//! A node with a [`CacheRule`] looks there before it runs, may have to wait for another that computes the
//! same, and puts its outputs there before it has succeeded:
//!
//! ```text
//! LookingUp --miss--> Requested -> ... -> Running -> Storing -> Succeeded
//!     |  \--held by another--> AwaitingReservation --free--^        ^
//!     '---hit-------------------------|-----------------------------'
//! ```
//!
//! A cache that does not answer costs nothing but the work it would have saved.

use aileron_idl::core::{CatalogCacheStatus, CatalogMetadata, catalog_reservation};

/// How a node uses the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheRule {
    /// Part of the key: what an author changes when old outputs are no longer good.
    pub version: String,
    /// Whether only one of those who would compute the same does, and the others wait for it.
    pub serialize: bool,
    /// Whether outputs that are there are not used, but replaced.
    pub overwrite: bool,
}

/// What came of using the cache, as it is reported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CacheReport {
    /// What was found or done.
    pub status: CatalogCacheStatus,
    /// What came of asking to be the only one.
    pub reservation: catalog_reservation::Status,
    /// Which entry, where there is one, and who made it.
    pub key: Option<Box<CatalogMetadata>>,
}

impl From<CatalogCacheStatus> for CacheReport {
    fn from(status: CatalogCacheStatus) -> CacheReport {
        CacheReport { status, ..CacheReport::default() }
    }
}
