//! What a large execution of plain tasks costs: writes and bytes that grow with what happens, and nothing that
//! grows with what is there.

use std::collections::BTreeMap;

use aileron_engine::{
    AttemptSeen, Effect, Failure, Look, NodeIx, NodeState, Observations, RunPhase, RunState, Timestamp,
    check, decide,
};

use crate::program::{Outcome, Program, Step};

/// Task nodes under way at once.
const PARALLELISM: u32 = 500;

#[derive(Debug, Default)]
struct Cost {
    decisions: usize,
    /// Most rows that one decision wrote.
    most: usize,
    /// Rows that were written in all, and their bytes.
    rows: usize,
    bytes: usize,
    /// Bytes that are there at the end.
    left: usize,
    /// Most attempts at once.
    at_once: usize,
}

/// A fan-out of so many tasks; each twentieth fails once and is tried again.
fn run(size: usize) -> Cost {
    let mut program = Program::of(vec![Step::task(1, vec![Outcome::Success]); size]);
    program.settings.max_parallelism = PARALLELISM;
    let mut plan = program.plan();
    let mut state = RunState::new(&plan);
    let (mut seen, mut cost) = (Observations::default(), Cost::default());
    let mut rows: BTreeMap<NodeIx, usize> = BTreeMap::new();
    let (mut looked, mut ending): (Vec<NodeIx>, Vec<(NodeIx, u32)>) = (plan.indices().collect(), Vec::new());
    let now = Timestamp(1);
    while *state.phase() != RunPhase::Succeeded {
        let decision = decide(&mut plan, &mut state, &seen, Look::At(&looked), now);
        cost.decisions += 1;
        cost.most = cost.most.max(decision.touched.len());
        cost.at_once = cost.at_once.max(state.slots());
        for ix in &decision.touched {
            let bytes = serde_json::to_string(state.node(*ix)).expect("a state is data").len();
            cost.rows += 1;
            cost.bytes += bytes;
            rows.insert(*ix, bytes);
            if let NodeState::Succeeded { attempt } = state.node(*ix) {
                seen.forget(*ix, *attempt);
            }
        }
        looked.clear();
        // What runs since the last round ends now.
        for (node, attempt) in ending.drain(..) {
            seen.set(node, attempt, end(node, attempt, now));
            looked.push(node);
        }
        for effect in decision.effects {
            if let Effect::Launch { node, attempt } = effect {
                seen.set(node, attempt, AttemptSeen::Running { since: now });
                looked.push(node);
                ending.push((node, attempt));
            }
        }
    }
    assert_eq!(check(&plan, &state), []);
    cost.left = rows.values().sum();
    cost
}

fn end(node: NodeIx, attempt: u32, now: Timestamp) -> AttemptSeen {
    match node.0.is_multiple_of(20) && attempt == 0 && node.0 > 1 {
        true => AttemptSeen::Failed {
            since: Some(now),
            at: now,
            failure: Failure {
                recoverable: true,
                kind: aileron_engine::ErrorKind::User,
                ..Failure::permanent("C", "once more")
            },
        },
        false => AttemptSeen::Succeeded { since: now, at: now, deck: false },
    }
}

#[test]
fn fifty_thousand_nodes_cost_what_they_do() {
    let (small, large) = (run(5_000), run(50_000));
    for cost in [&small, &large] {
        assert_eq!(cost.at_once, PARALLELISM as usize, "{cost:?}");
        assert!(cost.most <= 3 * PARALLELISM as usize, "a decision writes what it touches: {cost:?}");
    }
    assert!(large.rows <= 5 * 50_000, "a node is written a few times: {large:?}");
    assert!(large.bytes <= 50_000 * 500, "for few bytes each: {large:?}");
    assert!(large.left <= 50_000 * 30, "and little is left of it: {large:?}");
    for (small, large) in [(small.rows, large.rows), (small.bytes, large.bytes), (small.left, large.left)] {
        assert!(large * 100 <= small * 1_010, "ten times the nodes cost ten times: {small} and {large}");
    }
}
