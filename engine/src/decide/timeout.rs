//! The end of what takes longer than it may: an attempt that runs, an attempt that waits to be begun, the run.
//!
//! An attempt that ran too long is the user's failure, and the rules for those decide what follows. One that was
//! not begun in time is not tried again: it would wait again.

use super::Round;
use crate::event::{AttemptPhase, RunEventPhase};
use crate::{Active, AttemptSeen, Effect, ErrorKind, Failure, Nanos, NodeIx, NodeKind, Progress, RunPhase};

impl Round<'_> {
    /// A run that has taken as long as it may fails; its failure node has time of its own.
    pub(super) fn heed_deadline(&mut self) {
        let Some(deadline) = self.plan.deadline().filter(|deadline| deadline.at <= self.now) else { return };
        let failure = match self.state.phase() {
            RunPhase::Running => {
                let message = format!("execution timeout [{}] expired", deadline.after);
                Failure { kind: ErrorKind::User, ..Failure::permanent("TimeoutExpired", message) }
            }
            // It fails for what failed first.
            RunPhase::Draining(failure) => failure.clone(),
            _ => return,
        };
        self.report_run(RunEventPhase::Failing(failure.clone()));
        self.enter(RunPhase::Failing(failure));
        self.end_inside(None);
    }

    /// The driver has not begun the attempt in time.
    pub(super) fn leave_queue(&mut self, ix: NodeIx, active: &Active) {
        let reported = active.progress == Progress::Pending;
        self.advance(ix, active, Progress::LeavingQueue { reported });
        self.decision.effects.push(Effect::Kill { node: ix, attempt: active.tries.attempt });
    }

    pub(super) fn time_out(&mut self, ix: NodeIx, active: &Active) {
        self.advance(ix, active, Progress::TimingOut);
        if self.plan.is_parent(ix, active.tries.attempt) {
            self.end_inside(Some(ix));
            self.unsettled.insert(ix);
        } else {
            self.decision.effects.push(Effect::Kill { node: ix, attempt: active.tries.attempt });
        }
    }

    /// The nodes that the attempt has inside are ended.
    pub(super) fn timed_out_inside(&mut self, ix: NodeIx, active: &Active) {
        let failure = self.expiry(ix);
        match self.plan.node(ix).kind {
            NodeKind::Task(_) => self.try_again_or_fail(ix, active, failure),
            // What is inside of these is there once.
            _ => self.after_children(ix, active, Failure { recoverable: false, ..failure }),
        }
    }

    /// The failure that it is to have run too long.
    fn expiry(&self, ix: NodeIx) -> Failure {
        let timeout = self.plan.node(ix).timeout.unwrap_or(Nanos(0));
        let message = format!("task execution timeout [{timeout}] expired");
        Failure { kind: ErrorKind::User, ..Failure::system("TimeoutExpired", message) }
    }

    /// One that has ended of itself before it could be taken back counts as if there was no limit.
    pub(super) fn observe_leaving_queue(
        &mut self,
        ix: NodeIx,
        active: &Active,
        reported: bool,
        seen: Option<AttemptSeen>,
    ) {
        let attempt = active.tries.attempt;
        match seen {
            Some(AttemptSeen::Succeeded { .. } | AttemptSeen::Failed { .. }) => {
                let progress = if reported { Progress::Pending } else { Progress::Requested };
                self.observe_going(ix, Active { progress, ..active.clone() }, seen);
            }
            Some(AttemptSeen::Lost { .. } | AttemptSeen::Gone) => {
                let budget = self.plan.queueing_budget(ix).unwrap_or(Nanos(0));
                let message = format!("the attempt was not begun within its queueing budget [{budget}]");
                let failure = Failure::permanent("QueueingBudgetExpired", message);
                let failure = Failure { kind: ErrorKind::User, ..failure };
                if reported {
                    self.report_attempt(ix, active, AttemptPhase::Failed(failure.clone()), self.now);
                }
                self.fail(ix, attempt, failure);
            }
            _ => self.decision.effects.push(Effect::Kill { node: ix, attempt }),
        }
    }

    /// One that ends well while it is being ended has left its outputs all the same.
    pub(super) fn observe_timing_out(&mut self, ix: NodeIx, active: &Active, seen: Option<&AttemptSeen>) {
        let attempt = active.tries.attempt;
        // Those inside are being ended, and it ends with the last of them.
        if self.plan.is_parent(ix, attempt) {
            return;
        }
        match seen {
            Some(AttemptSeen::Succeeded { at, deck, .. }) => {
                self.report_attempt(ix, active, AttemptPhase::Succeeded { deck: *deck }, *at);
                self.complete(ix, active, *deck, *at);
            }
            Some(AttemptSeen::Failed { .. } | AttemptSeen::Lost { .. } | AttemptSeen::Gone) => {
                let failure = self.expiry(ix);
                self.report_attempt(ix, active, AttemptPhase::Failed(failure.clone()), self.now);
                self.try_again_or_fail(ix, active, failure);
            }
            _ => self.decision.effects.push(Effect::Kill { node: ix, attempt }),
        }
    }
}
