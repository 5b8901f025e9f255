//! What is true of every state between two decisions.

use crate::{NodeIx, NodeKind, NodeState, Plan, RunPhase, RunState};

/// A sentence that should have been true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation(pub String);

/// Every violation in a state; empty unless the engine is wrong. Costs the whole plan: for tests and
/// for a driver that resumes a run.
pub fn check(plan: &Plan, state: &RunState) -> Vec<Violation> {
    let mut found: Vec<Violation> = plan.indices().filter_map(|ix| node(plan, state, ix)).collect();
    found.extend(run(plan, state));
    found
}

fn node(plan: &Plan, state: &RunState, ix: NodeIx) -> Option<Violation> {
    let begun = !matches!(state.node(ix), NodeState::Waiting | NodeState::Skipped);
    let early = plan.node(ix).upstream().iter().find(|from| !state.node(**from).is_success());
    let id = &plan.node(ix).id;
    match early {
        Some(from) if begun => {
            Some(Violation(format!("node {id} began before node {} succeeded", plan.node(*from).id)))
        }
        _ => None,
    }
}

fn run(plan: &Plan, state: &RunState) -> Vec<Violation> {
    let mut found = Vec::new();
    let tasks = state.live().filter(|ix| matches!(plan.node(*ix).kind, NodeKind::Task(_))).count();
    if tasks != state.slots() || tasks > plan.parallelism() {
        found.push(Violation(format!(
            "{tasks} tasks hold {} of {} slots",
            state.slots(),
            plan.parallelism()
        )));
    }
    if state.phase().is_terminal() && state.live().next().is_some() {
        found.push(Violation("a finished run has live nodes".into()));
    }
    let all = plan.indices().all(|ix| state.node(ix).is_success());
    if *state.phase() == RunPhase::Succeeded && !all {
        found.push(Violation("a succeeded run has a node that did not".into()));
    }
    found
}
