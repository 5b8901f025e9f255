//! AddTag.

use aileron_idl::datacatalog::{AddTagRequest, AddTagResponse};

use super::missing;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::StoreError;
use crate::store::catalog::artifacts::{self, Handle};

impl App {
    /// Tags an artifact. A tag that its dataset has already is `AlreadyExists`, and stays where it is.
    pub(crate) async fn add_tag(&self, request: AddTagRequest) -> Result<AddTagResponse, ServiceError> {
        let tag = request.tag.ok_or_else(|| missing("tag"))?;
        names::check("tag.name", &tag.name)?;
        names::check("tag.artifact_id", &tag.artifact_id)?;
        let dataset = self.dataset(tag.dataset.as_ref()).await?;
        let artifact = self.artifact_row(&dataset, Handle::Id(&tag.artifact_id)).await?;
        let added: Result<(), StoreError> = self
            .store
            .write(move |db| {
                Box::pin(async move { artifacts::add_tag(db, dataset.key, artifact.key, &tag.name).await })
            })
            .await;
        added?;
        Ok(AddTagResponse {})
    }
}
