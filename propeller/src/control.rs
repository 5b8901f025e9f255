//! What a driver asks of the control plane.

use aileron_idl::admin::{ExecutionClosure, ExecutionCreateRequest, LaunchPlan, NodeExecution};
use aileron_idl::core::{
    Identifier, Literal, LiteralType, NodeExecutionIdentifier, SignalIdentifier, WorkflowExecutionIdentifier,
};
use futures::future::BoxFuture;

use crate::catalog::Catalog;

/// Why the control plane did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It cannot now; the driver asks again.
    #[error("the control plane does not answer now: {0}")]
    Unavailable(String),
    /// It never will.
    #[error("{0}")]
    Refused(String),
}

/// The control plane, as a driver asks it. A future that is dropped asks no more.
pub trait ControlPlane: Catalog {
    /// Makes a signal of this type known, waits until someone sets it, and gives its value.
    fn signal(
        &self,
        id: SignalIdentifier,
        r#type: LiteralType,
    ) -> BoxFuture<'_, Result<Literal, ControlError>>;

    /// A registered launch plan; `None` when there is none of this id.
    fn launch_plan(&self, id: Identifier) -> BoxFuture<'_, Result<Option<LaunchPlan>, ControlError>>;

    /// A node of another execution, if it is known.
    fn node(&self, id: NodeExecutionIdentifier)
    -> BoxFuture<'_, Result<Option<NodeExecution>, ControlError>>;

    /// Launches an execution. One of this name that is there already is fine.
    fn launch(&self, request: ExecutionCreateRequest) -> BoxFuture<'_, Result<(), ControlError>>;

    /// Waits for an execution's end, and gives how it ended.
    fn ended(&self, id: WorkflowExecutionIdentifier)
    -> BoxFuture<'_, Result<ExecutionClosure, ControlError>>;

    /// Asks for the end of an execution. One that has ended is fine.
    fn terminate(
        &self,
        id: WorkflowExecutionIdentifier,
        cause: String,
    ) -> BoxFuture<'_, Result<(), ControlError>>;
}
