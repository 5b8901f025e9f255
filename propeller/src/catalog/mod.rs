//! The cache of task outputs, as a driver uses it: keys, entries, reservations.
//!
//! Keys, names and metadata are those of Flyte's DataCatalog, so one catalog serves data planes of both
//! kinds. Start reading at [`Catalog`], then [`key`].

pub mod key;
mod object_hash;
pub mod source;

use aileron_idl::datacatalog::{Artifact, Dataset, DatasetId, Reservation, ReservationId};
use futures::future::BoxFuture;

use crate::control::ControlError;

/// An entry that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Cached {
    /// The dataset it is part of; its metadata says which version of the task made it.
    pub dataset: Dataset,
    /// Its outputs, and who made them.
    pub artifact: Artifact,
}

/// The catalog, as a driver asks it.
pub trait Catalog: Send + Sync + 'static {
    /// The entry under a tag of a dataset, if there is one.
    fn find(&self, dataset: DatasetId, tag: String) -> BoxFuture<'_, Result<Option<Cached>, ControlError>>;

    /// Makes an entry under the artifact's one tag, with its dataset if that is not there. An entry that
    /// is there stays, unless `replace` says otherwise. Answers the id of the artifact.
    fn put(&self, entry: Cached, replace: bool) -> BoxFuture<'_, Result<String, ControlError>>;

    /// Takes or extends a reservation for about 30 s, or answers who else holds it.
    fn reserve(&self, id: ReservationId, owner: String) -> BoxFuture<'_, Result<Reservation, ControlError>>;

    /// Gives a reservation back; one that the owner does not hold is left alone.
    fn release(&self, id: ReservationId, owner: String) -> BoxFuture<'_, Result<(), ControlError>>;
}
