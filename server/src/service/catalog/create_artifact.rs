//! CreateArtifact.

use aileron_idl::datacatalog::{Artifact, CreateArtifactRequest, CreateArtifactResponse};

use super::missing;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::StoreError;
use crate::store::catalog::artifacts::{self, Handle};
use crate::store::catalog::datasets::DatasetRow;

impl App {
    /// Adds an artifact to a dataset. One that is there keeps its literals and is `AlreadyExists`.
    pub(crate) async fn create_artifact(
        &self,
        request: CreateArtifactRequest,
    ) -> Result<CreateArtifactResponse, ServiceError> {
        let artifact = request.artifact.ok_or_else(|| missing("artifact"))?;
        names::check("artifact.id", &artifact.id)?;
        let dataset = self.dataset(artifact.dataset.as_ref()).await?;
        check_partitions(&artifact, &dataset)?;
        let id = dataset.id();
        let _alone = self.store.alone(&(&id.uuid, &artifact.id)).await?;
        let known = artifacts::find(self.store.readers(), dataset.key, Handle::Id(&artifact.id)).await?;
        if known.is_some() {
            return Err(ServiceError::AlreadyExists(format!("artifact {}", artifact.id)));
        }
        let data = self.write_data(&id, &artifact.id, &artifact.data).await?;
        let inserted: Result<(), StoreError> = self
            .store
            .write(move |db| {
                Box::pin(async move { artifacts::insert(db, dataset.key, &artifact, &data).await })
            })
            .await;
        inserted?;
        Ok(CreateArtifactResponse {})
    }
}

/// An artifact has a value for each of the dataset's keys, and no other.
fn check_partitions(artifact: &Artifact, dataset: &DatasetRow) -> Result<(), ServiceError> {
    let sorted = |keys: Vec<&str>| {
        let mut keys = keys;
        keys.sort_unstable();
        keys.join(", ")
    };
    let given = sorted(artifact.partitions.iter().map(|partition| partition.key.as_str()).collect());
    let expected = sorted(dataset.dataset.partition_keys.iter().map(String::as_str).collect());
    if given == expected {
        return Ok(());
    }
    Err(ServiceError::invalid(
        "artifact.partitions",
        &given,
        format!("the keys of the dataset are [{expected}]"),
    ))
}
