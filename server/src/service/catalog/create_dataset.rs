//! CreateDataset.

use std::collections::BTreeSet;

use aileron_idl::datacatalog::{CreateDatasetRequest, CreateDatasetResponse, DatasetId};

use super::{check_dataset_id, missing};
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::StoreError;
use crate::store::catalog::datasets;

impl App {
    /// Adds a dataset; its project and domain are only names here.
    pub(crate) async fn create_dataset(
        &self,
        request: CreateDatasetRequest,
    ) -> Result<CreateDatasetResponse, ServiceError> {
        let mut dataset = request.dataset.ok_or_else(|| missing("dataset"))?;
        let id = dataset.id.take().ok_or_else(|| missing("dataset.id"))?;
        check_dataset_id("dataset.id", &id)?;
        let mut seen = BTreeSet::new();
        for key in &dataset.partition_keys {
            names::check("dataset.partitionKeys", key)?;
            if !seen.insert(key) {
                return Err(ServiceError::invalid("dataset.partitionKeys", key, "it is there twice"));
            }
        }
        let uuid = if id.uuid.is_empty() { names::generate_uuid() } else { id.uuid.clone() };
        names::check("dataset.id.UUID", &uuid)?;
        dataset.id = Some(DatasetId { uuid, ..id });
        let inserted: Result<(), StoreError> =
            self.store.write(|db| Box::pin(async move { datasets::insert(db, &dataset).await })).await;
        inserted?;
        Ok(CreateDatasetResponse {})
    }
}
