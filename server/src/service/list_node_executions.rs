//! ListNodeExecutions.

use aileron_idl::admin::node_execution_closure::OutputResult;
use aileron_idl::admin::{NodeExecution, NodeExecutionList, NodeExecutionListRequest};

use super::list_executions::shorten;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::node_executions::{self, TABLE};
use crate::store::page::Page;

impl App {
    /// The nodes of an execution that have no parent, or the children of one node.
    pub(crate) async fn list_node_executions(
        &self,
        request: NodeExecutionListRequest,
    ) -> Result<NodeExecutionList, ServiceError> {
        let execution = names::execution_id(request.workflow_execution_id.as_ref())?;
        let filter = Filter::parse(&TABLE, &request.filters)?;
        let page = Page::parse(&TABLE, request.limit, &request.token, request.sort_by.as_ref(), false)?;
        let readers = self.store.readers();
        let parent = match request.unique_parent_id.as_str() {
            "" => None,
            parent => {
                let found = node_executions::find(readers, execution, parent).await?;
                found
                    .ok_or_else(|| {
                        ServiceError::not_found("node execution", &format!("{execution}:{parent}"))
                    })?
                    .key
            }
        };
        let found = node_executions::list(readers, execution, parent, &filter, &page).await?;
        Ok(NodeExecutionList {
            token: page.next_token(found.len()),
            node_executions: found.into_iter().map(|row| trimmed(row.node)).collect(),
        })
    }
}

fn trimmed(mut node: NodeExecution) -> NodeExecution {
    let result = node.closure.as_mut().and_then(|closure| closure.output_result.as_mut());
    if let Some(OutputResult::Error(error)) = result {
        shorten(&mut error.message);
    }
    node
}
