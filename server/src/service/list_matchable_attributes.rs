//! ListMatchableAttributes.

use aileron_idl::admin::{ListMatchableAttributesRequest, ListMatchableAttributesResponse};

use super::attributes::kind;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::attributes::{self, AttributesRow};

impl App {
    /// All attributes of a kind, wherever they are set.
    pub(crate) async fn list_matchable_attributes(
        &self,
        request: ListMatchableAttributesRequest,
    ) -> Result<ListMatchableAttributesResponse, ServiceError> {
        let found = attributes::list(self.store.readers(), kind(request.resource_type)?).await?;
        let configurations = found.into_iter().map(AttributesRow::into_configuration).collect();
        Ok(ListMatchableAttributesResponse { configurations })
    }
}
