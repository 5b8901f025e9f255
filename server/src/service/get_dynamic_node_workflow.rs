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
        let node = self.node_execution(request.id.as_ref()).await?.node;
        let uri = node.closure.map(|closure| closure.dynamic_job_spec_uri).unwrap_or_default();
        if uri.is_empty() {
            return Err(ServiceError::NoDynamicWorkflow(node.id.unwrap_or_default().to_string()));
        }
        let compiled = self.settings.storage.get_message(&uri).await?;
        Ok(DynamicNodeWorkflowResponse { compiled_workflow: Some(compiled) })
    }
}
