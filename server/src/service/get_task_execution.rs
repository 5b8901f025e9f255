//! GetTaskExecution.

use aileron_idl::admin::{TaskExecution, TaskExecutionGetRequest};
use aileron_idl::core::TaskExecutionIdentifier;

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::task_executions;

impl App {
    /// An attempt by id.
    pub(crate) async fn get_task_execution(
        &self,
        request: TaskExecutionGetRequest,
    ) -> Result<TaskExecution, ServiceError> {
        self.attempt(request.id.as_ref()).await
    }

    /// An attempt by id.
    pub(super) async fn attempt(
        &self,
        id: Option<&TaskExecutionIdentifier>,
    ) -> Result<TaskExecution, ServiceError> {
        let id = id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
        let node = id.node_execution_id.as_ref();
        let node = node.ok_or_else(|| ServiceError::Missing("id.node_execution_id".to_owned()))?;
        names::execution_id(node.execution_id.as_ref())?;
        let found = task_executions::find(self.store.readers(), id).await?;
        Ok(found.ok_or_else(|| ServiceError::not_found("task execution", id))?.attempt)
    }
}
