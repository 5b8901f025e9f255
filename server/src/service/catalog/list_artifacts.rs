//! ListArtifacts.

use aileron_idl::datacatalog::single_property_filter::PropertyFilter;
use aileron_idl::datacatalog::{
    FilterExpression, ListArtifactsRequest, ListArtifactsResponse, SinglePropertyFilter,
    artifact_property_filter, partition_property_filter, tag_property_filter,
};

use super::missing;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::catalog::{artifacts, page};
use crate::store::filter::Filter;

impl App {
    /// One page of a dataset's artifacts.
    pub(crate) async fn list_artifacts(
        &self,
        request: ListArtifactsRequest,
    ) -> Result<ListArtifactsResponse, ServiceError> {
        let filter = filter(request.filter.unwrap_or_default())?;
        let page = page(&artifacts::TABLE, request.pagination)?;
        let dataset = self.dataset(request.dataset.as_ref()).await?;
        let found = artifacts::list(self.store.readers(), dataset.key, &filter, &page).await?;
        let mut listed = Vec::with_capacity(found.rows.len());
        for row in found.rows {
            listed.push(self.artifact(&dataset, row).await?);
        }
        Ok(ListArtifactsResponse { artifacts: listed, next_token: found.token })
    }
}

fn filter(expression: FilterExpression) -> Result<Filter, ServiceError> {
    let mut filter = Filter::none();
    for SinglePropertyFilter { property_filter, .. } in expression.filters {
        let wanted = match property_filter.ok_or_else(|| missing("filter.property_filter"))? {
            PropertyFilter::TagFilter(tag) => tag.property.map(|property| match property {
                tag_property_filter::Property::TagName(name) => vec![("tag.name", name)],
            }),
            PropertyFilter::PartitionFilter(partition) => partition.property.map(|property| match property {
                partition_property_filter::Property::KeyVal(pair) => {
                    vec![("partition.key", pair.key), ("partition.value", pair.value)]
                }
            }),
            PropertyFilter::ArtifactFilter(artifact) => artifact.property.map(|property| match property {
                artifact_property_filter::Property::ArtifactId(id) => vec![("artifact_id", id)],
            }),
            PropertyFilter::DatasetFilter(_) => {
                let problem = "artifacts are listed of one dataset, which is named beside the filter";
                return Err(ServiceError::invalid("filter.dataset_filter", "", problem));
            }
        };
        filter.require(&artifacts::TABLE, wanted.ok_or_else(|| missing("filter.property"))?)?;
    }
    Ok(filter)
}
