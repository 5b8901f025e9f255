//! The engine's phases on the wire.

use aileron_idl::core::{node_execution, task_execution, workflow_execution};

use crate::{AttemptPhase, ItemPhase, NodePhase, RunEventPhase};

/// The wire phase of a run.
pub fn run(phase: &RunEventPhase) -> workflow_execution::Phase {
    match phase {
        RunEventPhase::Running => workflow_execution::Phase::Running,
        RunEventPhase::Succeeding => workflow_execution::Phase::Succeeding,
        RunEventPhase::Succeeded => workflow_execution::Phase::Succeeded,
        RunEventPhase::Failing(_) => workflow_execution::Phase::Failing,
        RunEventPhase::Failed(_) => workflow_execution::Phase::Failed,
        RunEventPhase::Aborted(_) => workflow_execution::Phase::Aborted,
    }
}

/// The wire phase of a node.
pub fn node(phase: &NodePhase) -> node_execution::Phase {
    match phase {
        NodePhase::Queued => node_execution::Phase::Queued,
        NodePhase::Running => node_execution::Phase::Running,
        NodePhase::Growing(_) => node_execution::Phase::DynamicRunning,
        NodePhase::Succeeded { .. } => node_execution::Phase::Succeeded,
        NodePhase::Recovered(_) => node_execution::Phase::Recovered,
        NodePhase::Failed(_) => node_execution::Phase::Failed,
        NodePhase::Skipped => node_execution::Phase::Skipped,
        NodePhase::Aborted(_) => node_execution::Phase::Aborted,
    }
}

/// The wire phase of an attempt. One that is tried again is FAILED too: the next has a row of its own.
pub fn attempt(phase: &AttemptPhase) -> task_execution::Phase {
    item(phase.into())
}

/// The same of an item of an array.
pub fn item(phase: ItemPhase) -> task_execution::Phase {
    match phase {
        ItemPhase::Queued => task_execution::Phase::Queued,
        ItemPhase::Running => task_execution::Phase::Running,
        ItemPhase::Succeeded => task_execution::Phase::Succeeded,
        ItemPhase::Failed => task_execution::Phase::Failed,
        ItemPhase::Aborted => task_execution::Phase::Aborted,
    }
}
