//! The catalog of cached outputs (`datacatalog.DataCatalog`): one RPC a file, and what they share.
//!
//! An artifact's literals are objects below `metadata/{project}/{domain}/{dataset}/{version}/{artifact}`;
//! they are written before the row that names them, so a row's data is always there.

mod add_tag;
mod create_artifact;
mod create_dataset;
mod get_artifact;
mod get_dataset;
mod get_or_extend_reservation;
mod list_artifacts;
mod list_datasets;
mod release_reservation;
mod update_artifact;

use aileron_idl::core::Literal;
use aileron_idl::datacatalog::{Artifact, ArtifactData, DatasetId, ReservationId};

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::catalog::artifacts::{self, ArtifactRow, Data, Handle};
use crate::store::catalog::datasets::{self, DatasetRow};

fn missing(field: &str) -> ServiceError {
    ServiceError::Missing(field.to_owned())
}

/// The names of a dataset, all there. Versions and names come from users' tasks, and become paths.
fn check_dataset_id(field: &str, id: &DatasetId) -> Result<(), ServiceError> {
    let parts =
        [("project", &id.project), ("domain", &id.domain), ("name", &id.name), ("version", &id.version)];
    parts.into_iter().try_for_each(|(part, value)| names::check(&format!("{field}.{part}"), value))
}

fn check_reservation(id: Option<ReservationId>, owner: &str) -> Result<ReservationId, ServiceError> {
    let id = id.ok_or_else(|| missing("reservation_id"))?;
    let dataset = id.dataset_id.as_ref().ok_or_else(|| missing("reservation_id.dataset_id"))?;
    check_dataset_id("reservation_id.dataset_id", dataset)?;
    names::check("reservation_id.tag_name", &id.tag_name)?;
    names::check("owner_id", owner)?;
    Ok(id)
}

/// Which artifact a request is about, from the two forms of its handle.
fn handle<'a>(id: Option<&'a str>, tag: Option<&'a str>) -> Result<Handle<'a>, ServiceError> {
    match (id, tag) {
        (Some(id), _) if !id.is_empty() => Ok(Handle::Id(id)),
        (_, Some(tag)) if !tag.is_empty() => Ok(Handle::Tag(tag)),
        _ => Err(missing("artifact_id or tag_name")),
    }
}

impl App {
    /// A dataset by its UUID or its names.
    async fn dataset(&self, id: Option<&DatasetId>) -> Result<DatasetRow, ServiceError> {
        let id = id.ok_or_else(|| missing("dataset"))?;
        if id.uuid.is_empty() {
            check_dataset_id("dataset", id)?;
        }
        let shown = format!("{}:{}:{}:{}:{}", id.project, id.domain, id.name, id.version, id.uuid);
        let found = datasets::find(self.store.readers(), id).await?;
        found.ok_or_else(|| ServiceError::not_found("dataset", &shown))
    }

    /// An artifact's row; none is a miss of the cache.
    async fn artifact_row(
        &self,
        dataset: &DatasetRow,
        handle: Handle<'_>,
    ) -> Result<ArtifactRow, ServiceError> {
        let found = artifacts::find(self.store.readers(), dataset.key, handle).await?;
        found.ok_or_else(|| {
            let (Handle::Id(name) | Handle::Tag(name)) = handle;
            ServiceError::not_found("artifact", &name)
        })
    }

    /// An artifact with its literals.
    async fn artifact(&self, dataset: &DatasetRow, row: ArtifactRow) -> Result<Artifact, ServiceError> {
        let readers = self.store.readers();
        let mut data = Vec::with_capacity(row.data.len());
        for (name, uri) in &row.data {
            let value: Literal = self.settings.storage.get_message(uri).await?;
            data.push(ArtifactData { name: name.clone(), value: Some(value) });
        }
        Ok(Artifact {
            tags: artifacts::tags(readers, &row, &dataset.id()).await?,
            partitions: artifacts::partitions(readers, row.key).await?,
            id: row.id,
            dataset: Some(dataset.id()),
            data,
            metadata: Some(row.metadata),
            created_at: row.created_at,
        })
    }

    /// Writes the literals of an artifact; answers where they lie.
    async fn write_data(
        &self,
        dataset: &DatasetId,
        artifact_id: &str,
        data: &[ArtifactData],
    ) -> Result<Data, ServiceError> {
        if data.is_empty() {
            return Err(missing("data"));
        }
        let mut written = Data::with_capacity(data.len());
        for one in data {
            names::check("data.name", &one.name)?;
            let value = one.value.as_ref().ok_or_else(|| missing("data.value"))?;
            let folder = ["metadata", &dataset.project, &dataset.domain, &dataset.name, &dataset.version];
            let segments: Vec<&str> =
                folder.into_iter().chain([artifact_id, one.name.as_str(), "data.pb"]).collect();
            let uri = self.settings.storage.uri(&segments);
            self.settings.storage.put_message(&uri, value).await?;
            written.push((one.name.clone(), uri));
        }
        Ok(written)
    }
}
