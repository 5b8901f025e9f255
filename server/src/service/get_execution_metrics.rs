//! GetExecutionMetrics: where the time of an execution went.

use aileron_idl::admin::{WorkflowExecutionGetMetricsRequest, WorkflowExecutionGetMetricsResponse};
use aileron_idl::core::{NodeExecutionIdentifier, WorkflowExecutionIdentifier};

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::spans::Spans;
use crate::store::executions;
use crate::store::filter::Filter;
use crate::store::node_executions::{self, Below};
use crate::store::page::Page;
use crate::store::task_executions;

impl App {
    /// A tree of spans: the execution, its nodes and their attempts, down to a depth; a negative depth is
    /// all of it.
    pub(crate) async fn get_execution_metrics(
        &self,
        request: WorkflowExecutionGetMetricsRequest,
    ) -> Result<WorkflowExecutionGetMetricsResponse, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?;
        let row = executions::find(self.store.readers(), id).await?;
        let row = row.ok_or_else(|| ServiceError::not_found("execution", id))?;
        let workflow = executions::closure_uri(self.store.readers(), row.key).await?;
        let workflow = self.closure(&workflow).await?;
        let spans = Spans::new(&workflow, self.all_nodes(id).await?, self.all_attempts(id).await?);
        Ok(WorkflowExecutionGetMetricsResponse { span: Some(spans.of_execution(row, request.depth)) })
    }

    async fn all_nodes(
        &self,
        id: &WorkflowExecutionIdentifier,
    ) -> Result<Vec<node_executions::NodeRow>, ServiceError> {
        let page = Page::all(&node_executions::TABLE);
        let readers = self.store.readers();
        Ok(node_executions::list(readers, id, Below::Anything, &Filter::none(), &page).await?.rows)
    }

    async fn all_attempts(
        &self,
        id: &WorkflowExecutionIdentifier,
    ) -> Result<Vec<task_executions::AttemptRow>, ServiceError> {
        let page = Page::all(&task_executions::TABLE);
        let of_all = NodeExecutionIdentifier { execution_id: Some(id.clone()), node_id: String::new() };
        Ok(task_executions::list(self.store.readers(), &of_all, &Filter::none(), &page).await?.rows)
    }
}
