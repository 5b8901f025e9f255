//! The mutable side of a run.
//!
//! What must survive a crash is [`RunPhase`] and the [`NodeState`]s; everything else here is an index
//! over them, kept so that a decision costs what it touches, and rebuilt by [`RunState::restore`].

mod node;
mod run;
mod stage;

pub use node::{Active, NodeState, Progress};
pub use run::RunPhase;

use std::collections::BTreeSet;

use crate::{Failure, NodeIx, NodeKind, Plan, Timestamp};

use stage::Stage;

/// Where a run stands.
#[derive(Clone, Debug)]
pub struct RunState {
    phase: RunPhase,
    nodes: Vec<NodeState>,
    /// Upstream nodes that have not succeeded, by node.
    blockers: Vec<u32>,
    /// Waiting nodes that may start; those that need a slot come last.
    ready: BTreeSet<(bool, NodeIx)>,
    /// Nodes that are under way: active or backing off.
    live: BTreeSet<NodeIx>,
    /// The nodes directly inside, by node.
    inside: Vec<Inside>,
    /// The nodes of the run's own workflow.
    top: Inside,
    /// How many of the live are task nodes; these hold the slots of max parallelism.
    slots: usize,
    /// When the nodes that back off or sleep go on, and those that run have run for long enough.
    timers: BTreeSet<(Timestamp, NodeIx)>,
}

/// How many of the nodes directly inside a node, or of the run's own, have something to do.
#[derive(Clone, Copy, Debug, Default)]
struct Inside {
    live: u32,
    ready: u32,
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
            inside: vec![Inside::default(); plan.len()],
            top: Inside::default(),
            slots: 0,
            timers: BTreeSet::new(),
        };
        state.admit_children(plan, None);
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

    /// The nodes that are under way; what is inside a node comes after it.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = NodeIx> + '_ {
        self.live.iter().copied()
    }

    /// The nodes that only lack a slot.
    pub fn ready(&self) -> impl Iterator<Item = NodeIx> + '_ {
        self.ready.iter().map(|(_, ix)| *ix)
    }

    /// How many task nodes hold a slot.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The failure that a node with children, or the run itself for `None`, is dealing with.
    pub fn failure(&self, owner: Option<NodeIx>) -> Option<&Failure> {
        match owner {
            None => match &self.phase {
                RunPhase::Draining(failure)
                | RunPhase::Failing(failure)
                | RunPhase::HandlingFailure(failure)
                | RunPhase::Failed(failure) => Some(failure),
                _ => None,
            },
            Some(ix) => match self.node(ix).progress() {
                Some(
                    Progress::Draining(failure)
                    | Progress::Failing(failure)
                    | Progress::HandlingFailure(failure),
                ) => Some(failure),
                _ => None,
            },
        }
    }

    pub(crate) fn set_phase(&mut self, plan: &Plan, phase: RunPhase) {
        let before = self.stage(None);
        self.phase = phase;
        if self.stage(None) != before {
            self.admit_children(plan, None);
        }
    }

    /// The first ready node that may start now.
    pub(crate) fn next_ready(&self, plan: &Plan) -> Option<NodeIx> {
        let (needs_slot, first) = self.ready.first().copied()?;
        (self.slots < plan.parallelism() || !needs_slot).then_some(first)
    }

    /// The nodes whose pause is over at `now`.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<NodeIx> {
        self.timers.range(..=(now, NodeIx(u32::MAX))).map(|(_, ix)| *ix).collect()
    }

    /// When the next pause is over.
    pub(crate) fn next_timer(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Whether a node inside is under way.
    pub(crate) fn has_live(&self, owner: Option<NodeIx>) -> bool {
        self.counts(owner).live > 0
    }

    /// Whether no node inside is under way or could be.
    pub(crate) fn is_quiet(&self, owner: Option<NodeIx>) -> bool {
        let counts = self.counts(owner);
        counts.live == 0 && counts.ready == 0
    }

    fn counts(&self, owner: Option<NodeIx>) -> Inside {
        owner.map_or(self.top, |ix| self.inside[ix.0 as usize])
    }

    fn counts_mut(&mut self, owner: Option<NodeIx>) -> &mut Inside {
        match owner {
            None => &mut self.top,
            Some(ix) => &mut self.inside[ix.0 as usize],
        }
    }

    /// The one door for changing a node: keeps every index true.
    pub(crate) fn set(&mut self, plan: &Plan, ix: NodeIx, next: NodeState) {
        let stage = self.stage(Some(ix));
        let before = std::mem::replace(&mut self.nodes[ix.0 as usize], next);
        self.unindex(plan, ix, &before);
        self.index(plan, ix);
        if !before.is_success() && self.node(ix).is_success() {
            self.unblock(plan, ix);
        }
        if self.stage(Some(ix)) != stage {
            self.admit_children(plan, Some(ix));
        }
    }

    fn unindex(&mut self, plan: &Plan, ix: NodeIx, before: &NodeState) {
        if before.is_live() {
            self.live.remove(&ix);
            self.counts_mut(plan.node(ix).parent).live -= 1;
            self.slots -= usize::from(holds_slot(plan, ix));
        }
        if let Some(at) = before.timer() {
            self.timers.remove(&(at, ix));
        }
    }

    fn index(&mut self, plan: &Plan, ix: NodeIx) {
        let node = &self.nodes[ix.0 as usize];
        if let Some(at) = node.timer() {
            self.timers.insert((at, ix));
        }
        if node.is_live() {
            self.live.insert(ix);
            self.counts_mut(plan.node(ix).parent).live += 1;
            self.slots += usize::from(holds_slot(plan, ix));
        }
        self.admit(plan, ix);
    }

    fn unblock(&mut self, plan: &Plan, done: NodeIx) {
        for to in plan.node(done).downstream() {
            self.blockers[to.0 as usize] -= 1;
            self.admit(plan, *to);
        }
    }

    /// Makes every node directly inside ready that is, and no other.
    fn admit_children(&mut self, plan: &Plan, owner: Option<NodeIx>) {
        for child in plan.children(owner) {
            self.admit(plan, child);
        }
    }

    /// Makes the node ready if it is, and not if it is not.
    fn admit(&mut self, plan: &Plan, ix: NodeIx) {
        let owner = plan.node(ix).parent;
        let admitted = self.nodes[ix.0 as usize] == NodeState::Waiting
            && self.blockers[ix.0 as usize] == 0
            && self.stage(owner).admits(plan.is_failure_node(ix));
        let key = (holds_slot(plan, ix), ix);
        if admitted && self.ready.insert(key) {
            self.counts_mut(owner).ready += 1;
        } else if !admitted && self.ready.remove(&key) {
            self.counts_mut(owner).ready -= 1;
        }
    }

    fn stage(&self, owner: Option<NodeIx>) -> Stage {
        match owner {
            None => Stage::of_run(&self.phase),
            Some(ix) => Stage::of_node(self.node(ix)),
        }
    }
}

fn holds_slot(plan: &Plan, ix: NodeIx) -> bool {
    matches!(plan.node(ix).kind, NodeKind::Task(_))
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
