//! UpdateArtifact: outputs that were computed again replace those in the cache.

use aileron_idl::datacatalog::update_artifact_request::QueryHandle;
use aileron_idl::datacatalog::{UpdateArtifactRequest, UpdateArtifactResponse};

use super::handle;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::StoreError;
use crate::store::catalog::artifacts;

impl App {
    /// Replaces an artifact's literals, all of them, and its metadata if there is some.
    pub(crate) async fn update_artifact(
        &self,
        request: UpdateArtifactRequest,
    ) -> Result<UpdateArtifactResponse, ServiceError> {
        let handle = match &request.query_handle {
            Some(QueryHandle::ArtifactId(id)) => handle(Some(id), None)?,
            Some(QueryHandle::TagName(tag)) => handle(None, Some(tag))?,
            None => handle(None, None)?,
        };
        let dataset = self.dataset(request.dataset.as_ref()).await?;
        let row = self.artifact_row(&dataset, handle).await?;
        let id = dataset.id();
        let _alone = self.store.alone(&(&id.uuid, &row.id)).await?;
        let data = self.write_data(&id, &row.id, &request.data).await?;
        let updated: Result<(), StoreError> = self
            .store
            .write(move |db| {
                let metadata = request.metadata;
                Box::pin(async move { artifacts::update(db, row.key, &data, metadata.as_ref()).await })
            })
            .await;
        updated?;
        Ok(UpdateArtifactResponse { artifact_id: row.id })
    }
}
