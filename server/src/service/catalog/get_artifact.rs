//! GetArtifact: a look into the cache.

use aileron_idl::datacatalog::get_artifact_request::QueryHandle;
use aileron_idl::datacatalog::{GetArtifactRequest, GetArtifactResponse};

use super::handle;
use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// An artifact with its literals; `NotFound` is a miss.
    pub(crate) async fn get_artifact(
        &self,
        request: GetArtifactRequest,
    ) -> Result<GetArtifactResponse, ServiceError> {
        let handle = match &request.query_handle {
            Some(QueryHandle::ArtifactId(id)) => handle(Some(id), None)?,
            Some(QueryHandle::TagName(tag)) => handle(None, Some(tag))?,
            None => handle(None, None)?,
        };
        let dataset = self.dataset(request.dataset.as_ref()).await?;
        let row = self.artifact_row(&dataset, handle).await?;
        Ok(GetArtifactResponse { artifact: Some(self.artifact(&dataset, row).await?) })
    }
}
