//! What crosses between the control plane and the data plane: the `flyteworkflow` object on the way
//! down, execution events on the way up. Nothing else does, so either side can be swapped.
//!
//! The object has Flyte's shape (`flyte.lyft.com/v1alpha1`). Closure and inputs are in it, or beside it by
//! reference: then its size does not grow with the workflow. [`write`](fn@write) makes the graph of an object of a
//! closure, [`FlyteWorkflow::graph`] makes the closure of an object, be it ours or Flyte's.
//!
//! What this crate deliberately does not do: ask a cluster or an object store anything, or decide a phase.
//!
//! Start reading at [`FlyteWorkflow`], then [`ExecutionEvent`].

mod manifest;
mod phase;
pub mod quantity;
mod read;
mod security;
mod workflow;
mod write;

pub use manifest::manifest;
pub use phase::{NodePhase, WorkflowPhase};
pub use read::{Held, ReadError, read};
pub use security::{Identity, Secret, SecurityContext};
pub use workflow::{
    API_VERSION, EnvironmentVariables, ExecutionConfig, ExecutionId, FINALIZER, FlyteWorkflow, GROUP, KIND,
    Metadata, NodeDefaults, PLURAL, RawOutputDataConfig, RecoveryExecution, TaskPluginImpl, TaskResourceSpec,
    TaskResources, VERSION, WorkflowMeta,
};
pub use write::{Graph, WriteError, write};

use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_idl::event::{NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent};

/// One thing that happened to an execution, as the data plane tells the control plane.
///
/// Delivery is at least once and in order for one execution; the receiver drops what it knows already.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecutionEvent {
    /// The execution changed its phase.
    Workflow(Box<WorkflowExecutionEvent>),
    /// A node changed its phase.
    Node(Box<NodeExecutionEvent>),
    /// An attempt of a task changed its phase, or has news within it.
    Task(Box<TaskExecutionEvent>),
}

impl ExecutionEvent {
    /// The execution that it is of, if it says so.
    pub fn execution(&self) -> Option<&WorkflowExecutionIdentifier> {
        match self {
            ExecutionEvent::Workflow(event) => event.execution_id.as_ref(),
            ExecutionEvent::Node(event) => event.id.as_ref()?.execution_id.as_ref(),
            ExecutionEvent::Task(event) => event.parent_node_execution_id.as_ref()?.execution_id.as_ref(),
        }
    }
}
