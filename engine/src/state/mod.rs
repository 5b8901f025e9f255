//! The mutable side of a run.
//!
//! What must survive a crash is [`RunPhase`] and the [`NodeState`]s; everything else here is an index
//! over them, kept so that a decision costs what it touches, and rebuilt by [`RunState::restore`].

mod items;
mod news;
mod node;
mod run;
mod stage;

pub use items::{Block, BlockIx};
pub use node::{Active, NodeState, Progress};
pub use run::RunPhase;

use std::collections::BTreeSet;

use crate::event::ItemNews;
use crate::parts::{At, Parts};
use crate::{Failure, NodeIx, Plan, Timestamp};

use items::Items;
pub(crate) use items::Tally;
pub(crate) use news::News;
pub(crate) use stage::Stage;

/// Where a run stands.
#[derive(Clone, Debug)]
pub struct RunState {
    phase: RunPhase,
    nodes: Parts<Cell, Items>,
    /// Nodes that may start: those that wait, and those whose pause is over. Those that need a slot come
    /// last. Of an array's items only the next one is here.
    ready: BTreeSet<(bool, NodeIx)>,
    /// Nodes that are under way: active or backing off.
    live: BTreeSet<NodeIx>,
    /// The nodes of the run's own workflow.
    top: Inside,
    /// How many attempts hold a slot of max parallelism.
    slots: usize,
    /// When the nodes that back off or sleep go on, and those that run have run for long enough.
    timers: BTreeSet<(Timestamp, NodeIx)>,
}

/// What is kept of each node that is no item of an array.
#[derive(Clone, Debug)]
struct Cell {
    state: NodeState,
    /// Upstream nodes that have not succeeded.
    blockers: u32,
    inside: Inside,
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
        RunState::restore(plan, RunPhase::Ready, [], [])
    }

    /// A run as it was persisted; nodes and items that are not named have not begun. The plan has grown
    /// to what it was.
    pub fn restore(
        plan: &Plan,
        phase: RunPhase,
        nodes: impl IntoIterator<Item = (NodeIx, NodeState)>,
        blocks: impl IntoIterator<Item = (BlockIx, Block)>,
    ) -> RunState {
        let mut state = RunState {
            phase,
            nodes: Parts::new(),
            ready: BTreeSet::new(),
            live: BTreeSet::new(),
            top: Inside::default(),
            slots: 0,
            timers: BTreeSet::new(),
        };
        state.extend(plan);
        state.admit_children(plan, None);
        for (ix, node) in nodes {
            state.set(plan, ix, node);
        }
        for (ix, block) in blocks {
            if let Some(items) = state.items_mut(plan, ix.array) {
                items.news.restored = true;
            }
            for (item, node) in block.items(plan, ix) {
                state.set(plan, item, node);
            }
        }
        state
    }

    /// Makes room for what a plan has that the state has not. It has not begun.
    fn extend(&mut self, plan: &Plan) {
        while (self.nodes.len() as usize) < plan.len() {
            let ix = NodeIx(self.nodes.len());
            match (plan.item(ix), plan.node(ix).parent) {
                (Some(_), Some(array)) => {
                    let size = plan.size(array);
                    self.nodes.push_items(size, Items::new(size));
                }
                _ => {
                    let blockers = u32::try_from(plan.node(ix).upstream().len()).unwrap_or(u32::MAX);
                    self.nodes.push(Cell { state: NodeState::Waiting, blockers, inside: Inside::default() });
                }
            }
        }
    }

    /// Takes note of what a node has inside since now; `held` says whether it held a slot before, which it
    /// leaves to others.
    pub(crate) fn grow(&mut self, plan: &Plan, ix: NodeIx, held: bool) {
        self.extend(plan);
        self.slots -= usize::from(held);
        self.admit_children(plan, Some(ix));
    }

    /// The run's phase.
    pub fn phase(&self) -> &RunPhase {
        &self.phase
    }

    /// A node's state.
    pub fn node(&self, ix: NodeIx) -> &NodeState {
        match self.nodes.at(ix.0) {
            At::Each(cell) => &cell.state,
            At::Item(items, item) => items.get(item),
        }
    }

    /// The nodes that are under way; what is inside a node comes after it.
    pub fn live(&self) -> impl DoubleEndedIterator<Item = NodeIx> + '_ {
        self.live.iter().copied()
    }

    /// The nodes that only lack a slot.
    pub fn ready(&self) -> impl Iterator<Item = NodeIx> + '_ {
        self.ready.iter().map(|(_, ix)| *ix)
    }

    /// Whether a node only lacks a slot.
    pub(crate) fn is_ready(&self, plan: &Plan, ix: NodeIx) -> bool {
        self.ready.contains(&(plan.takes_slot(ix), ix))
    }

    /// How many attempts hold a slot.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The block of items that a node is in, if it is an item: what to persist when it has changed.
    pub fn block(&self, plan: &Plan, ix: NodeIx) -> Option<(BlockIx, Block)> {
        let array = plan.node(ix).parent?;
        let At::Item(items, item) = self.nodes.at(ix.0) else { return None };
        let number = Block::number(item);
        Some((BlockIx { array, number }, items.block(number)))
    }

    /// How an array's items stand, once it has some.
    pub(crate) fn tally(&self, plan: &Plan, array: NodeIx) -> Tally {
        let first = plan.children(Some(array)).next();
        match first.map(|first| self.nodes.at(first.0)) {
            Some(At::Item(items, _)) => items.tally(),
            _ => Tally::default(),
        }
    }

    /// What is not told yet of an array's items.
    pub(crate) fn news(&mut self, plan: &Plan, array: NodeIx) -> Option<&mut News> {
        self.items_mut(plan, array).map(|items| &mut items.news)
    }

    /// All that there is to tell of an array's items before it ends.
    pub(crate) fn last_news(&mut self, plan: &Plan, array: NodeIx) -> Vec<ItemNews> {
        self.items_mut(plan, array).map(Items::last_news).unwrap_or_default()
    }

    fn items_mut(&mut self, plan: &Plan, array: NodeIx) -> Option<&mut Items> {
        let first = plan.children(Some(array)).next()?;
        match self.nodes.at_mut(first.0) {
            At::Item(items, _) => Some(items),
            At::Each(_) => None,
        }
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
        let before = self.stage(plan, None);
        self.phase = phase;
        if self.stage(plan, None) != before {
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

    /// When the next pause is over, or the run has taken as long as it may.
    pub(crate) fn next_timer(&self, plan: &Plan) -> Option<Timestamp> {
        let is_going = matches!(self.phase, RunPhase::Running | RunPhase::Draining(_));
        let deadline = plan.deadline().filter(|_| is_going).map(|deadline| deadline.at);
        self.timers.first().map(|(at, _)| *at).into_iter().chain(deadline).min()
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

    /// Whether a node's attempt holds a slot. One that backs off leaves it to others, and so does a task
    /// whose workflow runs.
    pub(crate) fn holds_slot(&self, plan: &Plan, ix: NodeIx) -> bool {
        holds_slot(plan, ix, self.node(ix))
    }

    fn counts(&self, owner: Option<NodeIx>) -> Inside {
        match owner.map(|ix| self.nodes.at(ix.0)) {
            None => self.top,
            Some(At::Each(cell)) => cell.inside,
            Some(At::Item(..)) => Inside::default(),
        }
    }

    /// Nothing is inside of an item.
    fn count(&mut self, owner: Option<NodeIx>, change: impl FnOnce(&mut Inside)) {
        match owner.map(|ix| self.nodes.at_mut(ix.0)) {
            None => change(&mut self.top),
            Some(At::Each(cell)) => change(&mut cell.inside),
            Some(At::Item(..)) => {}
        }
    }

    /// The one door for changing a node: keeps every index true.
    pub(crate) fn set(&mut self, plan: &Plan, ix: NodeIx, next: NodeState) {
        let stage = self.stage(plan, Some(ix));
        let before = match self.nodes.at_mut(ix.0) {
            At::Each(cell) => std::mem::replace(&mut cell.state, next),
            At::Item(items, item) => items.set(item, next),
        };
        self.unindex(plan, ix, &before);
        self.index(plan, ix);
        if !before.is_success() && self.node(ix).is_success() {
            self.unblock(plan, ix);
        }
        if self.stage(plan, Some(ix)) != stage {
            self.admit_children(plan, Some(ix));
        }
    }

    fn unindex(&mut self, plan: &Plan, ix: NodeIx, before: &NodeState) {
        if before.is_live() {
            self.live.remove(&ix);
            self.count(plan.node(ix).parent, |inside| inside.live -= 1);
        }
        self.slots -= usize::from(holds_slot(plan, ix, before));
        if let Some(at) = before.timer() {
            self.timers.remove(&(at, ix));
        }
        self.take_back(plan, ix);
    }

    fn index(&mut self, plan: &Plan, ix: NodeIx) {
        if let Some(at) = self.node(ix).timer() {
            self.timers.insert((at, ix));
        }
        if self.node(ix).is_live() {
            self.live.insert(ix);
            self.count(plan.node(ix).parent, |inside| inside.live += 1);
        }
        self.slots += usize::from(self.holds_slot(plan, ix));
        self.admit(plan, ix);
    }

    fn unblock(&mut self, plan: &Plan, done: NodeIx) {
        for to in plan.node(done).downstream() {
            if let At::Each(cell) = self.nodes.at_mut(to.0) {
                cell.blockers -= 1;
            }
            self.admit(plan, *to);
        }
    }

    /// Makes every node directly inside ready that is, and no other.
    fn admit_children(&mut self, plan: &Plan, owner: Option<NodeIx>) {
        match owner.filter(|ix| plan.array_of(*ix).is_some()) {
            Some(array) => self.admit_item(plan, array),
            None => plan.children(owner).for_each(|child| self.admit(plan, child)),
        }
    }

    /// Makes the node ready if it is, and not if it is not.
    fn admit(&mut self, plan: &Plan, ix: NodeIx) {
        let owner = plan.node(ix).parent;
        let At::Each(cell) = self.nodes.at(ix.0) else {
            return owner.into_iter().for_each(|array| self.admit_item(plan, array));
        };
        let waits = cell.state == NodeState::Waiting && cell.blockers == 0;
        if waits && self.stage(plan, owner).admits(plan.is_failure_node(ix)) {
            self.offer(plan, ix);
        } else {
            self.take_back(plan, ix);
        }
    }

    /// Makes the next item of an array ready if it is, and no other that waits.
    fn admit_item(&mut self, plan: &Plan, ix: NodeIx) {
        let (Some(array), Some(first)) = (plan.array_of(ix), plan.children(Some(ix)).next()) else { return };
        let At::Item(items, _) = self.nodes.at_mut(first.0) else { return };
        let Some(next) = items.next_waiting() else { return };
        let next = NodeIx(first.0 + next);
        let is_open = self.stage(plan, Some(ix)) == Stage::Open;
        if is_open && (self.counts(Some(ix)).live as usize) < plan.items_at_once(array) {
            self.offer(plan, next);
        } else {
            self.take_back(plan, next);
        }
    }

    fn offer(&mut self, plan: &Plan, ix: NodeIx) {
        if self.ready.insert((plan.takes_slot(ix), ix)) {
            self.count(plan.node(ix).parent, |inside| inside.ready += 1);
        }
    }

    fn take_back(&mut self, plan: &Plan, ix: NodeIx) {
        if self.ready.remove(&(plan.takes_slot(ix), ix)) {
            self.count(plan.node(ix).parent, |inside| inside.ready -= 1);
        }
    }

    /// The pause of a node that backs off is over: it may start as soon as there is a slot.
    pub(crate) fn ripen(&mut self, plan: &Plan, ix: NodeIx) {
        if let Some(at) = self.node(ix).timer() {
            self.timers.remove(&(at, ix));
        }
        self.offer(plan, ix);
    }

    /// How many nodes directly inside a node are under way.
    pub(crate) fn live_inside(&self, owner: NodeIx) -> u32 {
        self.counts(Some(owner)).live
    }

    /// Whether a node, or the run itself for `None`, is on its way to another end than success, with no
    /// child of it starting any more.
    pub(crate) fn is_ending(&self, owner: Option<NodeIx>) -> bool {
        match owner {
            None => matches!(self.phase, RunPhase::Failing(_) | RunPhase::Aborting(_)),
            Some(ix) => matches!(
                self.node(ix).progress(),
                Some(Progress::Failing(_) | Progress::TimingOut | Progress::Ending { .. })
            ),
        }
    }

    /// What the nodes directly inside a node, or those of the run's own workflow, may do.
    pub(crate) fn stage(&self, plan: &Plan, owner: Option<NodeIx>) -> Stage {
        match owner {
            None => Stage::of_run(&self.phase),
            Some(ix) if plan.is_parent(ix, self.node(ix).attempt()) => Stage::of_node(self.node(ix)),
            Some(_) => Stage::Closed,
        }
    }
}

/// A node that waits for another's work leaves its slot to that one.
fn holds_slot(plan: &Plan, ix: NodeIx, node: &NodeState) -> bool {
    let waits = |progress: &Progress| {
        matches!(progress, Progress::AwaitingReservation { .. } | Progress::Ending { reported: false })
    };
    let works = node.progress().is_some_and(|progress| !waits(progress));
    works && plan.takes_slot(ix) && !plan.is_parent(ix, node.attempt())
}
