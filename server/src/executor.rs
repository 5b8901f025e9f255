//! The seam to the data plane, downwards: who runs an execution once it is accepted.

use aileron_crd::{ExecutionId, FlyteWorkflow};
use aileron_idl::aileron::v1::ListWaitingNodesResponse;
use futures::FutureExt;
use futures::future::BoxFuture;

/// Runs executions. It answers once it has the execution safely; progress comes back as events
/// through [`Server::record_events`](crate::Server::record_events).
pub trait Executor: Send + Sync + 'static {
    /// Takes an execution over. Asking again for the same id is fine and changes nothing.
    fn start(&self, workflow: FlyteWorkflow) -> BoxFuture<'_, Result<(), HandoverError>>;

    /// Ends an execution; its ABORTED event follows. Asking again, or for one that ended, is fine.
    fn abort(&self, id: ExecutionId, cause: String) -> BoxFuture<'_, Result<(), HandoverError>>;

    /// One page of the nodes of an execution that neither run nor have ended, each with what it waits for.
    /// A data plane that does not know its runs' state at hand need not answer that.
    fn waiting(
        &self,
        _: ExecutionId,
        _: WaitingPage,
    ) -> BoxFuture<'_, Result<ListWaitingNodesResponse, WaitingError>> {
        std::future::ready(Err(WaitingError::Unsupported)).boxed()
    }
}

/// Which page of the nodes that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingPage {
    /// The first node that may be on it: 0, or the number that is the token of the page before.
    pub first: u32,
    /// Most nodes on it, at least 1.
    pub limit: u32,
}

/// Why nothing is told of what nodes wait for.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WaitingError {
    /// The data plane does not have the execution.
    #[error("the execution is not known")]
    Unknown,
    /// The data plane does not answer now.
    #[error("the data plane is not available: {0}")]
    Unavailable(String),
    /// The data plane never says.
    #[error("the data plane does not tell what nodes wait for")]
    Unsupported,
}

/// Why an execution could not be handed over.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HandoverError {
    /// The data plane cannot take it now; the launcher tries again.
    #[error("the data plane is not available: {0}")]
    Unavailable(String),
    /// The data plane will never take it; the execution fails with this as its SYSTEM error.
    #[error("{message}")]
    Refused {
        /// Stable code of the error, such as `BadWorkflow`.
        code: String,
        /// What is wrong, for the user.
        message: String,
    },
}
