//! The catalog of cached outputs as a data plane in this process uses it: the catalog's RPCs, put
//! together to what a data plane wants to know.

use std::sync::Arc;

use aileron_idl::datacatalog::{
    Artifact, CreateArtifactRequest, CreateDatasetRequest, Dataset, DatasetId, GetArtifactRequest,
    GetDatasetRequest, GetOrExtendReservationRequest, ReleaseReservationRequest, Reservation, ReservationId,
    UpdateArtifactRequest, get_artifact_request, update_artifact_request,
};

use crate::error::ServiceError;
use crate::server::App;

/// The catalog. Cheap to clone.
#[derive(Clone)]
pub struct Catalog {
    app: Arc<App>,
}

impl Catalog {
    pub(crate) fn new(app: Arc<App>) -> Catalog {
        Catalog { app }
    }

    /// The dataset of an id and its artifact of a tag, if both are there.
    ///
    /// # Errors
    /// When the id or the tag is refused, or the store cannot be read.
    pub async fn find(
        &self,
        dataset: DatasetId,
        tag: String,
    ) -> Result<Option<(Dataset, Artifact)>, ServiceError> {
        let asked = GetDatasetRequest { dataset: Some(dataset.clone()) };
        let Some(known) = found(self.app.get_dataset(asked).await)?.and_then(|answer| answer.dataset) else {
            return Ok(None);
        };
        let query_handle = Some(get_artifact_request::QueryHandle::TagName(tag));
        let asked = GetArtifactRequest { dataset: Some(dataset), query_handle };
        let artifact = found(self.app.get_artifact(asked).await)?.and_then(|answer| answer.artifact);
        Ok(artifact.map(|artifact| (known, artifact)))
    }

    /// Makes an artifact under its one tag, and its dataset when that is not there. What the tag names
    /// already stays, or gets the new data when `replace` says so. Answers the id of what it names then.
    ///
    /// # Errors
    /// When something in it is refused, or the store cannot be written.
    pub async fn put(
        &self,
        dataset: Dataset,
        artifact: Artifact,
        replace: bool,
    ) -> Result<String, ServiceError> {
        is_new(self.app.create_dataset(CreateDatasetRequest { dataset: Some(dataset) }).await.map(drop))?;
        if replace && let Some(id) = self.replace(&artifact).await? {
            return Ok(id);
        }
        let (id, of) = (artifact.id.clone(), artifact.dataset.clone().unwrap_or_default());
        let tag = artifact.tags.first().map(|tag| tag.name.clone()).unwrap_or_default();
        let created = self.app.create_artifact(CreateArtifactRequest { artifact: Some(artifact) }).await;
        if is_new(created.map(drop))? {
            return Ok(id);
        }
        Ok(self.find(of, tag).await?.map_or(id, |(_, artifact)| artifact.id))
    }

    /// Gives the artifact of the same tag this one's data, if there is one.
    async fn replace(&self, by: &Artifact) -> Result<Option<String>, ServiceError> {
        let tag = by.tags.first().map(|tag| tag.name.clone()).unwrap_or_default();
        let request = UpdateArtifactRequest {
            dataset: by.dataset.clone(),
            query_handle: Some(update_artifact_request::QueryHandle::TagName(tag)),
            data: by.data.clone(),
            metadata: by.metadata.clone(),
        };
        Ok(found(self.app.update_artifact(request).await)?.map(|answer| answer.artifact_id))
    }

    /// Takes or extends a reservation with the longest heartbeat, or answers who else holds it.
    ///
    /// # Errors
    /// When the id is refused, or the store cannot be written.
    pub async fn reserve(&self, id: ReservationId, owner: String) -> Result<Reservation, ServiceError> {
        let request = GetOrExtendReservationRequest {
            reservation_id: Some(id),
            owner_id: owner,
            heartbeat_interval: None,
        };
        Ok(self.app.get_or_extend_reservation(request).await?.reservation.unwrap_or_default())
    }

    /// Gives a reservation back; one that the owner does not hold is left alone.
    ///
    /// # Errors
    /// When the id is refused, or the store cannot be written.
    pub async fn release(&self, id: ReservationId, owner: String) -> Result<(), ServiceError> {
        let request = ReleaseReservationRequest { reservation_id: Some(id), owner_id: owner };
        self.app.release_reservation(request).await.map(drop)
    }
}

/// What is not there is no error here.
fn found<T>(answer: Result<T, ServiceError>) -> Result<Option<T>, ServiceError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(ServiceError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether it is new; what was there before is no error here.
fn is_new(answer: Result<(), ServiceError>) -> Result<bool, ServiceError> {
    match answer {
        Ok(()) => Ok(true),
        Err(ServiceError::AlreadyExists(_)) => Ok(false),
        Err(error) => Err(error),
    }
}
