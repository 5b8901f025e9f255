//! One round: what is seen becomes the next state, effects and events.

mod array;
mod attempt;
mod cache;
mod ending;
mod growth;
mod node;
mod parent;
mod run;
mod timeout;
mod workflow;

use std::collections::BTreeSet;

use crate::event::Event;
use crate::plan::Growth;
use crate::{Effect, NodeIx, NodeState, Observations, Plan, RunState, Timestamp};

pub use parent::outputs_from;

/// Where the world may have changed since the last round.
#[derive(Clone, Copy, Debug)]
pub enum Look<'a> {
    /// Anywhere: at the start, after a restart, and now and then as a net.
    Everything,
    /// At these nodes only. It is a hint for speed: what is true is in the observations.
    At(&'a [NodeIx]),
}

/// What a round decided. The state was changed in place.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// To carry out, once the state is safe.
    pub effects: Vec<Effect>,
    /// To report, in this order.
    pub events: Vec<Event>,
    /// The nodes whose state changed: the rows to write.
    pub touched: Vec<NodeIx>,
    /// How the plan grew, in order: to write down with the rows, as they may be of what is new in it.
    pub grown: Vec<Growth>,
    /// Whether the run's phase changed.
    pub phase_changed: bool,
    /// When to decide again if nothing happens before.
    pub wake_at: Option<Timestamp>,
}

/// Decides what follows from what is seen. Total: there is no input for which it fails.
///
/// Costs what it touches: the nodes looked at, the nodes that become ready, and on the way to an end
/// the nodes under way. The plan grows when a node is seen to have something inside that was not known.
pub fn decide(
    plan: &mut Plan,
    state: &mut RunState,
    seen: &Observations,
    look: Look<'_>,
    now: Timestamp,
) -> Decision {
    if state.phase().is_terminal() {
        return Decision::default();
    }
    let grown = growth::grow(plan, state, seen, look);
    let (decision, unsettled, news) = (Decision::default(), BTreeSet::new(), BTreeSet::new());
    let mut round = Round { plan, state, seen, now, decision, unsettled, news };
    round.begin();
    round.take_growths(grown);
    round.heed_abort();
    round.heed_deadline();
    round.look(look);
    round.resume_due();
    round.settle_parents();
    round.settle_run();
    round.start_ready();
    round.tell_items(look);
    let mut decision = round.decision;
    decision.touched.sort_unstable();
    decision.touched.dedup();
    decision.wake_at = state.next_timer(plan);
    decision
}

struct Round<'a> {
    plan: &'a Plan,
    state: &'a mut RunState,
    seen: &'a Observations,
    now: Timestamp,
    decision: Decision,
    /// Nodes with children of which one has ended.
    unsettled: BTreeSet<NodeIx>,
    /// Arrays of whose items there are news.
    news: BTreeSet<NodeIx>,
}

impl Round<'_> {
    fn look(&mut self, look: Look<'_>) {
        let live: Vec<NodeIx> = match look {
            Look::Everything => self.state.live().collect(),
            Look::At(nodes) => nodes.to_vec(),
        };
        for ix in live {
            self.observe(ix);
        }
    }

    fn start_ready(&mut self) {
        while let Some(ix) = self.state.next_ready(self.plan) {
            match self.state.node(ix) {
                NodeState::BackingOff { tries, announced, .. } => self.request(ix, *tries, *announced),
                _ => self.start(ix),
            }
        }
    }

    /// Takes note of what follows from ended children, innermost first: what is inside of a node always
    /// comes after it.
    fn settle_parents(&mut self) {
        while let Some(ix) = self.unsettled.pop_last() {
            self.settle(ix);
        }
    }

    fn set(&mut self, ix: NodeIx, node: NodeState) {
        let ended = node.is_terminal();
        self.state.set(self.plan, ix, node);
        self.decision.touched.push(ix);
        if let (true, Some(parent)) = (ended, self.plan.node(ix).parent) {
            self.unsettled.insert(parent);
        }
    }
}
