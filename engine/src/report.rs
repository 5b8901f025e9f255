//! Why a node is not running yet.

use crate::{NodeIx, NodeKind, NodeState, Plan, Progress, RunState, Timestamp};

/// What a node waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// These upstream nodes have not succeeded.
    Upstream(Vec<NodeIx>),
    /// As many task nodes are under way as the execution allows.
    Parallelism(usize),
    /// So many items of the array are still to begin, and as many are under way as may be.
    Items(u32),
    /// An attempt failed; the next begins at this instant.
    BackingOff(Timestamp),
    /// It sleeps until this instant.
    Sleeping(Timestamp),
    /// Someone has to give it a value, or to approve.
    Gate,
    /// The cache is asked for its outputs.
    Lookup,
    /// Another computes the same outputs and holds the reservation of them; this is its name for itself.
    Reservation(String),
    /// The driver has the attempt and no free slot for it.
    Slot,
}

/// The reason of every node that is neither running nor finished, in the plan's order.
pub fn report(plan: &Plan, state: &RunState) -> Vec<(NodeIx, Reason)> {
    plan.indices().filter_map(|ix| reason(plan, state, ix).map(|reason| (ix, reason))).collect()
}

fn reason(plan: &Plan, state: &RunState, ix: NodeIx) -> Option<Reason> {
    match state.node(ix) {
        // Their array speaks for them.
        NodeState::Waiting if plan.item(ix).is_some() => None,
        NodeState::Waiting => waiting(plan, state, ix),
        NodeState::BackingOff { .. } if state.is_ready(plan, ix) => {
            Some(Reason::Parallelism(plan.parallelism()))
        }
        NodeState::BackingOff { until, .. } => Some(Reason::BackingOff(*until)),
        NodeState::Active(active) => match &active.progress {
            Progress::LookingUp => Some(Reason::Lookup),
            Progress::AwaitingReservation { owner } => Some(Reason::Reservation(owner.clone())),
            Progress::Requested | Progress::Pending => Some(Reason::Slot),
            Progress::Sleeping { until } => Some(Reason::Sleeping(*until)),
            Progress::Running if matches!(plan.node(ix).kind, NodeKind::Gate(_)) => Some(Reason::Gate),
            Progress::Running if plan.array_of(ix).is_some() => items(plan, state, ix),
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
    if plan.is_failure_node(ix) || node.parent.is_some_and(|parent| !runs_children(plan, state, parent)) {
        return None;
    }
    let missing: Vec<NodeIx> =
        node.upstream().iter().copied().filter(|from| !state.node(*from).is_success()).collect();
    Some(match missing.is_empty() {
        true => Reason::Parallelism(plan.parallelism()),
        false => Reason::Upstream(missing),
    })
}

fn items(plan: &Plan, state: &RunState, array: NodeIx) -> Option<Reason> {
    let live = plan.children(Some(array)).filter(|item| state.node(*item).is_live()).count();
    let begun = state.tally(plan, array).ended.saturating_add(u32::try_from(live).unwrap_or(u32::MAX));
    Some(plan.size(array).saturating_sub(begun)).filter(|left| *left > 0).map(Reason::Items)
}

fn runs_children(plan: &Plan, state: &RunState, parent: NodeIx) -> bool {
    let NodeState::Active(active) = state.node(parent) else { return false };
    plan.is_parent(parent, active.tries.attempt)
        && matches!(active.progress, Progress::Running | Progress::Draining(_))
}
