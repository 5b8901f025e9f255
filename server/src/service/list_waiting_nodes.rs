//! ListWaitingNodes: asks the data plane what the nodes of an execution wait for.

use aileron_crd::ExecutionId;
use aileron_idl::aileron::v1::{ListWaitingNodesRequest, ListWaitingNodesResponse};

use crate::error::ServiceError;
use crate::events::Phase as _;
use crate::executor::{WaitingError, WaitingPage};
use crate::names;
use crate::server::App;
use crate::store::executions::{self, ExecutionRow};
use crate::store::outbox::Handover;

/// Nodes of a page that names no limit, and the most of any.
const PAGE: (u32, u32) = (100, 1_000);

impl App {
    /// One page of the nodes that neither run nor have ended.
    pub(crate) async fn list_waiting_nodes(
        &self,
        request: ListWaitingNodesRequest,
    ) -> Result<ListWaitingNodesResponse, ServiceError> {
        let id = names::execution_id(request.id.as_ref())?;
        let page = page(&request)?;
        let row = executions::find(self.store.readers(), id).await?;
        let row = row.ok_or_else(|| ServiceError::not_found("execution", id))?;
        if row.closure.phase().is_terminal() {
            return Ok(ListWaitingNodesResponse::default());
        }
        match self.executor.waiting(ExecutionId::from(id), page).await {
            Ok(found) => Ok(found),
            Err(WaitingError::Unknown) if !is_handed_over(&row) => Ok(ListWaitingNodesResponse::default()),
            Err(WaitingError::Unknown) => Err(ServiceError::Elsewhere(id.to_string())),
            Err(WaitingError::Unavailable(why)) => Err(ServiceError::DataPlane(why)),
            Err(WaitingError::Unsupported) => {
                Err(ServiceError::Unsupported("telling what nodes wait for".into()))
            }
        }
    }
}

fn page(request: &ListWaitingNodesRequest) -> Result<WaitingPage, ServiceError> {
    let first = match request.token.as_str() {
        "" => 0,
        token => token.parse().map_err(|_| {
            ServiceError::invalid("token", token, "it must be the token of an answer, or empty to begin")
        })?,
    };
    let limit = if request.limit == 0 { PAGE.0 } else { request.limit.min(PAGE.1) };
    Ok(WaitingPage { first, limit })
}

fn is_handed_over(row: &ExecutionRow) -> bool {
    matches!(row.handover, Handover::Done | Handover::Abort)
}
