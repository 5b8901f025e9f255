//! Why a node is not running yet.

use crate::{NodeIx, NodeState, Plan, Progress, RunState, Timestamp};

/// What a node waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// These upstream nodes have not succeeded.
    Upstream(Vec<NodeIx>),
    /// As many task nodes are under way as the execution allows.
    Parallelism(usize),
    /// An attempt failed; the next begins at this instant.
    BackingOff(Timestamp),
    /// The driver has the attempt and no free slot for it.
    Slot,
}

/// The reason of every node that is neither running nor finished, in the plan's order.
pub fn report(plan: &Plan, state: &RunState) -> Vec<(NodeIx, Reason)> {
    plan.indices().filter_map(|ix| reason(plan, state, ix).map(|reason| (ix, reason))).collect()
}

fn reason(plan: &Plan, state: &RunState, ix: NodeIx) -> Option<Reason> {
    match state.node(ix) {
        NodeState::Waiting => Some(waiting(plan, state, ix)),
        NodeState::BackingOff { until, .. } => Some(Reason::BackingOff(*until)),
        NodeState::Active(active) => match active.progress {
            Progress::Requested | Progress::Pending => Some(Reason::Slot),
            Progress::Running | Progress::Ending { .. } => None,
        },
        NodeState::Succeeded { .. } | NodeState::Failed | NodeState::Skipped | NodeState::Aborted => None,
    }
}

fn waiting(plan: &Plan, state: &RunState, ix: NodeIx) -> Reason {
    let missing: Vec<NodeIx> =
        plan.node(ix).upstream().iter().copied().filter(|from| !state.node(*from).is_success()).collect();
    if missing.is_empty() { Reason::Parallelism(plan.parallelism()) } else { Reason::Upstream(missing) }
}
