//! GetDynamicNodeWorkflow: the workflow that a node made while it ran.

use aileron_idl::admin::{DynamicNodeWorkflowResponse, GetDynamicNodeWorkflowRequest};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// The compiled workflow of a dynamic node; no other node has one.
    pub(crate) async fn get_dynamic_node_workflow(
        &self,
        request: GetDynamicNodeWorkflowRequest,
    ) -> Result<DynamicNodeWorkflowResponse, ServiceError> {
        let row = self.node_execution(request.id.as_ref()).await?;
        let Some(made) = self.dynamic_workflow(&row).await? else {
            return Err(ServiceError::NoDynamicWorkflow(row.node.id.unwrap_or_default().to_string()));
        };
        Ok(DynamicNodeWorkflowResponse { compiled_workflow: made.compiled_workflow })
    }
}
