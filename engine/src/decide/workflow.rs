//! What a failed node means for the node it is inside of.

use super::Round;
use crate::{Failure, FailurePolicy, NodeIx, NodeState, Progress};

impl Round<'_> {
    /// A nested workflow has a policy of its own; a branch has but one child that runs.
    pub(super) fn fail_inside(&mut self, owner: NodeIx, failed: NodeIx, failure: Failure) {
        let NodeState::Active(active) = self.state.node(owner) else { return };
        let active = active.as_ref().clone();
        if let Some(item) = self.plan.item(failed) {
            return self.fail_item(owner, item, &active, &failure);
        }
        let policy = self.plan.inner(Some(owner)).map(|scope| scope.failure_policy);
        match (&active.progress, policy.unwrap_or(FailurePolicy::FailImmediately)) {
            (Progress::Running, FailurePolicy::FailImmediately) => {
                self.advance(owner, &active, Progress::Failing(failure));
                self.end_inside(Some(owner));
            }
            (Progress::Running | Progress::Draining(_), FailurePolicy::FailAfterExecutableNodesComplete) => {
                self.advance(owner, &active, Progress::Draining(failure));
            }
            _ => {}
        }
    }
}
