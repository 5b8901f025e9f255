//! GetWorkflow.

use aileron_idl::admin::{ObjectGetRequest, Workflow};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// A workflow by id, with its compiled closure.
    pub(crate) async fn get_workflow(&self, request: ObjectGetRequest) -> Result<Workflow, ServiceError> {
        let id = request.id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
        let row = self.workflow(&id).await?;
        let closure = self.closure(&row.closure_uri).await?;
        Ok(Workflow {
            id: Some(row.id),
            closure: Some((*closure).clone()),
            short_description: row.short_description,
        })
    }
}
