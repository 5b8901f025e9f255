//! Why a node is not running yet.

use crate::{NodeIx, NodeKind, NodeState, Plan, Progress, RunState, Timestamp};

/// What a node waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// These upstream nodes have not succeeded.
    Upstream(Vec<NodeIx>),
    /// As many task nodes are under way as the execution allows.
    Parallelism(usize),
    /// An attempt failed; the next begins at this instant.
    BackingOff(Timestamp),
    /// It sleeps until this instant.
    Sleeping(Timestamp),
    /// Someone has to give it a value, or to approve.
    Gate,
    /// The driver has the attempt and no free slot for it.
    Slot,
}

/// The reason of every node that is neither running nor finished, in the plan's order.
pub fn report(plan: &Plan, state: &RunState) -> Vec<(NodeIx, Reason)> {
    plan.indices().filter_map(|ix| reason(plan, state, ix).map(|reason| (ix, reason))).collect()
}

fn reason(plan: &Plan, state: &RunState, ix: NodeIx) -> Option<Reason> {
    match state.node(ix) {
        NodeState::Waiting => waiting(plan, state, ix),
        NodeState::BackingOff { until, .. } => Some(Reason::BackingOff(*until)),
        NodeState::Active(active) => match active.progress {
            Progress::Requested | Progress::Pending => Some(Reason::Slot),
            Progress::Sleeping { until } => Some(Reason::Sleeping(until)),
            Progress::Running if matches!(plan.node(ix).kind, NodeKind::Gate(_)) => Some(Reason::Gate),
            _ => None,
        },
        NodeState::Succeeded { .. }
        | NodeState::Failed { .. }
        | NodeState::Skipped
        | NodeState::Aborted { .. } => None,
    }
}

/// A node inside another waits for nothing of its own until that one runs its children.
fn waiting(plan: &Plan, state: &RunState, ix: NodeIx) -> Option<Reason> {
    let node = plan.node(ix);
    if plan.is_failure_node(ix) || node.parent.is_some_and(|parent| !runs_children(state, parent)) {
        return None;
    }
    let missing: Vec<NodeIx> =
        node.upstream().iter().copied().filter(|from| !state.node(*from).is_success()).collect();
    Some(match missing.is_empty() {
        true => Reason::Parallelism(plan.parallelism()),
        false => Reason::Upstream(missing),
    })
}

fn runs_children(state: &RunState, parent: NodeIx) -> bool {
    let NodeState::Active(active) = state.node(parent) else { return false };
    matches!(active.progress, Progress::Running | Progress::Draining(_))
}
