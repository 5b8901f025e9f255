//! One node's state. What is finished costs one word; only what is under way carries a record.
//!
//! ```text
//! Waiting -> Active -> Succeeded
//!               |  ^-> BackingOff
//!               |----> Failed | Aborted
//! Waiting -> Skipped
//! ```
//!
//! A node with children is active as long as they run. Its driver makes its inputs ready, then the
//! children go, then the driver collects its outputs:
//!
//! ```text
//! Requested -> Pending -> Running --------------------------> Collecting
//!                            |--> Draining --> Failing --> HandlingFailure
//! ```

use serde::{Deserialize, Serialize};

use crate::{Failure, Timestamp, Tries};

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
    Failed {
        /// The last.
        attempt: u32,
    },
    /// It will not run, as an upstream node failed or its branch took another arm.
    Skipped,
    /// It was ended because the run, or what it is part of, ends.
    Aborted {
        /// The attempt that was ended.
        attempt: u32,
    },
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
    /// When an attempt that runs has run for as long as it may, and one that is to begin has waited so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

/// How far an attempt is, as last reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// The driver was asked for it.
    Requested,
    /// The driver has it.
    Pending,
    /// It runs, or its children do.
    Running,
    /// It sleeps until this instant.
    Sleeping {
        /// When it is done.
        until: Timestamp,
    },
    /// The driver was asked to look for its outputs in the cache.
    LookingUp,
    /// Another computes its outputs, which the cache will have then.
    AwaitingReservation {
        /// Who.
        owner: String,
    },
    /// Its work is done; the driver was asked to put its outputs into the cache.
    Storing {
        /// Whether there is a deck to show.
        deck: bool,
    },
    /// It ran for longer than it may, and is being ended.
    TimingOut,
    /// It was not begun in time, and is being taken back.
    LeavingQueue {
        /// Whether the attempt was reported at all.
        reported: bool,
    },
    /// A child failed, and the policy lets those that do not depend on it go on.
    Draining(Failure),
    /// A child failed: none starts any more, those that run are being ended.
    Failing(Failure),
    /// A child failed, none runs any more, and the failure node does its work.
    HandlingFailure(Failure),
    /// The children are done; the driver was asked to make their outputs its own.
    Collecting,
    /// It is being ended.
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
            NodeState::Succeeded { .. }
            | NodeState::Failed { .. }
            | NodeState::Skipped
            | NodeState::Aborted { .. } => true,
        }
    }

    /// The attempt that the node stands at, or ended with; 0 before the first.
    pub fn attempt(&self) -> u32 {
        match self {
            NodeState::Waiting | NodeState::Skipped => 0,
            NodeState::Active(active) => active.tries.attempt,
            NodeState::BackingOff { tries, .. } => tries.attempt,
            NodeState::Succeeded { attempt }
            | NodeState::Failed { attempt }
            | NodeState::Aborted { attempt } => *attempt,
        }
    }

    /// When the node goes on by itself, if it does.
    pub(crate) fn timer(&self) -> Option<Timestamp> {
        match self {
            NodeState::BackingOff { until, .. } => Some(*until),
            NodeState::Active(active) => match active.progress {
                Progress::Sleeping { until } => Some(until),
                Progress::Requested | Progress::Pending | Progress::Running => active.deadline,
                _ => None,
            },
            _ => None,
        }
    }

    /// How far an active node is.
    pub fn progress(&self) -> Option<&Progress> {
        match self {
            NodeState::Active(active) => Some(&active.progress),
            _ => None,
        }
    }

    /// A new attempt with these accounts, asked for but not yet seen.
    pub(crate) fn requested(tries: Tries, announced: bool, deadline: Option<Timestamp>) -> NodeState {
        let progress = Progress::Requested;
        NodeState::Active(Box::new(Active { tries, announced, progress, deadline }))
    }
}
