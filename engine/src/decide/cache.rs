//! A node that uses the cache: its steps before it runs and after it has.

use aileron_idl::core::CatalogCacheStatus::{CacheLookupFailure, CachePutFailure};

use super::Round;
use crate::event::{AttemptPhase, NodePhase};
use crate::{
    Active, AttemptSeen, CacheReport, Effect, NodeIx, NodeState, Progress, Recovered, Timestamp, Tries,
};

impl Round<'_> {
    /// The first step of a node whose outputs may be there already.
    pub(super) fn look_up(&mut self, ix: NodeIx) {
        let (tries, progress) = (Tries::default(), Progress::LookingUp);
        self.set(
            ix,
            NodeState::Active(Box::new(Active { tries, announced: false, progress, deadline: None })),
        );
        self.decision.effects.push(Effect::LookUp { node: ix, attempt: tries.attempt });
    }

    pub(super) fn observe_looking_up(&mut self, ix: NodeIx, active: &Active, seen: Option<&AttemptSeen>) {
        let attempt = active.tries.attempt;
        match seen {
            Some(AttemptSeen::Pending) => {}
            Some(AttemptSeen::Cached { at, report }) => self.hit(ix, attempt, *at, report.clone()),
            Some(AttemptSeen::Recovered { at, recovered }) => self.recover(ix, attempt, *at, recovered),
            Some(AttemptSeen::NotCached { report }) => {
                self.show_looked_up(ix, active, report.clone());
                self.run_now_or_soon(ix, active.tries, active.announced);
            }
            Some(AttemptSeen::HeldBy { owner, report }) => {
                self.show_looked_up(ix, active, report.clone());
                let progress = Progress::AwaitingReservation { owner: owner.clone() };
                if active.progress != progress {
                    self.advance(ix, active, progress);
                }
            }
            Some(AttemptSeen::Failed { failure, .. }) => {
                self.show_looked_up(ix, active, CacheLookupFailure.into());
                self.try_again_or_fail(ix, active, failure.clone());
            }
            _ => self.decision.effects.push(Effect::LookUp { node: ix, attempt }),
        }
    }

    /// A node is queued once it is known that it has to run, or to wait.
    fn show_looked_up(&mut self, ix: NodeIx, active: &Active, report: CacheReport) {
        if active.progress == Progress::LookingUp {
            self.report_cached(ix, NodePhase::Queued, active.tries.attempt, self.now, report);
        }
    }

    /// What is inside of the node does not run either.
    pub(super) fn recover(&mut self, ix: NodeIx, attempt: u32, at: Timestamp, recovered: &Recovered) {
        self.report_node(ix, NodePhase::Recovered(recovered.clone()), attempt, at);
        self.set(ix, NodeState::Succeeded { attempt });
    }

    pub(super) fn hit(&mut self, ix: NodeIx, attempt: u32, at: Timestamp, report: CacheReport) {
        if let (Some(item), Some(array)) = (self.plan.item(ix), self.plan.node(ix).parent) {
            self.report_item(array, item, attempt, &AttemptPhase::Succeeded { deck: false });
        }
        self.report_cached(ix, NodePhase::Succeeded { deck: false }, attempt, at, report);
        self.set(ix, NodeState::Succeeded { attempt });
    }

    /// The node's work is done; what is left is to put its outputs where others find them.
    pub(super) fn complete(&mut self, ix: NodeIx, active: &Active, deck: bool, at: Timestamp) {
        let attempt = active.tries.attempt;
        if self.plan.node(ix).cache.is_none() {
            return self.succeed(ix, attempt, deck, at);
        }
        self.advance(ix, active, Progress::Storing { deck });
        self.decision.effects.push(Effect::Store { node: ix, attempt });
    }

    pub(super) fn observe_storing(
        &mut self,
        ix: NodeIx,
        attempt: u32,
        deck: bool,
        seen: Option<&AttemptSeen>,
    ) {
        match seen {
            Some(AttemptSeen::Pending) => {}
            Some(AttemptSeen::Stored { at, report }) => self.stored(ix, attempt, deck, *at, report.clone()),
            _ => self.decision.effects.push(Effect::Store { node: ix, attempt }),
        }
    }

    /// What ends now has done its work all the same.
    pub(super) fn end_storing(&mut self, ix: NodeIx, attempt: u32, deck: bool) {
        self.stored(ix, attempt, deck, self.now, CachePutFailure.into());
    }

    fn stored(&mut self, ix: NodeIx, attempt: u32, deck: bool, at: Timestamp, report: CacheReport) {
        self.report_cached(ix, NodePhase::Succeeded { deck }, attempt, at, report);
        self.set(ix, NodeState::Succeeded { attempt });
    }
}
