//! One node's state. What is finished costs one word; only what is under way carries a record.
//!
//! ```text
//! Waiting -> Active -> Succeeded
//!               |  ^-> BackingOff
//!               |----> Failed | Aborted
//! Waiting -> Skipped
//! ```

use serde::{Deserialize, Serialize};

use crate::{Timestamp, Tries};

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    /// It has not begun: an upstream node or a slot is missing.
    Waiting,
    /// An attempt of it is asked for, runs or is being ended.
    Active(Box<Active>),
    /// An attempt failed; the next begins at `until`.
    BackingOff {
        /// The accounts of the next attempt.
        tries: Tries,
        /// Whether the node was reported as running.
        announced: bool,
        /// The earliest instant of the next attempt.
        until: Timestamp,
    },
    /// The attempt of this number left the node's outputs.
    Succeeded {
        /// Which.
        attempt: u32,
    },
    /// No attempt is left.
    Failed,
    /// It will not run, as an upstream node failed.
    Skipped,
    /// It was ended because the run ends.
    Aborted,
}

/// A node that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// The accounts, with the current attempt.
    pub tries: Tries,
    /// Whether the node was reported as running.
    pub announced: bool,
    /// How far the attempt is.
    pub progress: Progress,
}

/// How far an attempt is, as last reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// The driver was asked for it.
    Requested,
    /// The driver has it.
    Pending,
    /// It runs.
    Running,
    /// It is being ended, as the run ends.
    Ending {
        /// Whether the attempt was reported at all.
        reported: bool,
    },
}

impl NodeState {
    /// Whether the node is under way.
    pub fn is_live(&self) -> bool {
        matches!(self, NodeState::Active(_) | NodeState::BackingOff { .. })
    }

    /// Whether the node's outputs are there.
    pub fn is_success(&self) -> bool {
        matches!(self, NodeState::Succeeded { .. })
    }

    /// Whether the node will never change again.
    pub fn is_terminal(&self) -> bool {
        match self {
            NodeState::Waiting | NodeState::Active(_) | NodeState::BackingOff { .. } => false,
            NodeState::Succeeded { .. } | NodeState::Failed | NodeState::Skipped | NodeState::Aborted => true,
        }
    }

    /// A new attempt with these accounts, asked for but not yet seen.
    pub(crate) fn requested(tries: Tries, announced: bool) -> NodeState {
        NodeState::Active(Box::new(Active { tries, announced, progress: Progress::Requested }))
    }
}
