//! The catalog of cached outputs, as calls.

use aileron_idl::datacatalog::{
    Artifact, CreateArtifactRequest, CreateDatasetRequest, DatasetId, GetArtifactRequest, GetDatasetRequest,
    GetOrExtendReservationRequest, ReleaseReservationRequest, Reservation, ReservationId,
    UpdateArtifactRequest, get_artifact_request, update_artifact_request,
};
use aileron_propeller::catalog::{Cached, Catalog};
use aileron_propeller::control::ControlError;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Remote, found, is_new, refusal};

impl Catalog for Remote {
    fn find(&self, dataset: DatasetId, tag: String) -> BoxFuture<'_, Result<Option<Cached>, ControlError>> {
        async move { self.cached(dataset, tag).await }.boxed()
    }

    fn put(&self, entry: Cached, replace: bool) -> BoxFuture<'_, Result<String, ControlError>> {
        async move {
            let Cached { dataset, artifact } = entry;
            let request = CreateDatasetRequest { dataset: Some(dataset) };
            is_new(self.catalog.clone().create_dataset(request).await.map(drop))?;
            if replace && let Some(id) = self.replaced(&artifact).await? {
                return Ok(id);
            }
            let (id, of) = (artifact.id.clone(), artifact.dataset.clone().unwrap_or_default());
            let tag = tag_of(&artifact);
            let request = CreateArtifactRequest { artifact: Some(artifact) };
            if is_new(self.catalog.clone().create_artifact(request).await.map(drop))? {
                return Ok(id);
            }
            Ok(self.cached(of, tag).await?.map_or(id, |cached| cached.artifact.id))
        }
        .boxed()
    }

    fn reserve(&self, id: ReservationId, owner: String) -> BoxFuture<'_, Result<Reservation, ControlError>> {
        async move {
            let request = GetOrExtendReservationRequest {
                reservation_id: Some(id),
                owner_id: owner,
                heartbeat_interval: None,
            };
            let answer = self.catalog.clone().get_or_extend_reservation(request).await.map_err(refusal)?;
            Ok(answer.into_inner().reservation.unwrap_or_default())
        }
        .boxed()
    }

    fn release(&self, id: ReservationId, owner: String) -> BoxFuture<'_, Result<(), ControlError>> {
        async move {
            let request = ReleaseReservationRequest { reservation_id: Some(id), owner_id: owner };
            self.catalog.clone().release_reservation(request).await.map(drop).map_err(refusal)
        }
        .boxed()
    }
}

impl Remote {
    async fn cached(&self, dataset: DatasetId, tag: String) -> Result<Option<Cached>, ControlError> {
        let request = GetDatasetRequest { dataset: Some(dataset.clone()) };
        let known = found(self.catalog.clone().get_dataset(request).await)?;
        let Some(known) = known.and_then(|answer| answer.dataset) else { return Ok(None) };
        let query_handle = Some(get_artifact_request::QueryHandle::TagName(tag));
        let request = GetArtifactRequest { dataset: Some(dataset), query_handle };
        let artifact = found(self.catalog.clone().get_artifact(request).await)?;
        Ok(artifact.and_then(|answer| answer.artifact).map(|artifact| Cached { dataset: known, artifact }))
    }

    /// Gives the artifact of the same tag this one's data, if there is one.
    async fn replaced(&self, by: &Artifact) -> Result<Option<String>, ControlError> {
        let request = UpdateArtifactRequest {
            dataset: by.dataset.clone(),
            query_handle: Some(update_artifact_request::QueryHandle::TagName(tag_of(by))),
            data: by.data.clone(),
            metadata: by.metadata.clone(),
        };
        Ok(found(self.catalog.clone().update_artifact(request).await)?.map(|answer| answer.artifact_id))
    }
}

fn tag_of(artifact: &Artifact) -> String {
    artifact.tags.first().map(|tag| tag.name.clone()).unwrap_or_default()
}
