//! Which of the nodes inside a node, or of the run's own, may start.

use super::{NodeState, Progress, RunPhase};

/// What a workflow, nested or the run's own, lets its nodes do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No node starts.
    Closed,
    /// Any node starts once it is ready, but the failure node.
    Open,
    /// Only the failure node starts.
    HandlingFailure,
}

impl Stage {
    pub(super) fn of_run(phase: &RunPhase) -> Stage {
        match phase {
            RunPhase::Ready | RunPhase::Running | RunPhase::Draining(_) => Stage::Open,
            RunPhase::HandlingFailure(_) => Stage::HandlingFailure,
            RunPhase::Failing(_)
            | RunPhase::Aborting(_)
            | RunPhase::Succeeded
            | RunPhase::Failed(_)
            | RunPhase::Aborted(_) => Stage::Closed,
        }
    }

    pub(super) fn of_node(node: &NodeState) -> Stage {
        match node.progress() {
            Some(Progress::Running | Progress::Draining(_)) => Stage::Open,
            Some(Progress::HandlingFailure(_)) => Stage::HandlingFailure,
            _ => Stage::Closed,
        }
    }

    pub(super) fn admits(self, is_failure_node: bool) -> bool {
        match self {
            Stage::Closed => false,
            Stage::Open => !is_failure_node,
            Stage::HandlingFailure => is_failure_node,
        }
    }
}
