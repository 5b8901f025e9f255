//! The mutable side of a run.
//!
//! What must survive a crash is [`RunPhase`] and the [`NodeState`]s; everything else here is an index
//! over them, kept so that a decision costs what it touches, and rebuilt by [`RunState::restore`].

mod node;
mod run;

pub use node::{Active, NodeState, Progress};
pub use run::RunPhase;

use std::collections::BTreeSet;

use crate::{NodeIx, NodeKind, Plan, Timestamp};

/// Where a run stands.
#[derive(Clone, Debug)]
pub struct RunState {
    phase: RunPhase,
    nodes: Vec<NodeState>,
    /// Upstream nodes that have not succeeded, by node.
    blockers: Vec<u32>,
    /// Waiting nodes with no blocker.
    ready: BTreeSet<NodeIx>,
    /// Nodes that are under way: active or backing off.
    live: BTreeSet<NodeIx>,
    /// How many of the live are task nodes; these hold the slots of max parallelism.
    slots: usize,
    /// When the nodes that back off may go on.
    timers: BTreeSet<(Timestamp, NodeIx)>,
}

impl RunState {
    /// A run that has not begun.
    pub fn new(plan: &Plan) -> RunState {
        RunState::restore(plan, RunPhase::Ready, [])
    }

    /// A run as it was persisted; nodes that are not named have not begun.
    pub fn restore(
        plan: &Plan,
        phase: RunPhase,
        nodes: impl IntoIterator<Item = (NodeIx, NodeState)>,
    ) -> RunState {
        let mut state = RunState {
            phase,
            nodes: vec![NodeState::Waiting; plan.len()],
            blockers: plan.indices().map(|ix| count(plan.node(ix).upstream().len())).collect(),
            ready: BTreeSet::new(),
            live: BTreeSet::new(),
            slots: 0,
            timers: BTreeSet::new(),
        };
        state.ready.extend(plan.indices().filter(|ix| state.blockers[ix.0 as usize] == 0));
        for (ix, node) in nodes {
            state.set(plan, ix, node);
        }
        state
    }

    /// The run's phase.
    pub fn phase(&self) -> &RunPhase {
        &self.phase
    }

    /// A node's state.
    pub fn node(&self, ix: NodeIx) -> &NodeState {
        &self.nodes[ix.0 as usize]
    }

    /// The nodes that are under way.
    pub fn live(&self) -> impl Iterator<Item = NodeIx> + '_ {
        self.live.iter().copied()
    }

    /// The nodes that only lack a slot.
    pub fn ready(&self) -> impl Iterator<Item = NodeIx> + '_ {
        self.ready.iter().copied()
    }

    /// How many task nodes hold a slot.
    pub fn slots(&self) -> usize {
        self.slots
    }

    pub(crate) fn set_phase(&mut self, phase: RunPhase) {
        self.phase = phase;
    }

    /// The first ready node that may start now.
    pub(crate) fn next_ready(&self, plan: &Plan) -> Option<NodeIx> {
        let first = self.ready.first().copied()?;
        (self.slots < plan.parallelism() || !holds_slot(plan, first)).then_some(first)
    }

    /// The nodes whose pause is over at `now`.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<NodeIx> {
        self.timers.range(..=(now, NodeIx(u32::MAX))).map(|(_, ix)| *ix).collect()
    }

    /// When the next pause is over.
    pub(crate) fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    pub(crate) fn has_live(&self) -> bool {
        !self.live.is_empty()
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The one door for changing a node: keeps every index true.
    pub(crate) fn set(&mut self, plan: &Plan, ix: NodeIx, next: NodeState) {
        let before = std::mem::replace(&mut self.nodes[ix.0 as usize], next);
        self.unindex(plan, ix, &before);
        self.index(plan, ix);
        if !before.is_success() && self.node(ix).is_success() {
            self.unblock(plan, ix);
        }
    }

    fn unindex(&mut self, plan: &Plan, ix: NodeIx, before: &NodeState) {
        self.ready.remove(&ix);
        if before.is_live() {
            self.live.remove(&ix);
            self.slots -= usize::from(holds_slot(plan, ix));
        }
        if let NodeState::BackingOff { until, .. } = before {
            self.timers.remove(&(*until, ix));
        }
    }

    fn index(&mut self, plan: &Plan, ix: NodeIx) {
        let node = &self.nodes[ix.0 as usize];
        if node.is_live() {
            self.live.insert(ix);
            self.slots += usize::from(holds_slot(plan, ix));
        }
        if let NodeState::BackingOff { until, .. } = node {
            self.timers.insert((*until, ix));
        }
        if *node == NodeState::Waiting && self.blockers[ix.0 as usize] == 0 {
            self.ready.insert(ix);
        }
    }

    fn unblock(&mut self, plan: &Plan, done: NodeIx) {
        for to in plan.node(done).downstream() {
            let left = &mut self.blockers[to.0 as usize];
            *left -= 1;
            if *left == 0 && self.nodes[to.0 as usize] == NodeState::Waiting {
                self.ready.insert(*to);
            }
        }
    }
}

fn holds_slot(plan: &Plan, ix: NodeIx) -> bool {
    matches!(plan.node(ix).kind, NodeKind::Task(_))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
