//! The end of an attempt that runs longer than it may. It counts as the user's failure, and the rules for
//! those decide what follows.

use super::Round;
use crate::event::AttemptPhase;
use crate::{Active, AttemptSeen, Effect, ErrorKind, Failure, Nanos, NodeIx, Progress};

impl Round<'_> {
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
        let failure = expired(self.plan.node(ix).timeout.unwrap_or(Nanos(0)));
        self.try_again_or_fail(ix, active, failure);
    }

    /// One that ends well while it is being ended has left its outputs all the same.
    pub(super) fn observe_timing_out(&mut self, ix: NodeIx, active: &Active, seen: Option<&AttemptSeen>) {
        let attempt = active.tries.attempt;
        if self.made_workflow(ix, attempt) {
            return;
        }
        match seen {
            Some(AttemptSeen::Succeeded { at, deck, .. }) => {
                self.report_attempt(ix, active, AttemptPhase::Succeeded { deck: *deck }, *at);
                self.complete(ix, active, *deck, *at);
            }
            Some(AttemptSeen::Failed { .. } | AttemptSeen::Lost { .. } | AttemptSeen::Gone) => {
                let failure = expired(self.plan.node(ix).timeout.unwrap_or(Nanos(0)));
                self.report_attempt(ix, active, AttemptPhase::Failed(failure.clone()), self.now);
                self.try_again_or_fail(ix, active, failure);
            }
            _ => self.decision.effects.push(Effect::Kill { node: ix, attempt }),
        }
    }
}

fn expired(timeout: Nanos) -> Failure {
    let message = format!("task execution timeout [{timeout}] expired");
    Failure { kind: ErrorKind::User, ..Failure::system("TimeoutExpired", message) }
}
