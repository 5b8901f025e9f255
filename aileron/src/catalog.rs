//! The control plane's catalog as the driver asks it, without a wire between.

use aileron_idl::datacatalog::{DatasetId, Reservation, ReservationId};
use aileron_propeller::catalog::{Cached, Catalog};
use aileron_propeller::control::ControlError;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::wiring::{InProcessControl, refusal};

impl Catalog for InProcessControl {
    fn find(&self, dataset: DatasetId, tag: String) -> BoxFuture<'_, Result<Option<Cached>, ControlError>> {
        async move {
            let found = self.0.catalog().find(dataset, tag).await.map_err(refusal)?;
            Ok(found.map(|(dataset, artifact)| Cached { dataset, artifact }))
        }
        .boxed()
    }

    fn put(&self, entry: Cached, replace: bool) -> BoxFuture<'_, Result<String, ControlError>> {
        async move {
            let Cached { dataset, artifact } = entry;
            self.0.catalog().put(dataset, artifact, replace).await.map_err(refusal)
        }
        .boxed()
    }

    fn reserve(&self, id: ReservationId, owner: String) -> BoxFuture<'_, Result<Reservation, ControlError>> {
        async move { self.0.catalog().reserve(id, owner).await.map_err(refusal) }.boxed()
    }

    fn release(&self, id: ReservationId, owner: String) -> BoxFuture<'_, Result<(), ControlError>> {
        async move { self.0.catalog().release(id, owner).await.map_err(refusal) }.boxed()
    }
}
