//! The run's own phase.
//!
//! ```text
//! Ready -> Running -> Succeeded
//!             |-----> Draining -> Failing
//!             |-----> Failing  -> Failed
//!   any ------------> Aborting -> Aborted
//! ```

use serde::{Deserialize, Serialize};

use crate::Failure;

/// Where the run as a whole stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunPhase {
    /// Nothing was decided yet.
    Ready,
    /// Nodes are started as they become ready.
    Running,
    /// A node failed, and the policy lets the nodes that do not depend on it go on.
    Draining(Failure),
    /// A node failed: nothing starts any more, what runs is being ended.
    Failing(Failure),
    /// Someone asked for the end: the same, for this cause.
    Aborting(String),
    /// The end node wrote the outputs.
    Succeeded,
    /// Failed, and nothing runs.
    Failed(Failure),
    /// Aborted, and nothing runs.
    Aborted(String),
}

impl RunPhase {
    /// Whether the run will never change again.
    pub fn is_terminal(&self) -> bool {
        matches!(self, RunPhase::Succeeded | RunPhase::Failed(_) | RunPhase::Aborted(_))
    }

    /// Whether nodes may start.
    pub(crate) fn starts_nodes(&self) -> bool {
        matches!(self, RunPhase::Running | RunPhase::Draining(_))
    }

    /// Why attempts are being ended, while they are.
    pub(crate) fn ending_cause(&self) -> Option<&str> {
        match self {
            RunPhase::Failing(_) => Some("Some node execution failed, auto-abort."),
            RunPhase::Aborting(cause) => Some(cause),
            _ => None,
        }
    }
}
