//! ListDatasets.

use aileron_idl::datacatalog::dataset_property_filter::Property;
use aileron_idl::datacatalog::single_property_filter::PropertyFilter;
use aileron_idl::datacatalog::{
    FilterExpression, ListDatasetsRequest, ListDatasetsResponse, SinglePropertyFilter,
};

use super::missing;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::catalog::{datasets, page};
use crate::store::filter::Filter;

impl App {
    /// One page of all datasets.
    pub(crate) async fn list_datasets(
        &self,
        request: ListDatasetsRequest,
    ) -> Result<ListDatasetsResponse, ServiceError> {
        let filter = filter(request.filter.unwrap_or_default())?;
        let page = page(&datasets::TABLE, request.pagination)?;
        let found = datasets::list(self.store.readers(), &filter, &page).await?;
        let datasets = found.rows.into_iter().map(|row| row.dataset).collect();
        Ok(ListDatasetsResponse { datasets, next_token: found.token })
    }
}

fn filter(expression: FilterExpression) -> Result<Filter, ServiceError> {
    let mut filter = Filter::none();
    for SinglePropertyFilter { property_filter, .. } in expression.filters {
        let Some(PropertyFilter::DatasetFilter(wanted)) = property_filter else {
            let problem = "datasets are filtered by their own names only";
            return Err(ServiceError::invalid("filter.property_filter", "", problem));
        };
        let (field, value) = match wanted.property.ok_or_else(|| missing("filter.property"))? {
            Property::Project(value) => ("project", value),
            Property::Name(value) => ("name", value),
            Property::Domain(value) => ("domain", value),
            Property::Version(value) => ("version", value),
            // There are no organisations here.
            Property::Org(_) => continue,
        };
        filter.require(&datasets::TABLE, vec![(field, value)])?;
    }
    Ok(filter)
}
