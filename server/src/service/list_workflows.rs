//! ListWorkflows.

use aileron_idl::admin::{ResourceListRequest, WorkflowList};

use super::listing::Listing;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::workflows::{self, TABLE, WorkflowRow};

impl App {
    /// Workflows with their interfaces alone: the closures stay in the object store.
    pub(crate) async fn list_workflows(
        &self,
        request: ResourceListRequest,
    ) -> Result<WorkflowList, ServiceError> {
        let Listing { scope, filter, page } = Listing::parse(&TABLE, request)?;
        let found = workflows::list(self.store.readers(), &scope, &filter, &page).await?;
        Ok(WorkflowList {
            token: found.token,
            workflows: found.rows.into_iter().map(WorkflowRow::outline).collect(),
        })
    }
}
