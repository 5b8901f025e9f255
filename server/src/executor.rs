//! The seam to the data plane, downwards: who runs an execution once it is accepted.

use aileron_crd::{ExecutionId, FlyteWorkflow};
use futures::future::BoxFuture;

/// Runs executions. It answers once it has the execution safely; progress comes back as events
/// through [`Server::record_events`](crate::Server::record_events).
pub trait Executor: Send + Sync + 'static {
    /// Takes an execution over. Asking again for the same id is fine and changes nothing.
    fn start(&self, workflow: FlyteWorkflow) -> BoxFuture<'_, Result<(), HandoverError>>;

    /// Ends an execution; its ABORTED event follows. Asking again, or for one that ended, is fine.
    fn abort(&self, id: ExecutionId, cause: String) -> BoxFuture<'_, Result<(), HandoverError>>;
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
