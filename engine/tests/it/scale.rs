//! What large arrays cost: each decision the same for any size, and a finished item next to nothing.

use std::collections::BTreeMap;

use aileron_engine::{
    AttemptSeen, BlockIx, Decision, Effect, Inside, Look, NodeIx, NodeState, Observations, RunPhase,
    RunState, Timestamp, decide,
};

use crate::program::{Array, Body, Outcome, Program, Step};

/// Items under way at once.
const AT_ONCE: u32 = 8;

/// What a run of one array took.
#[derive(Debug, Default)]
struct Cost {
    decisions: usize,
    /// Most nodes and items that one decision changed.
    touched: usize,
    /// Bytes of blocks that were written, and of those that are there at the end.
    written: usize,
    left: usize,
    /// News of items that were told.
    told: usize,
}

impl Cost {
    fn note(&mut self, decision: &Decision) {
        self.decisions += 1;
        self.touched = self.touched.max(decision.touched.len());
        let news = decision.events.iter().map(|event| match event {
            aileron_engine::Event::Items { items, .. } => items.len(),
            _ => 0,
        });
        self.told += news.sum::<usize>();
    }
}

fn program() -> Program {
    let items = vec![Step::task(0, vec![Outcome::Success])];
    let array = Array { items, launch: false, parallelism: Some(AT_ONCE), needed: 0, run_all: false };
    let step = Step { body: Body::Array(array), ..Step::task(0, vec![Outcome::Success]) };
    Program::of(vec![step])
}

/// Runs an array of so many items with a driver whose attempts begin and succeed in two looks.
fn run(size: u32) -> Cost {
    let mut plan = program().plan();
    let mut state = RunState::new(&plan);
    let (mut seen, mut cost) = (Observations::default(), Cost::default());
    let mut looked: Vec<NodeIx> = plan.indices().collect();
    let mut blocks: BTreeMap<BlockIx, usize> = BTreeMap::new();
    let now = Timestamp(1);
    while *state.phase() != RunPhase::Succeeded {
        let decision = decide(&mut plan, &mut state, &seen, Look::At(&looked), now);
        cost.note(&decision);
        for ix in &decision.touched {
            if let Some((ix, block)) = state.block(&plan, *ix) {
                let length = serde_json::to_string(&block).expect("a block is data").len();
                cost.written += length;
                blocks.insert(ix, length);
            }
        }
        let running =
            |ix: &NodeIx| matches!(state.node(*ix), NodeState::Active(_)) && plan.item(*ix).is_some();
        let ending: Vec<NodeIx> = decision.touched.iter().copied().filter(running).collect();
        looked = Vec::new();
        for effect in decision.effects {
            let (Effect::Launch { node, attempt } | Effect::Collect { node, attempt }) = effect else {
                continue;
            };
            let is_array = plan.array_of(node).is_some() && matches!(effect, Effect::Launch { .. });
            let sight = match (is_array, plan.item(node)) {
                (true, _) => AttemptSeen::Grew { since: now, at: now, inside: Inside::Items(size) },
                (_, Some(_)) => AttemptSeen::Running { since: now },
                _ => AttemptSeen::Succeeded { since: now, at: now, deck: false },
            };
            seen.set(node, attempt, sight);
            looked.push(node);
        }
        for ix in ending {
            if !looked.contains(&ix) {
                seen.set(ix, 0, AttemptSeen::Succeeded { since: now, at: now, deck: false });
                looked.push(ix);
            }
        }
    }
    cost.left = blocks.values().sum();
    cost
}

#[test]
fn a_large_array_costs_what_its_items_do() {
    let (small, large) = (run(10_000), run(100_000));
    for cost in [&small, &large] {
        assert!(cost.touched <= 3 * AT_ONCE as usize, "a decision costs what it touches: {cost:?}");
    }
    assert!(large.decisions <= 11 * small.decisions, "{small:?} {large:?}");
    assert!(large.written <= 11 * small.written, "{small:?} {large:?}");
    assert!(large.told <= 11 * small.told, "{small:?} {large:?}");
    assert!(large.left <= 100_000 / 4, "a finished item takes a quarter of a byte at most: {large:?}");
    assert!(large.written <= 100_000 * 1_500, "an item is written for less than 1,500 bytes: {large:?}");
}
