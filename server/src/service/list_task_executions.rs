//! ListTaskExecutions.

use aileron_idl::admin::{TaskExecutionList, TaskExecutionListRequest};

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::page::Page;
use crate::store::task_executions::{self, TABLE};

impl App {
    /// The attempts of a node, with their errors in full.
    pub(crate) async fn list_task_executions(
        &self,
        request: TaskExecutionListRequest,
    ) -> Result<TaskExecutionList, ServiceError> {
        let node = request.node_execution_id.as_ref();
        let node = node.ok_or_else(|| ServiceError::Missing("node_execution_id".to_owned()))?;
        names::execution_id(node.execution_id.as_ref())?;
        let filter = Filter::parse(&TABLE, &request.filters)?;
        let page = Page::parse(&TABLE, request.limit, &request.token, request.sort_by.as_ref())?;
        let found = task_executions::list(self.store.readers(), node, &filter, &page).await?;
        Ok(TaskExecutionList {
            token: found.token,
            task_executions: found.rows.into_iter().map(|row| row.attempt).collect(),
        })
    }
}
