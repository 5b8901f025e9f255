//! Nodes that learn at run time what is inside of them: a task that made a workflow, an array whose lists
//! are read.
//!
//! The plan grows before the round begins, so that in the round it is as fixed as ever.

use std::collections::{BTreeMap, BTreeSet};

use super::{Look, Round};
use crate::event::{AttemptPhase, NodePhase};
use crate::plan::{Growth, Inside};
use crate::{Active, AttemptSeen, ErrorKind, Failure, NodeIx, NodeKind, NodeState, Observations};
use crate::{Plan, PlanError, Progress, RunState, Timestamp};

/// What came of the growths that are new in a round, by node.
pub(super) type Grown = BTreeMap<NodeIx, Result<Growth, PlanError>>;

/// Grows the plan by everything new that is seen where it is looked.
pub(super) fn grow(plan: &mut Plan, state: &mut RunState, seen: &Observations, look: Look<'_>) -> Grown {
    // In order, so that wherever it is looked the plan grows the same.
    let looked: BTreeSet<NodeIx> = match look {
        Look::Everything => state.live().collect(),
        Look::At(nodes) => nodes.iter().copied().collect(),
    };
    let mut grown = Grown::new();
    for ix in looked {
        if let Some(growth) = new_growth(plan, state, seen, ix) {
            let held = state.holds_slot(plan, ix);
            let result = plan.grow(&growth);
            if result.is_ok() {
                state.grow(plan, ix, held);
            }
            grown.insert(ix, result.map(|()| growth));
        }
    }
    grown
}

/// A node that is being ended does not grow any more.
fn new_growth(plan: &Plan, state: &RunState, seen: &Observations, node: NodeIx) -> Option<Growth> {
    let NodeState::Active(active) = state.node(node) else { return None };
    let attempt = active.tries.attempt;
    let is_going = matches!(active.progress, Progress::Requested | Progress::Pending | Progress::Running);
    if !is_going || plan.grown_by(node) == Some(attempt) {
        return None;
    }
    match seen.attempt(node, attempt)? {
        AttemptSeen::Grew { inside, .. } => Some(Growth { node, attempt, inside: inside.clone() }),
        _ => None,
    }
}

impl Round<'_> {
    /// Comes before all else, so that no node is ended that has not taken note of what it has inside.
    pub(super) fn take_growths(&mut self, grown: Grown) {
        for (ix, result) in grown {
            let NodeState::Active(active) = self.state.node(ix).clone() else { continue };
            let Some(AttemptSeen::Grew { since, at, .. }) = self.seen.attempt(ix, active.tries.attempt)
            else {
                continue;
            };
            self.take_growth(ix, *active, result, (*since, *at));
        }
    }

    /// The attempt of a task is over with that.
    fn take_growth(
        &mut self,
        ix: NodeIx,
        mut active: Active,
        result: Result<Growth, PlanError>,
        (since, at): (Timestamp, Timestamp),
    ) {
        self.show_running(ix, &mut active, since.min(at));
        match result {
            Ok(growth) => {
                if let Inside::Workflow(workflow) = &growth.inside {
                    self.report_attempt(ix, &active, AttemptPhase::Succeeded { deck: false }, at);
                    self.report_node(ix, NodePhase::Growing(workflow.clone()), growth.attempt, at);
                }
                self.decision.grown.push(growth);
                self.keep(ix, active);
                self.unsettled.insert(ix);
            }
            Err(error) => {
                let failure = refused(self.plan.node(ix).kind, &error);
                self.report_attempt(ix, &active, AttemptPhase::Failed(failure.clone()), at);
                self.fail(ix, active.tries.attempt, failure);
            }
        }
    }
}

fn refused(kind: NodeKind, error: &PlanError) -> Failure {
    let code = match (error, kind) {
        (PlanError::TooDeep(_), _) => "DynamicNestingTooDeep",
        (PlanError::TooLarge, NodeKind::Array(_)) => "ArrayTooLarge",
        (PlanError::TooLarge, _) => "DynamicWorkflowTooLarge",
        _ => "DynamicWorkflowBuildFailed",
    };
    Failure { kind: ErrorKind::User, ..Failure::permanent(code, error.to_string()) }
}
