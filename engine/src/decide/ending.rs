//! How a run ends its nodes: nothing new starts, what lives is ended, each is told why.

use super::Round;
use crate::event::{AttemptPhase, NodePhase};
use crate::{Active, AttemptSeen, Effect, NodeIx, NodeState, Progress};

impl Round<'_> {
    /// Ends every node that is under way.
    pub(super) fn end_live(&mut self) {
        let live: Vec<NodeIx> = self.state.live().collect();
        for ix in live {
            match self.state.node(ix).clone() {
                NodeState::Active(active) => self.end(ix, &active),
                NodeState::BackingOff { tries, .. } => self.aborted(ix, tries.attempt),
                _ => {}
            }
        }
    }

    fn end(&mut self, ix: NodeIx, active: &Active) {
        if matches!(active.progress, Progress::Ending { .. }) {
            return;
        }
        let reported = active.progress != Progress::Requested;
        let attempt = active.tries.attempt;
        let next = Active { progress: Progress::Ending { reported }, ..active.clone() };
        self.set(ix, NodeState::Active(Box::new(next)));
        self.decision.effects.push(Effect::Kill { node: ix, attempt });
    }

    pub(super) fn observe_ending(
        &mut self,
        ix: NodeIx,
        active: &Active,
        reported: bool,
        seen: Option<&AttemptSeen>,
    ) {
        let attempt = active.tries.attempt;
        match seen {
            None | Some(AttemptSeen::Pending | AttemptSeen::Running { .. }) => {
                self.decision.effects.push(Effect::Kill { node: ix, attempt });
            }
            Some(AttemptSeen::Succeeded { at, deck, .. }) => {
                self.report_attempt(ix, active, AttemptPhase::Succeeded { deck: *deck }, *at);
                self.succeed(ix, attempt, *deck, *at);
            }
            Some(AttemptSeen::Failed { .. } | AttemptSeen::Lost { .. } | AttemptSeen::Gone) => {
                if reported {
                    let phase = AttemptPhase::Aborted(self.cause());
                    self.report_attempt(ix, active, phase, self.now);
                }
                self.aborted(ix, attempt);
            }
        }
    }

    fn aborted(&mut self, ix: NodeIx, attempt: u32) {
        self.report_node(ix, NodePhase::Aborted(self.cause()), attempt, self.now);
        self.set(ix, NodeState::Aborted);
    }

    fn cause(&self) -> String {
        self.state.phase().ending_cause().unwrap_or_default().to_owned()
    }
}
