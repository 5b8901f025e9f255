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
    let violation = |text: String| Some(Violation(text));
    match (early, plan.node(ix).parent) {
        (Some(from), _) if begun => {
            violation(format!("node {id} began before node {} succeeded", plan.node(*from).id))
        }
        (_, Some(parent)) if begun && *state.node(parent) == NodeState::Waiting => {
            violation(format!("node {id} began before node {} around it", plan.node(parent).id))
        }
        (_, Some(parent)) if state.node(ix).is_live() && !state.node(parent).is_live() => {
            violation(format!("node {id} outlives node {} around it", plan.node(parent).id))
        }
        _ if too_many_items(plan, state, ix) => {
            violation(format!("more items of array {id} are under way than may be"))
        }
        _ if state.node(ix).is_success() && !inside_is_done(plan, state, ix) => {
            violation(format!("node {id} succeeded before a node inside of it"))
        }
        _ => None,
    }
}

fn too_many_items(plan: &Plan, state: &RunState, ix: NodeIx) -> bool {
    let live = || plan.children(Some(ix)).filter(|item| state.node(*item).is_live()).count();
    plan.array_of(ix).is_some_and(|array| live() > plan.items_at_once(array))
}

fn inside_is_done(plan: &Plan, state: &RunState, ix: NodeIx) -> bool {
    let children = || plan.node(ix).children();
    let untouched = children().all(|child| *state.node(child) == NodeState::Waiting);
    match plan.node(ix).kind {
        _ if untouched && plan.recovers(ix) => true,
        NodeKind::Array(array) => {
            let succeeded = children().filter(|item| state.node(*item).is_success()).count();
            succeeded >= plan.array(array).needed(plan.size(ix)) as usize
        }
        NodeKind::Workflow(_) | NodeKind::Task(_) => children().all(|child| is_done(plan, state, child)),
        NodeKind::Branch(_) => children().filter(|arm| state.node(*arm).is_success()).count() == 1,
        _ => true,
    }
}

fn run(plan: &Plan, state: &RunState) -> Vec<Violation> {
    let mut found = Vec::new();
    let tasks = state.live().filter(|ix| state.holds_slot(plan, *ix)).count();
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
    if *state.phase() == RunPhase::Succeeded && !plan.children(None).all(|ix| is_done(plan, state, ix)) {
        found.push(Violation("a succeeded run has a node that did not".into()));
    }
    found
}

fn is_done(plan: &Plan, state: &RunState, ix: NodeIx) -> bool {
    state.node(ix).is_success() || plan.is_failure_node(ix)
}
