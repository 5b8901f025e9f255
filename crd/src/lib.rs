//! What crosses between the control plane and the data plane: the `flyteworkflow` object on the way
//! down, execution events on the way up. Nothing else does, so either side can be swapped.
//!
//! The object has Flyte's shape (`flyte.lyft.com/v1alpha1`), with the closure and the inputs by
//! reference: its size does not grow with the workflow.
//!
//! What this crate deliberately does not do: read or write anything, or decide a phase.
//!
//! Start reading at [`FlyteWorkflow`], then [`ExecutionEvent`].

pub mod quantity;
mod workflow;

pub use workflow::{
    API_VERSION, EnvironmentVariables, ExecutionConfig, ExecutionId, FlyteWorkflow, KIND, Metadata,
    RawOutputDataConfig, RecoveryExecution, TaskPluginImpl, TaskResourceSpec, TaskResources,
};

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
