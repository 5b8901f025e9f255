//! The run's own phase.
//!
//! ```text
//! Ready -> Running -> Succeeded
//!             |-----> Draining -> Failing
//!             |-----> Failing ----------------> Failed
//!             |                  '-> HandlingFailure -^
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
    /// A node failed, nothing runs any more, and the failure node does its work.
    HandlingFailure(Failure),
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
}
