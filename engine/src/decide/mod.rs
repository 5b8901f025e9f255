//! One round: what is seen becomes the next state, effects and events.

mod attempt;
mod ending;
mod node;

use aileron_compiler::END_NODE;

use crate::event::{Event, RunEventPhase};
use crate::{Effect, NodeIx, NodeState, Observations, Plan, RunPhase, RunState, Timestamp};

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
    /// Whether the run's phase changed.
    pub phase_changed: bool,
    /// When to decide again if nothing happens before.
    pub wake_at: Option<Timestamp>,
}

/// Decides what follows from what is seen. Total: there is no input for which it fails.
///
/// Costs what it touches: the nodes looked at, the nodes that become ready, and on the way to an end
/// the nodes under way.
pub fn decide(
    plan: &Plan,
    state: &mut RunState,
    seen: &Observations,
    look: Look<'_>,
    now: Timestamp,
) -> Decision {
    let mut round = Round { plan, state, seen, now, decision: Decision::default() };
    if !round.state.phase().is_terminal() {
        round.begin();
        round.heed_abort();
        round.look(look);
        round.resume_due();
        round.start_ready();
        round.settle();
    }
    let mut decision = round.decision;
    decision.touched.sort_unstable();
    decision.touched.dedup();
    decision.wake_at = state.next_timer();
    decision
}

struct Round<'a> {
    plan: &'a Plan,
    state: &'a mut RunState,
    seen: &'a Observations,
    now: Timestamp,
    decision: Decision,
}

impl Round<'_> {
    fn begin(&mut self) {
        if *self.state.phase() == RunPhase::Ready {
            self.enter(RunPhase::Running);
            self.report_run(RunEventPhase::Running);
        }
    }

    fn heed_abort(&mut self) {
        let Some(cause) = &self.seen.abort else { return };
        if !matches!(self.state.phase(), RunPhase::Aborting(_)) {
            self.enter(RunPhase::Aborting(cause.clone()));
            self.end_live();
        }
    }

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
        while self.state.phase().starts_nodes() {
            let Some(ix) = self.state.next_ready(self.plan) else { return };
            self.start(ix);
        }
    }

    /// The run's own transitions, once no node changes any more in this round.
    fn settle(&mut self) {
        if self.plan.find(END_NODE).is_some_and(|end| self.state.node(end).is_success()) {
            self.report_run(RunEventPhase::Succeeding);
            self.enter(RunPhase::Succeeded);
            self.report_run(RunEventPhase::Succeeded);
            return;
        }
        if self.state.has_live() {
            return;
        }
        if let RunPhase::Draining(failure) = self.state.phase().clone()
            && !self.state.has_ready()
        {
            self.report_run(RunEventPhase::Failing(failure.clone()));
            self.enter(RunPhase::Failing(failure));
        }
        self.finish();
    }

    fn finish(&mut self) {
        match self.state.phase().clone() {
            RunPhase::Failing(failure) => {
                self.enter(RunPhase::Failed(failure.clone()));
                self.report_run(RunEventPhase::Failed(failure));
            }
            RunPhase::Aborting(cause) => {
                self.enter(RunPhase::Aborted(cause.clone()));
                self.report_run(RunEventPhase::Aborted(cause));
            }
            _ => {}
        }
    }

    fn enter(&mut self, phase: RunPhase) {
        self.state.set_phase(phase);
        self.decision.phase_changed = true;
    }

    fn set(&mut self, ix: NodeIx, node: NodeState) {
        self.state.set(self.plan, ix, node);
        self.decision.touched.push(ix);
    }

    fn report_run(&mut self, phase: RunEventPhase) {
        let event = Event::Run { phase, at: self.now };
        self.decision.events.push(event);
    }
}
