//! Why a node is not running yet.

use crate::state::Stage;
use crate::{GateIx, NodeIx, NodeKind, NodeState, Plan, Progress, RunState, Timestamp};

/// What a node waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// These upstream nodes have not succeeded.
    Upstream(Vec<NodeIx>),
    /// As many task nodes are under way as the execution allows.
    Parallelism(usize),
    /// Items of the array are still to begin.
    Items {
        /// How many.
        waiting: u32,
        /// How many are under way.
        under_way: u32,
    },
    /// An attempt failed; the next begins at this instant.
    BackingOff(Timestamp),
    /// It sleeps until this instant.
    Sleeping(Timestamp),
    /// Someone has to give it a value, or to approve.
    Gate {
        /// What it waits for.
        gate: GateIx,
        /// When it gives up, if it does.
        until: Option<Timestamp>,
    },
    /// The cache is asked for its outputs.
    Lookup,
    /// Another computes the same outputs and holds the reservation of them; this is its name for itself.
    Reservation(String),
    /// The driver has the attempt and has not begun it: no slot is free for it, or it makes things ready.
    Slot {
        /// When the node gives up, if it does.
        until: Option<Timestamp>,
    },
    /// It will not run: what it is part of is being ended.
    Ending,
}

/// The reason of every node that is neither running nor finished, in the plan's order.
pub fn report<'a>(plan: &'a Plan, state: &'a RunState) -> impl Iterator<Item = (NodeIx, Reason)> + 'a {
    report_from(plan, state, NodeIx(0))
}

/// The same from a node on, for who reads a large run page by page.
pub fn report_from<'a>(
    plan: &'a Plan,
    state: &'a RunState,
    first: NodeIx,
) -> impl Iterator<Item = (NodeIx, Reason)> + 'a {
    let going = !state.phase().is_terminal();
    let after = plan.indices().skip(if going { first.0 as usize } else { plan.len() });
    after.filter_map(|ix| reason(plan, state, ix).map(|reason| (ix, reason)))
}

/// What one node waits for, if it does.
pub fn reason(plan: &Plan, state: &RunState, ix: NodeIx) -> Option<Reason> {
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
            Progress::Requested | Progress::Pending => Some(Reason::Slot { until: active.deadline }),
            Progress::Sleeping { until } => Some(Reason::Sleeping(*until)),
            Progress::Running => match plan.node(ix).kind {
                NodeKind::Gate(gate) => Some(Reason::Gate { gate, until: active.deadline }),
                NodeKind::Array(_) => items(plan, state, ix),
                _ => None,
            },
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
    match (state.stage(plan, node.parent), plan.is_failure_node(ix)) {
        (Stage::Open, false) | (Stage::HandlingFailure, true) => Some(in_line(plan, state, ix)),
        (Stage::Open, true) => None,
        (Stage::HandlingFailure, false) => Some(Reason::Ending),
        (Stage::Closed, _) => state.is_ending(node.parent).then_some(Reason::Ending),
    }
}

fn in_line(plan: &Plan, state: &RunState, ix: NodeIx) -> Reason {
    let upstream = plan.node(ix).upstream().iter().copied();
    let missing: Vec<NodeIx> = upstream.filter(|from| !state.node(*from).is_success()).collect();
    match missing.is_empty() {
        true => Reason::Parallelism(plan.parallelism()),
        false => Reason::Upstream(missing),
    }
}

fn items(plan: &Plan, state: &RunState, array: NodeIx) -> Option<Reason> {
    let under_way = state.live_inside(array);
    let begun = state.tally(plan, array).ended.saturating_add(under_way);
    let waiting = plan.size(array).saturating_sub(begun);
    (waiting > 0).then_some(Reason::Items { waiting, under_way })
}
