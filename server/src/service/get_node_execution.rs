//! GetNodeExecution.

use aileron_idl::admin::{NodeExecution, NodeExecutionGetRequest};
use aileron_idl::core::NodeExecutionIdentifier;

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::node_executions::{self, NodeRow};

impl App {
    /// A node execution by id.
    pub(crate) async fn get_node_execution(
        &self,
        request: NodeExecutionGetRequest,
    ) -> Result<NodeExecution, ServiceError> {
        Ok(self.node_execution(request.id.as_ref()).await?.node)
    }

    /// A node execution's row.
    pub(super) async fn node_execution(
        &self,
        id: Option<&NodeExecutionIdentifier>,
    ) -> Result<NodeRow, ServiceError> {
        let id = id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
        let execution = names::execution_id(id.execution_id.as_ref())?;
        let found = node_executions::find(self.store.readers(), execution, &id.node_id).await?;
        found.ok_or_else(|| ServiceError::not_found("node execution", id))
    }
}
