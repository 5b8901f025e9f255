//! What the nodes of a run wait for, as the message that tells it. For any driver: it reads the engine's state
//! and nothing else.

use aileron_engine::{NodeIx, Plan, Reason, RunState, Timestamp, place, report_from};
use aileron_idl::aileron::v1::gate_reason::Kind;
use aileron_idl::aileron::v1::waiting_node::Reason as Told;
use aileron_idl::aileron::v1::{
    BackOffReason, EndingReason, GateReason, ItemsReason, ListWaitingNodesResponse, LookupReason,
    ParallelismReason, ReservationReason, SleepReason, SlotReason, UpstreamReason, WaitingNode,
};
use aileron_idl::core::GateNode;
use aileron_idl::core::gate_node::Condition;

/// Most upstream nodes that are named.
const NAMED: usize = 10;

/// Which page of the nodes that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The first node that may be on it, by its index in the plan.
    pub first: u32,
    /// Most nodes on it.
    pub limit: usize,
}

/// One page of the nodes that wait, each with its reason. Its token is the index of the next page's first node.
pub fn page(plan: &Plan, state: &RunState, page: Page) -> ListWaitingNodesResponse {
    let mut found = report_from(plan, state, NodeIx(page.first));
    let nodes = found.by_ref().take(page.limit).map(|(ix, reason)| told(plan, state, ix, &reason)).collect();
    let token = found.next().map(|(ix, _)| ix.0.to_string()).unwrap_or_default();
    ListWaitingNodesResponse { nodes, token }
}

fn told(plan: &Plan, state: &RunState, ix: NodeIx, reason: &Reason) -> WaitingNode {
    let node = plan.node(ix);
    let id = |ix| place(plan, state, ix).unique_id;
    WaitingNode {
        node_id: id(ix),
        spec_node_id: node.id.clone(),
        node_name: node.name.clone(),
        parent_node_id: node.parent.map(id).unwrap_or_default(),
        attempt: state.node(ix).attempt(),
        reason: Some(match reason {
            Reason::Upstream(missing) => Told::Upstream(UpstreamReason {
                node_ids: missing.iter().take(NAMED).map(|ix| id(*ix)).collect(),
                count: number(missing.len()),
            }),
            Reason::Parallelism(limit) => Told::Parallelism(ParallelismReason { limit: number(*limit) }),
            Reason::Items { waiting, under_way } => {
                let size = number(plan.children(Some(ix)).count());
                Told::Items(ItemsReason { waiting: *waiting, under_way: *under_way, size })
            }
            Reason::BackingOff(until) => Told::BackOff(BackOffReason { until: Some((*until).into()) }),
            Reason::Sleeping(until) => Told::Sleep(SleepReason { until: Some((*until).into()) }),
            Reason::Gate { gate, until } => Told::Gate(asked(plan.gate(*gate), *until)),
            Reason::Lookup => Told::Lookup(LookupReason {}),
            Reason::Reservation(owner) => Told::Reservation(ReservationReason { owner: owner.clone() }),
            Reason::Slot { until } => Told::Slot(SlotReason { until: until.map(Into::into) }),
            Reason::Ending => Told::Ending(EndingReason {}),
        }),
    }
}

fn asked(gate: &GateNode, until: Option<Timestamp>) -> GateReason {
    let (kind, signal_id) = match &gate.condition {
        Some(Condition::Approve(approve)) => (Kind::Approval, approve.signal_id.clone()),
        Some(Condition::Signal(signal)) => (Kind::Signal, signal.signal_id.clone()),
        Some(Condition::Sleep(_)) | None => (Kind::Signal, String::new()),
    };
    GateReason { kind: kind.into(), signal_id, until: until.map(Into::into) }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
