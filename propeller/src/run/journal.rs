//! What survives the process: the state of runs, and the events that wait for delivery.

use aileron_crd::{ExecutionEvent, FlyteWorkflow};
use aileron_engine::{Block, BlockIx, NodeIx, NodeState, RunPhase};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// A run's number in its driver.
pub(crate) type RunId = i64;

/// Why a round was not kept; it is tried again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct JournalError(pub(crate) String);

/// Where rounds are kept.
///
/// A round may be lost with the process that made it, if everything that it led to can be found again by its
/// name; but never one whose events were delivered while those of the round before it were not.
pub(crate) trait Journal: Send + Sync + 'static {
    /// Keeps what a round changes, all or nothing. Its effects are carried out after this.
    fn commit(&self, round: Round) -> BoxFuture<'_, Result<(), JournalError>>;
}

/// What one round of one run changes. All of it becomes durable, or none.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) run: RunId,
    /// The run's phase, when it changed.
    pub(crate) phase: Option<RunPhase>,
    /// How the plan grew, in order.
    pub(crate) grown: Vec<Grown>,
    /// The nodes that changed.
    pub(crate) nodes: Vec<(NodeIx, NodeState)>,
    /// The blocks of items that changed.
    pub(crate) blocks: Vec<(BlockIx, Block)>,
    /// What is to be delivered.
    pub(crate) events: Vec<ExecutionEvent>,
}

impl Round {
    /// One that changes nothing yet.
    pub(crate) fn of(run: RunId) -> Round {
        let (grown, nodes, blocks) = (Vec::new(), Vec::new(), Vec::new());
        Round { run, phase: None, grown, nodes, blocks, events: Vec::new() }
    }
}

/// A run that has not ended, as it was persisted.
#[derive(Debug)]
pub(crate) struct LiveRun {
    pub(crate) id: RunId,
    pub(crate) workflow: FlyteWorkflow,
    pub(crate) phase: RunPhase,
    pub(crate) grown: Vec<Grown>,
    pub(crate) nodes: Vec<(NodeIx, NodeState)>,
    pub(crate) blocks: Vec<(BlockIx, Block)>,
}

impl LiveRun {
    /// One that has not begun.
    pub(crate) fn new(id: RunId, workflow: FlyteWorkflow) -> LiveRun {
        let phase = RunPhase::Ready;
        LiveRun { id, workflow, phase, grown: Vec::new(), nodes: Vec::new(), blocks: Vec::new() }
    }
}

/// A growth of the plan, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grown {
    pub(crate) node: NodeIx,
    pub(crate) attempt: u32,
    pub(crate) inside: KeptInside,
}

/// What a node has inside, or where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeptInside {
    /// The compiled workflow at this URI.
    Workflow(String),
    /// So many items.
    Items(u32),
}
