//! A node whose work is done by the nodes inside of it: what all kinds of them share.

use super::Round;
use crate::event::AttemptPhase;
use crate::{
    Active, AttemptSeen, Effect, Failure, NodeIx, NodeKind, NodeState, Plan, Progress, RunState, Timestamp,
};

/// The node whose outputs become those of a node with children: a workflow's end node, a branch's arm.
/// `None` as long as it has not succeeded, and for an array, whose items all have a part in its outputs.
pub fn outputs_from(plan: &Plan, state: &RunState, ix: NodeIx) -> Option<NodeIx> {
    let speaks = match plan.node(ix).kind {
        NodeKind::Workflow(_) | NodeKind::Task(_) => plan.inner(Some(ix)).and_then(|scope| scope.end),
        NodeKind::Branch(_) => plan.node(ix).children().find(|arm| *state.node(*arm) != NodeState::Skipped),
        _ => None,
    };
    speaks.filter(|child| state.node(*child).is_success())
}

impl Round<'_> {
    /// A branch takes one arm; the others will not run, and nobody needs to hear of them.
    pub(super) fn choose(&mut self, ix: NodeIx, active: Active, since: Timestamp, arm: u32) {
        for (place, child) in (0..).zip(self.plan.node(ix).children()) {
            if place != arm {
                self.set(child, NodeState::Skipped);
            }
        }
        self.go_on(ix, active, since);
    }

    /// What is seen of a node while its children run, or while its outputs are collected.
    pub(super) fn observe_inside(&mut self, ix: NodeIx, active: &Active, seen: Option<AttemptSeen>) {
        let attempt = active.tries.attempt;
        match (&active.progress, seen) {
            (Progress::Collecting, Some(AttemptSeen::Succeeded { at, deck, .. })) => {
                self.report_array(ix, active, AttemptPhase::Succeeded { deck }, at);
                self.complete(ix, active, deck, at);
            }
            (Progress::Collecting, Some(AttemptSeen::Failed { failure, .. })) => {
                self.report_array(ix, active, AttemptPhase::Failed(failure.clone()), self.now);
                self.fail(ix, attempt, failure);
            }
            (Progress::Collecting, Some(AttemptSeen::Pending)) => {}
            (Progress::Collecting, _) => self.decision.effects.push(Effect::Collect { node: ix, attempt }),
            _ => {}
        }
    }

    /// What follows for a node from where its children stand.
    pub(super) fn settle(&mut self, ix: NodeIx) {
        let NodeState::Active(active) = self.state.node(ix) else { return };
        let active = active.as_ref().clone();
        let attempt = active.tries.attempt;
        match active.progress.clone() {
            Progress::Running if self.is_complete(ix) => {
                self.advance(ix, &active, Progress::Collecting);
                self.decision.effects.push(Effect::Collect { node: ix, attempt });
            }
            Progress::Draining(failure) if self.state.is_quiet(Some(ix)) => {
                self.after_children(ix, &active, failure);
            }
            Progress::Failing(failure) if !self.state.has_live(Some(ix)) => {
                self.after_children(ix, &active, failure);
            }
            Progress::HandlingFailure(failure) if self.state.is_quiet(Some(ix)) => {
                self.fail(ix, attempt, failure);
            }
            Progress::TimingOut if !self.state.has_live(Some(ix)) => self.timed_out_inside(ix, &active),
            Progress::Ending { .. } if !self.state.has_live(Some(ix)) => {
                self.decision.effects.push(Effect::Kill { node: ix, attempt });
            }
            _ => {}
        }
    }

    /// The children of a failing node are done: its failure node comes next, if it has one.
    pub(super) fn after_children(&mut self, ix: NodeIx, active: &Active, failure: Failure) {
        let scope = self.plan.inner(Some(ix));
        if scope.is_some_and(|scope| scope.failure_node.is_some()) {
            self.advance(ix, active, Progress::HandlingFailure(failure));
            self.unsettled.insert(ix);
        } else {
            self.report_array(ix, active, AttemptPhase::Failed(failure.clone()), self.now);
            self.fail(ix, active.tries.attempt, failure);
        }
    }

    /// Whether what is inside has done all that the node needs of it.
    fn is_complete(&self, ix: NodeIx) -> bool {
        match self.plan.node(ix).kind {
            NodeKind::Array(_) => self.is_done(ix),
            _ => outputs_from(self.plan, self.state, ix).is_some(),
        }
    }

    /// The attempt of an array ends with the node; those of tasks ended before, and others have none.
    fn report_array(&mut self, ix: NodeIx, active: &Active, phase: AttemptPhase, at: Timestamp) {
        if matches!(self.plan.node(ix).kind, NodeKind::Array(_)) {
            self.report_attempt(ix, active, phase, at);
        }
    }

    pub(super) fn advance(&mut self, ix: NodeIx, active: &Active, progress: Progress) {
        self.set(ix, NodeState::Active(Box::new(Active { progress, ..active.clone() })));
    }
}
