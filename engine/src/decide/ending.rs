//! How a run ends its nodes: nothing new starts, what lives is ended, each is told why.

use super::Round;
use crate::event::{AttemptPhase, NodePhase};
use crate::{Active, AttemptSeen, Effect, NodeIx, NodeKind, NodeState, Progress, RunPhase};

impl Round<'_> {
    /// Ends every node that is under way inside a node, at any depth, or in the whole run: innermost
    /// first, as what is inside of a node comes after it.
    pub(super) fn end_inside(&mut self, owner: Option<NodeIx>) {
        let live: Vec<NodeIx> = self.state.live().rev().filter(|ix| self.is_inside(*ix, owner)).collect();
        for ix in live {
            match self.state.node(ix).clone() {
                NodeState::Active(active) => self.end(ix, &active),
                NodeState::BackingOff { tries, .. } => self.aborted(ix, tries.attempt),
                _ => {}
            }
        }
    }

    fn is_inside(&self, ix: NodeIx, owner: Option<NodeIx>) -> bool {
        let parents = std::iter::successors(self.plan.node(ix).parent, |ix| self.plan.node(*ix).parent);
        owner.is_none_or(|owner| parents.take_while(|ix| *ix >= owner).any(|ix| ix == owner))
    }

    /// A node with children under way waits for their end.
    fn end(&mut self, ix: NodeIx, active: &Active) {
        if matches!(active.progress, Progress::Ending { .. }) {
            return;
        }
        let attempt = active.tries.attempt;
        if let Progress::Storing { deck } = active.progress {
            return self.end_storing(ix, attempt, deck);
        }
        let reported = !matches!(
            active.progress,
            Progress::Requested
                | Progress::LookingUp
                | Progress::AwaitingReservation { .. }
                | Progress::LeavingQueue { reported: false }
        );
        self.advance(ix, active, Progress::Ending { reported });
        if self.plan.is_parent(ix, attempt) {
            self.unsettled.insert(ix);
        } else {
            self.decision.effects.push(Effect::Kill { node: ix, attempt });
        }
    }

    pub(super) fn observe_ending(
        &mut self,
        ix: NodeIx,
        active: &Active,
        reported: bool,
        seen: Option<&AttemptSeen>,
    ) {
        let attempt = active.tries.attempt;
        if self.state.has_live(Some(ix)) {
            return;
        }
        match seen {
            Some(AttemptSeen::Recovered { at, recovered }) => self.recover(ix, attempt, *at, recovered),
            Some(AttemptSeen::Cached { at, report }) => self.hit(ix, attempt, *at, report.clone()),
            Some(AttemptSeen::Succeeded { at, deck, .. }) => {
                if !self.made_workflow(ix, attempt) {
                    self.report_attempt(ix, active, AttemptPhase::Succeeded { deck: *deck }, *at);
                }
                self.succeed(ix, attempt, *deck, *at);
            }
            Some(AttemptSeen::Failed { .. } | AttemptSeen::Lost { .. } | AttemptSeen::Gone) => {
                if reported && !self.made_workflow(ix, attempt) {
                    let phase = AttemptPhase::Aborted(self.cause());
                    self.report_attempt(ix, active, phase, self.now);
                }
                self.aborted(ix, attempt);
            }
            _ => self.decision.effects.push(Effect::Kill { node: ix, attempt }),
        }
    }

    /// Whether the attempt of a task was over before its node was, with a workflow for the rest.
    pub(super) fn made_workflow(&self, ix: NodeIx, attempt: u32) -> bool {
        matches!(self.plan.node(ix).kind, NodeKind::Task(_)) && self.plan.is_parent(ix, attempt)
    }

    fn aborted(&mut self, ix: NodeIx, attempt: u32) {
        self.report_node(ix, NodePhase::Aborted(self.cause()), attempt, self.now);
        self.set(ix, NodeState::Aborted { attempt });
    }

    fn cause(&self) -> String {
        match self.state.phase() {
            RunPhase::Aborting(cause) => cause.clone(),
            _ => "Some node execution failed, auto-abort.".to_owned(),
        }
    }
}
