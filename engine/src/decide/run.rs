//! The run's own transitions.

use super::Round;
use crate::event::{Event, RunEventPhase};
use crate::{Failure, FailurePolicy, RunPhase};

impl Round<'_> {
    pub(super) fn begin(&mut self) {
        if *self.state.phase() == RunPhase::Ready {
            self.enter(RunPhase::Running);
            self.report_run(RunEventPhase::Running);
        }
    }

    pub(super) fn heed_abort(&mut self) {
        let Some(cause) = &self.seen.abort else { return };
        if !matches!(self.state.phase(), RunPhase::Aborting(_)) {
            self.enter(RunPhase::Aborting(cause.clone()));
            self.end_inside(None);
        }
    }

    /// What a failed node of the run's own workflow means for the run.
    pub(super) fn fail_run(&mut self, failure: Failure) {
        match (self.state.phase(), self.plan.own().failure_policy) {
            (RunPhase::Running, FailurePolicy::FailImmediately) => {
                self.report_run(RunEventPhase::Failing(failure.clone()));
                self.enter(RunPhase::Failing(failure));
                self.end_inside(None);
            }
            (RunPhase::Running | RunPhase::Draining(_), FailurePolicy::FailAfterExecutableNodesComplete) => {
                self.enter(RunPhase::Draining(failure));
            }
            _ => {}
        }
    }

    /// What follows for the run from where its nodes stand.
    pub(super) fn settle_run(&mut self) {
        if self.plan.own().end.is_some_and(|end| self.state.node(end).is_success()) {
            self.report_run(RunEventPhase::Succeeding);
            self.enter(RunPhase::Succeeded);
            self.report_run(RunEventPhase::Succeeded);
            return;
        }
        if let RunPhase::Draining(failure) = self.state.phase().clone()
            && self.state.is_quiet(None)
        {
            self.report_run(RunEventPhase::Failing(failure.clone()));
            self.enter(RunPhase::Failing(failure));
        }
        if !self.state.has_live(None) {
            self.finish();
        }
    }

    fn finish(&mut self) {
        match self.state.phase().clone() {
            RunPhase::Failing(failure) if self.plan.own().failure_node.is_some() => {
                self.enter(RunPhase::HandlingFailure(failure));
                self.finish();
            }
            RunPhase::Failing(failure) => self.fail_for_good(failure),
            RunPhase::HandlingFailure(failure) if self.state.is_quiet(None) => self.fail_for_good(failure),
            RunPhase::Aborting(cause) => {
                self.enter(RunPhase::Aborted(cause.clone()));
                self.report_run(RunEventPhase::Aborted(cause));
            }
            _ => {}
        }
    }

    fn fail_for_good(&mut self, failure: Failure) {
        self.enter(RunPhase::Failed(failure.clone()));
        self.report_run(RunEventPhase::Failed(failure));
    }

    pub(super) fn enter(&mut self, phase: RunPhase) {
        self.state.set_phase(self.plan, phase);
        self.decision.phase_changed = true;
    }

    pub(super) fn report_run(&mut self, phase: RunEventPhase) {
        let event = Event::Run { phase, at: self.now };
        self.decision.events.push(event);
    }
}
