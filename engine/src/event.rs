//! What is reported of a run: the transitions that its users may see.

use std::sync::Arc;

use aileron_idl::core::CompiledWorkflowClosure;

use crate::{CacheReport, Failure, NodeIx, Recovered, Timestamp};

/// A visible transition. Events of one run are reported in the order they were decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The run itself.
    Run {
        /// Its new phase.
        phase: RunEventPhase,
        /// When.
        at: Timestamp,
    },
    /// A node.
    Node {
        /// Which.
        node: NodeIx,
        /// Its new phase.
        phase: NodePhase,
        /// The attempt that it stands at.
        attempt: u32,
        /// When.
        at: Timestamp,
        /// What came of using the cache, when that is news.
        cache: Option<CacheReport>,
    },
    /// One attempt of a task node.
    Attempt {
        /// Which node.
        node: NodeIx,
        /// Which try.
        attempt: u32,
        /// Its new phase.
        phase: AttemptPhase,
        /// Whether the platform may take it away half-done.
        interruptible: bool,
        /// When.
        at: Timestamp,
    },
    /// Some items of an array of tasks, as parts of its attempt. News of many items come together: whoever
    /// keeps all of them may rewrite them each time, and the larger an array is the rarer that must be.
    Items {
        /// The array.
        node: NodeIx,
        /// The attempt of it.
        attempt: u32,
        /// What is new, in order.
        items: Vec<ItemNews>,
        /// Higher than that of all earlier news of this attempt's items.
        version: u32,
        /// When it is told.
        at: Timestamp,
    },
}

/// What is new of one item of an array.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemNews {
    /// Its place in the lists.
    pub index: u32,
    /// Which try of it.
    pub attempt: u32,
    /// Its new phase.
    pub phase: ItemPhase,
}

/// Phases of an item's attempt that are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemPhase {
    /// The driver took it.
    Queued,
    /// It runs.
    Running,
    /// It left outputs.
    Succeeded,
    /// It failed, for good or to be tried again.
    Failed,
    /// It was ended because its array, or the run, ends.
    Aborted,
}

impl From<&AttemptPhase> for ItemPhase {
    fn from(phase: &AttemptPhase) -> ItemPhase {
        match phase {
            AttemptPhase::Queued => ItemPhase::Queued,
            AttemptPhase::Running => ItemPhase::Running,
            AttemptPhase::Succeeded { .. } => ItemPhase::Succeeded,
            AttemptPhase::Failed(_) => ItemPhase::Failed,
            AttemptPhase::Aborted(_) => ItemPhase::Aborted,
        }
    }
}

/// Phases of a run that are reported.
#[derive(Clone, Debug, PartialEq)]
pub enum RunEventPhase {
    /// The first decision was made.
    Running,
    /// Every node is done.
    Succeeding,
    /// The outputs are written.
    Succeeded,
    /// A node failed; what runs is being ended.
    Failing(Failure),
    /// It failed and nothing runs any more.
    Failed(Failure),
    /// It was aborted, for this cause, and nothing runs any more.
    Aborted(String),
}

/// Phases of a node that are reported.
#[derive(Clone, Debug, PartialEq)]
pub enum NodePhase {
    /// Its upstream nodes are done.
    Queued,
    /// Its first attempt runs.
    Running,
    /// Its attempt is over and has made this workflow, which runs inside of it.
    Growing(Arc<CompiledWorkflowClosure>),
    /// An attempt succeeded; `deck` says whether it left a deck.
    Succeeded {
        /// Whether there is a deck to show.
        deck: bool,
    },
    /// Its outputs are those of the execution that this one recovers.
    Recovered(Recovered),
    /// No attempt is left.
    Failed(Failure),
    /// It will not run, as an upstream node failed.
    Skipped,
    /// It was ended because the run ends.
    Aborted(String),
}

impl NodePhase {
    /// Whether the node's outputs are there.
    pub fn is_success(&self) -> bool {
        matches!(self, NodePhase::Succeeded { .. } | NodePhase::Recovered(_))
    }
}

/// Phases of an attempt that are reported.
#[derive(Clone, Debug, PartialEq)]
pub enum AttemptPhase {
    /// The driver took it.
    Queued,
    /// Its process runs.
    Running,
    /// It left outputs; `deck` says whether a deck too.
    Succeeded {
        /// Whether there is a deck to show.
        deck: bool,
    },
    /// It failed, for good or to be tried again.
    Failed(Failure),
    /// It was ended because the run ends.
    Aborted(String),
}
