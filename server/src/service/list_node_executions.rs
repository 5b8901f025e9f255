//! ListNodeExecutions and ListNodeExecutionsForTask.

use aileron_idl::admin::node_execution_closure::OutputResult;
use aileron_idl::admin::{
    NodeExecution, NodeExecutionForTaskListRequest, NodeExecutionList, NodeExecutionListRequest,
};
use aileron_idl::core::WorkflowExecutionIdentifier;

use super::list_executions::shorten;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::node_executions::{self, Below, TABLE};
use crate::store::page::Page;
use crate::store::task_executions;

impl App {
    /// The nodes of an execution that have no parent, or the children of one node.
    pub(crate) async fn list_node_executions(
        &self,
        request: NodeExecutionListRequest,
    ) -> Result<NodeExecutionList, ServiceError> {
        let execution = names::execution_id(request.workflow_execution_id.as_ref())?;
        let filter = Filter::parse(&TABLE, &request.filters)?;
        let page = Page::parse(&TABLE, request.limit, &request.token, request.sort_by.as_ref())?;
        let below = self.below(execution, &request.unique_parent_id).await?;
        self.nodes(execution, below, &filter, &page).await
    }

    /// The nodes that an attempt started, as engines reported them before nodes could be parents.
    pub(crate) async fn list_node_executions_for_task(
        &self,
        request: NodeExecutionForTaskListRequest,
    ) -> Result<NodeExecutionList, ServiceError> {
        let id = request.task_execution_id.as_ref();
        let id = id.ok_or_else(|| ServiceError::Missing("task_execution_id".to_owned()))?;
        let node = id.node_execution_id.as_ref();
        let node =
            node.ok_or_else(|| ServiceError::Missing("task_execution_id.node_execution_id".to_owned()))?;
        let execution = names::execution_id(node.execution_id.as_ref())?;
        let filter = Filter::parse(&TABLE, &request.filters)?;
        let page = Page::parse(&TABLE, request.limit, &request.token, request.sort_by.as_ref())?;
        let key = task_executions::key(self.store.readers(), id).await?;
        let key = key.ok_or_else(|| ServiceError::not_found("task execution", id))?;
        self.nodes(execution, Below::Attempt(key), &filter, &page).await
    }

    async fn below(
        &self,
        execution: &WorkflowExecutionIdentifier,
        parent: &str,
    ) -> Result<Below, ServiceError> {
        if parent.is_empty() {
            return Ok(Below::Nothing);
        }
        let found = node_executions::find(self.store.readers(), execution, parent).await?;
        let key = found.and_then(|row| row.key);
        let missing = || ServiceError::not_found("node execution", &format!("{execution}:{parent}"));
        Ok(Below::Node(key.ok_or_else(missing)?))
    }

    async fn nodes(
        &self,
        execution: &WorkflowExecutionIdentifier,
        below: Below,
        filter: &Filter,
        page: &Page,
    ) -> Result<NodeExecutionList, ServiceError> {
        let found = node_executions::show(self.store.readers(), execution, below, filter, page).await?;
        Ok(NodeExecutionList {
            token: found.token,
            node_executions: found.rows.into_iter().map(trimmed).collect(),
        })
    }
}

/// A node as lists show it.
pub(super) fn trimmed(mut node: NodeExecution) -> NodeExecution {
    let result = node.closure.as_mut().and_then(|closure| closure.output_result.as_mut());
    if let Some(OutputResult::Error(error)) = result {
        shorten(&mut error.message);
    }
    node
}
