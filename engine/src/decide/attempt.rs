//! What is seen of an attempt, as a table of (progress, seen).

use super::Round;
use super::node::shown;
use crate::event::{AttemptPhase, Event, NodePhase};
use crate::retry::Verdict;
use crate::{
    Active, AttemptSeen, Effect, Failure, Nanos, NodeIx, NodeKind, NodeState, Progress, Timestamp, Tries,
};

impl Round<'_> {
    pub(super) fn observe(&mut self, ix: NodeIx) {
        let NodeState::Active(active) = self.state.node(ix) else { return };
        let active = active.as_ref().clone();
        let seen = self.seen.attempt(ix, active.tries.attempt).cloned();
        let is_parent = self.plan.is_parent(ix, active.tries.attempt);
        match active.progress {
            Progress::Ending { reported } => self.observe_ending(ix, &active, reported, seen.as_ref()),
            Progress::TimingOut => self.observe_timing_out(ix, &active, seen.as_ref()),
            Progress::LeavingQueue { reported } => self.observe_leaving_queue(ix, &active, reported, seen),
            Progress::LookingUp | Progress::AwaitingReservation { .. } => {
                self.observe_looking_up(ix, &active, seen.as_ref());
            }
            Progress::Storing { deck } => {
                self.observe_storing(ix, active.tries.attempt, deck, seen.as_ref());
            }
            Progress::Requested | Progress::Pending => self.observe_going(ix, active, seen),
            Progress::Running if !is_parent => self.observe_going(ix, active, seen),
            _ => self.observe_inside(ix, &active, seen),
        }
    }

    /// Clocks differ in how fine they are, so an attempt is held to start no later than it ends.
    pub(super) fn observe_going(&mut self, ix: NodeIx, mut active: Active, seen: Option<AttemptSeen>) {
        match seen {
            None
            | Some(
                AttemptSeen::Cached { .. }
                | AttemptSeen::Recovered { .. }
                | AttemptSeen::NotCached { .. }
                | AttemptSeen::HeldBy { .. }
                | AttemptSeen::Stored { .. },
            ) => {
                let attempt = active.tries.attempt;
                self.decision.effects.push(Effect::Launch { node: ix, attempt });
            }
            Some(AttemptSeen::Pending) => {
                self.show_queued(ix, &mut active, self.now);
                self.keep(ix, active);
            }
            Some(AttemptSeen::Running { since }) => self.go_on(ix, active, since),
            Some(AttemptSeen::Chose { since, arm }) => self.choose(ix, active, since, arm),
            Some(AttemptSeen::Succeeded { since, at, deck }) => {
                self.show_running(ix, &mut active, since.min(at));
                self.report_attempt(ix, &active, AttemptPhase::Succeeded { deck }, at);
                self.complete(ix, &active, deck, at);
            }
            Some(AttemptSeen::Failed { since, at, failure }) => {
                if let Some(since) = since {
                    self.show_running(ix, &mut active, since.min(at));
                }
                self.report_attempt(ix, &active, AttemptPhase::Failed(failure.clone()), at);
                self.try_again_or_fail(ix, &active, failure);
            }
            // The round began with that.
            Some(AttemptSeen::Grew { .. }) => {}
            Some(AttemptSeen::Lost { at }) => self.replace_lost(ix, &active, at),
            Some(AttemptSeen::Gone) => {
                self.replace_lost(ix, &active, self.now);
            }
        }
    }

    /// It runs, or its children may.
    pub(super) fn go_on(&mut self, ix: NodeIx, mut active: Active, since: Timestamp) {
        self.show_running(ix, &mut active, since);
        if let NodeKind::Sleep(Nanos(nanos)) = self.plan.node(ix).kind {
            active.progress = Progress::Sleeping { until: since.plus_nanos(nanos) };
        }
        self.keep(ix, active);
    }

    pub(super) fn try_again_or_fail(&mut self, ix: NodeIx, active: &Active, failure: Failure) {
        let verdict = active.tries.after_failure(failure, self.plan.node(ix).max_attempts, self.now);
        match verdict {
            Verdict::Again { tries, after } if after <= self.now => {
                self.run_now_or_soon(ix, tries, active.announced);
            }
            Verdict::Again { tries, after } => {
                self.set(ix, NodeState::BackingOff { tries, announced: active.announced, until: after });
            }
            Verdict::Final(failure) => self.fail(ix, active.tries.attempt, failure),
        }
    }

    /// Asks for an attempt, at once if the node has a slot for it.
    pub(super) fn run_now_or_soon(&mut self, ix: NodeIx, tries: Tries, announced: bool) {
        if self.has_slot(ix) {
            self.request(ix, tries, announced);
        } else {
            self.set(ix, NodeState::BackingOff { tries, announced, until: self.now });
        }
    }

    /// Whether the next attempt may begin in the slot of the last one.
    fn has_slot(&self, ix: NodeIx) -> bool {
        !self.plan.takes_slot(ix) || self.state.holds_slot(self.plan, ix)
    }

    fn replace_lost(&mut self, ix: NodeIx, active: &Active, at: Timestamp) {
        if active.progress != Progress::Requested {
            let message = "the attempt was lost when its driver stopped; it is made again at no cost";
            let failure = Failure::system("Interrupted", message);
            self.report_attempt(ix, active, AttemptPhase::Failed(failure), at);
        }
        self.request(ix, active.tries.after_loss(), active.announced);
    }

    fn show_queued(&mut self, ix: NodeIx, active: &mut Active, at: Timestamp) {
        if active.progress == Progress::Requested {
            self.report_attempt(ix, active, AttemptPhase::Queued, at);
            active.progress = Progress::Pending;
        }
    }

    pub(super) fn show_running(&mut self, ix: NodeIx, active: &mut Active, since: Timestamp) {
        // It may have begun before anyone looked.
        self.show_queued(ix, active, since.min(self.now));
        if active.progress == Progress::Running {
            return;
        }
        self.report_attempt(ix, active, AttemptPhase::Running, since);
        active.progress = Progress::Running;
        active.deadline = self.plan.node(ix).timeout.map(|Nanos(nanos)| since.plus_nanos(nanos));
        if !active.announced && shown(self.plan, ix).running {
            self.report_node(ix, NodePhase::Running, active.tries.attempt, since);
        }
        active.announced = true;
    }

    pub(super) fn keep(&mut self, ix: NodeIx, active: Active) {
        let next = NodeState::Active(Box::new(active));
        if *self.state.node(ix) != next {
            self.set(ix, next);
        }
    }

    pub(super) fn report_attempt(
        &mut self,
        node: NodeIx,
        active: &Active,
        phase: AttemptPhase,
        at: Timestamp,
    ) {
        let attempt = active.tries.attempt;
        match (shown(self.plan, node).attempts, self.plan.item(node), self.plan.node(node).parent) {
            (false, ..) => {}
            (true, Some(item), Some(array)) => self.report_item(array, item, attempt, &phase),
            _ => {
                if !matches!(phase, AttemptPhase::Queued | AttemptPhase::Running) {
                    self.tell_all_items(node);
                }
                let interruptible = self.plan.is_interruptible(node, active.tries);
                self.decision.events.push(Event::Attempt { node, attempt, phase, interruptible, at });
            }
        }
    }
}
