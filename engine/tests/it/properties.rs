//! The properties of the engine, each over many seeds. A failing seed prints the command that replays it; found bugs stay
//! as named seeds.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use aileron_engine::{
    AttemptPhase, CacheReport, Deadline, Event, ItemPhase, Nanos, NodeIx, NodePhase, NodeState,
    RunEventPhase, RunPhase, Timestamp,
};
use aileron_idl::core::CatalogCacheStatus;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::faults::Faults;
use crate::oracle::{Fate, fates, succeeds};
use crate::program::{Body, FAILURE_NODE, Graph, Outcome, Program, Step, arm_name, name};
use crate::simulator::{Ended, Simulator};

/// How many seeds each property is held over, unless the command line asks for others.
const SEEDS: u64 = 5_000;

fn for_each_seed(test: impl Fn(u64, &Program, ChaCha8Rng)) {
    for seed in seeds() {
        let told = Told(seed);
        for_seed(seed, &test);
        std::mem::forget(told);
    }
}

fn for_seed(seed: u64, test: impl Fn(u64, &Program, ChaCha8Rng)) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let program = Program::random(&mut rng);
    test(seed, &program, rng);
}

/// `FIRST..LAST` is what `cargo xtask simulate` asks for.
#[expect(clippy::disallowed_methods, reason = "a test has no command line of its own")]
fn seeds() -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var("AILERON_SEEDS") else { return 0..SEEDS };
    let (first, last) = asked.split_once("..").expect("a first and a last seed");
    first.parse().expect("a first seed")..last.parse().expect("a last seed")
}

/// Dropped only when a seed fails: it says how to see that again.
struct Told(u64);

impl Drop for Told {
    #[expect(clippy::print_stderr, reason = "whoever runs the tests is to read it")]
    fn drop(&mut self) {
        let thread = std::thread::current();
        let property = thread.name().unwrap_or_default();
        eprintln!(
            "seed {} fails; again: cargo xtask simulate --first {} --seeds 1 {property}",
            self.0, self.0
        );
    }
}

/// What the oracle says of a run that ended by itself.
fn agrees(seed: u64, program: &Program, ended: &Ended) {
    let fails = fates(&program.graph).contains(&Fate::Fails);
    assert_eq!(fails, matches!(ended.phase, RunPhase::Failed(_)), "seed {seed}: {:?}", ended.phase);
    assert_eq!(!fails, ended.phase == RunPhase::Succeeded, "seed {seed}: {:?}", ended.phase);
    Agreement { seed, program, ended }.graph(&program.graph, "", true);
    assert_eq!(ended.live, 0, "seed {seed}: attempts outlive the run");
}

/// Compares how a run ended with what the oracle says, from the outside in.
struct Agreement<'a> {
    seed: u64,
    program: &'a Program,
    ended: &'a Ended,
}

impl Agreement<'_> {
    /// A workflow that came to an end of its own, or never `began`.
    fn graph(&self, graph: &Graph, path: &str, began: bool) {
        let fates = fates(graph);
        let fails = fates.contains(&Fate::Fails);
        for (ix, (step, fate)) in graph.steps.iter().zip(fates).enumerate() {
            let id = format!("{path}{}", name(ix));
            // Where the first failure ends the workflow, others may have been cut off on their way.
            self.step(step, &id, began.then_some(fate), fails && graph.fail_immediately);
        }
        if let Some(step) = &graph.failure_node {
            let fate = if succeeds(step) { Fate::Succeeds } else { Fate::Fails };
            self.step(step, &format!("{path}{FAILURE_NODE}"), (began && fails).then_some(fate), false);
        }
    }

    fn step(&self, step: &Step, id: &str, fate: Option<Fate>, cut: bool) {
        // What a task never made is as if it waited.
        let state = self.ended.nodes.get(id).unwrap_or(&NodeState::Waiting);
        let fits = match (fate, state) {
            (None, NodeState::Waiting) => true,
            (Some(Fate::Succeeds), NodeState::Succeeded { .. }) => true,
            (Some(Fate::Fails), NodeState::Failed { .. }) => true,
            (Some(Fate::Blocked), NodeState::Skipped) => true,
            (Some(_), NodeState::Aborted { .. } | NodeState::Waiting | NodeState::Skipped) => cut,
            _ => false,
        };
        let Agreement { seed, program, ended } = self;
        let failures = || ended.events.iter().filter(|event| is_failure(event)).collect::<Vec<_>>();
        assert!(fits, "seed {seed}: {id} should be {fate:?} and is {state:?}\n{:?}\n{program:?}", failures());
        if !matches!(state, NodeState::Aborted { .. }) {
            let began = matches!(state, NodeState::Succeeded { .. } | NodeState::Failed { .. });
            self.inside(step, id, began);
        }
    }

    fn inside(&self, step: &Step, id: &str, began: bool) {
        match &step.body {
            Body::Task | Body::Sleep(_) | Body::Gate | Body::Launch => {}
            Body::Workflow(graph) => self.graph(graph, &format!("{id}/"), began),
            Body::Dynamic(graph) => {
                let made = began && self.ended.nodes.contains_key(&format!("{id}/start-node"));
                self.graph(graph, &format!("{id}/"), made);
            }
            Body::Array(array) => {
                let fails = !succeeds(step);
                for (ix, item) in array.items.iter().enumerate() {
                    let fate = if succeeds(item) { Fate::Succeeds } else { Fate::Fails };
                    let cut = fails && !array.run_all;
                    self.step(item, &format!("{id}/{}", name(ix)), began.then_some(fate), cut);
                }
            }
            Body::Branch(arms, taken) => {
                let own = id.rsplit('/').next().expect("an id");
                for (ix, arm) in arms.iter().enumerate() {
                    let path = format!("{id}/{}", arm_name(own, ix));
                    match began && taken.is_some() && *taken != Some(ix) {
                        true => assert_eq!(self.ended.nodes[&path], NodeState::Skipped),
                        false => {
                            let fate = if succeeds(arm) { Fate::Succeeds } else { Fate::Fails };
                            self.step(arm, &path, (began && taken.is_some()).then_some(fate), false);
                        }
                    }
                }
            }
        }
    }
}

fn is_failure(event: &Event) -> bool {
    matches!(event, Event::Node { phase: NodePhase::Failed(_), .. })
}

#[test]
fn a_run_without_faults_ends_as_the_oracle_says() {
    let (taken, seeds) = (Cell::new(0_u64), Cell::new(0));
    for_each_seed(|seed, program, rng| {
        let ended = Simulator::new(program, Faults::NONE, rng).run();
        agrees(seed, program, &ended);
        taken.set(ended.events.iter().filter(|event| is_taken(event)).fold(taken.get(), |sum, _| sum + 1));
        seeds.set(seeds.get() + 1);
    });
    // The programs do use the cache, and recover others; a few need not.
    let enough = seeds.get() < SEEDS || taken.get() > seeds.get() / 10;
    assert!(enough, "{} nodes are taken in {} runs", taken.get(), seeds.get());
}

/// Whether a node succeeds without having run.
fn is_taken(event: &Event) -> bool {
    let Event::Node { phase, cache, .. } = event else { return false };
    let hit = |report: &CacheReport| report.status == CatalogCacheStatus::CacheHit;
    matches!(phase, NodePhase::Recovered(_)) || cache.as_ref().is_some_and(hit)
}

#[test]
fn crashes_duplicates_drops_and_reorders_change_nothing() {
    for_each_seed(|seed, program, rng| {
        agrees(seed, program, &Simulator::new(program, Faults::MANY, rng).run());
    });
}

/// What is seen may be old, come again, or not come for a while.
#[test]
fn old_and_missing_news_change_nothing() {
    for_each_seed(|seed, program, rng| {
        agrees(seed, program, &Simulator::new(program, Faults::CLOUDED, rng).run());
    });
}

/// Limits of time aside, of which a step of an hour makes use.
#[test]
fn steps_of_the_clock_change_nothing() {
    for_each_seed(|seed, program, rng| {
        let program = program.clone().instead(Outcome::Hang, Outcome::UserFailure).timeless();
        agrees(seed, &program, &Simulator::new(&program, Faults { clock: 20, ..Faults::MANY }, rng).run());
    });
}

/// The last attempt that the platform's budget allows is not interruptible, so that nothing fails by
/// interruptions alone.
#[test]
fn interruptions_alone_fail_nothing() {
    let (taken, seeds) = (Cell::new(0), Cell::new(0));
    for_each_seed(|seed, program, rng| {
        let mut program = program.clone().instead(Outcome::SystemFailure, Outcome::UserFailure);
        program.settings.interruptible = Some(true);
        let ended = Simulator::new(&program, Faults { interrupt: 60, ..Faults::MANY }, rng).run();
        agrees(seed, &program, &ended);
        taken.set(taken.get() + ended.interruptions);
        seeds.set(seeds.get() + 1);
    });
    assert!(seeds.get() < SEEDS || taken.get() > 1_000, "{} interruptions", taken.get());
}

/// Attempts that are never begun end by their queueing budget, and every run by its deadline.
#[test]
fn limits_of_time_end_every_run() {
    let (expired, seeds) = (Cell::new(0), Cell::new(0));
    for_each_seed(|seed, program, rng| {
        let (second, mut program) = (1_000_000_000, program.clone());
        program.settings.queueing_budget = Some(Nanos(30 * second));
        let after = Nanos((seed % 4 + 1).cast_signed() * 50 * second);
        program.settings.deadline = Some(Deadline { at: Timestamp(second).plus_nanos(after.0), after });
        let ended = Simulator::new(&program, Faults { stuck: 5, ..Faults::MANY }, rng).run();
        assert_eq!(ended.live, 0, "seed {seed}: attempts outlive the run");
        if let RunPhase::Failed(failure) = &ended.phase {
            expired.set(expired.get() + u64::from(failure.code == "TimeoutExpired"));
        }
        seeds.set(seeds.get() + 1);
    });
    assert!(seeds.get() < SEEDS || expired.get() > 100, "{} runs expired", expired.get());
}

/// What happens meanwhile is seen when what was decided is kept, or after a crash that forgets it.
#[test]
fn a_database_that_takes_nothing_for_a_while_changes_nothing() {
    for_each_seed(|seed, program, rng| {
        agrees(seed, program, &Simulator::new(program, Faults { unkept: 25, ..Faults::MANY }, rng).run());
    });
}

#[test]
fn a_cache_that_often_does_not_answer_changes_no_outcome() {
    for_each_seed(|seed, program, rng| {
        agrees(seed, program, &Simulator::new(program, Faults { uncached: 40, ..Faults::MANY }, rng).run());
    });
}

/// A program whose attempts fail for the platform's sake only where the object store does, and may take their time.
fn of_the_store(program: &Program) -> Program {
    let program = program.clone().instead(Outcome::SystemFailure, Outcome::UserFailure);
    program.instead(Outcome::Hang, Outcome::UserFailure).timeless()
}

/// What is read later or at another try is the same.
#[test]
fn an_object_store_that_is_slow_or_fails_changes_no_outcome() {
    let (failures, seeds) = (Cell::new(0), Cell::new(0));
    let faults = Faults { unread: 50, unreadable: 20, ..Faults::MANY };
    for_each_seed(|seed, program, rng| {
        let program = of_the_store(program);
        let ended = Simulator::new(&program, faults, rng).run();
        agrees(seed, &program, &ended);
        failures.set(failures.get() + ended.events.iter().filter(|event| is_of_the_store(event)).count());
        seeds.set(seeds.get() + 1);
    });
    assert!(seeds.get() < SEEDS || failures.get() > 1_000, "{} attempts failed", failures.get());
}

fn is_of_the_store(event: &Event) -> bool {
    matches!(event, Event::Attempt { phase: AttemptPhase::Failed(failure), .. } if failure.code == "StorageError")
}

/// Outputs that are lost cost a try of the task's, as if it had left none; they make no run succeed that would fail, and
/// fail none in which nothing is lost.
#[test]
fn what_is_lost_after_success_is_never_taken_for_success() {
    let (forgotten, seeds) = (Cell::new(0), Cell::new(0));
    let faults = Faults { unread: 30, unreadable: 10, forgotten: 5, ..Faults::MANY };
    for_each_seed(|seed, program, rng| {
        let program = of_the_store(program);
        let ended = Simulator::new(&program, faults, rng).run();
        assert_eq!(ended.live, 0, "seed {seed}: attempts outlive the run");
        let fails = fates(&program.graph).contains(&Fate::Fails);
        match ended.forgotten {
            0 => agrees(seed, &program, &ended),
            _ => assert!(!fails || ended.phase != RunPhase::Succeeded, "seed {seed} succeeds"),
        }
        forgotten.set(forgotten.get() + ended.forgotten);
        seeds.set(seeds.get() + 1);
    });
    assert!(seeds.get() < SEEDS || forgotten.get() > 1_000, "{} outputs are lost", forgotten.get());
}

/// How far each kind of node may be when an abort comes.
#[rustfmt::skip]
const ABORTED: [(&str, &str); 10] = [
    ("array", "Collecting Draining Ending Failing LookingUp Pending Requested Running"),
    ("branch", "Collecting Ending LookingUp Pending Requested Running"),
    ("dynamic", "Collecting Draining Ending Failing HandlingFailure Running"),
    ("end", "Ending LookingUp Pending Requested Running"),
    ("gate", "BackingOff Ending LookingUp Pending Requested Running"),
    ("item", "BackingOff Ending LeavingQueue Pending Requested Running TimingOut"),
    ("launch plan", "BackingOff Ending LookingUp Pending Requested Running TimingOut"),
    ("sleep", "Ending LookingUp Pending Requested Sleeping"),
    ("task", "AwaitingReservation BackingOff Ending LeavingQueue LookingUp Pending Requested Running Storing TimingOut"),
    ("workflow", "Collecting Draining Ending Failing HandlingFailure LookingUp Pending Requested Running"),
];

/// A run that is aborted at some step, and has ended with nothing alive.
fn aborted(seed: u64, program: &Program, mut rng: ChaCha8Rng) -> Ended {
    let step = rng.random_range(1..40);
    let mut program = program.clone();
    program.settings.queueing_budget = Some(Nanos(1_000_000_000));
    let ended = Simulator::new(&program, Faults::MANY, rng).abort_at(step).run();
    assert!(ended.phase.is_terminal());
    assert_eq!(ended.live, 0, "seed {seed}: attempts outlive the aborted run");
    ended
}

#[test]
fn an_abort_at_any_step_leaves_nothing_alive() {
    let (met, seeds) = (RefCell::new(BTreeSet::new()), Cell::new(0));
    for_each_seed(|seed, program, rng| {
        met.borrow_mut().extend(aborted(seed, program, rng).aborted);
        seeds.set(seeds.get() + 1);
    });
    let expected =
        ABORTED.iter().flat_map(|(kind, all)| all.split(' ').map(move |how| format!("{kind}: {how}")));
    let expected: BTreeSet<String> = expected.collect();
    let (met, all) = (met.take(), seeds.get() >= SEEDS);
    let missing: Vec<_> = expected.difference(&met).filter(|_| all).collect();
    let new: Vec<_> = met.difference(&expected).collect();
    assert!(missing.is_empty() && new.is_empty(), "never aborted at {missing:?}; not listed: {new:?}");
}

/// A task had run and its outputs were on their way into the cache when the driver died. The abort ended the node as
/// done, and the request that had begun the task was carried out once more.
#[test]
fn what_has_run_does_not_run_again_for_a_late_request() {
    for_seed(3009, |seed, program, rng| drop(aborted(seed, program, rng)));
}

/// Events of each attempt come in order, once, and exactly one ends the run.
#[test]
fn events_tell_one_consistent_story() {
    for_each_seed(|seed, program, rng| {
        let ended = Simulator::new(program, Faults::MANY, rng).run();
        let mut attempts = std::collections::BTreeMap::new();
        let mut versions = std::collections::BTreeMap::new();
        let mut tell = |event: &Event, of: (NodeIx, u32), item: Option<(u32, u32)>, phase: ItemPhase| {
            let rank = attempt_rank(phase);
            let before = attempts.insert((of, item), rank).unwrap_or(0);
            // At the end of an array it may be told again how its items have ended.
            let again = item.is_some() && before == rank && rank == 3;
            assert!(before < rank && before < 3 || again, "seed {seed}: {event:?} after {before}");
            let array = item.and_then(|_| attempts.get(&(of, None)));
            assert!(array.is_none_or(|rank| *rank == 2), "seed {seed}: {event:?} outside of its array");
        };
        for event in &ended.events {
            match event {
                Event::Attempt { node, attempt, phase, .. } => {
                    tell(event, (*node, *attempt), None, phase.into());
                }
                Event::Items { node, attempt, items, version, .. } => {
                    let before = versions.insert(*node, *version).unwrap_or(0);
                    assert!(before < *version, "seed {seed}: {event:?} after version {before}");
                    for news in items {
                        tell(event, (*node, *attempt), Some((news.index, news.attempt)), news.phase);
                    }
                }
                _ => {}
            }
        }
        one_story_a_node(seed, &ended);
        let ends = ended.events.iter().filter(|event| ends_run(event)).count();
        assert_eq!(ends, 1, "seed {seed}");
        let open: Vec<_> = attempts.iter().filter(|(_, rank)| **rank != 3).collect();
        assert!(open.is_empty(), "seed {seed}: attempts were left open: {open:?}");
    });
}

/// Each node is reported in order, and what is inside of a node between its beginning and its end.
fn one_story_a_node(seed: u64, ended: &Ended) {
    let mut ranks = std::collections::BTreeMap::new();
    for event in &ended.events {
        let Event::Node { node, phase, .. } = event else { continue };
        let rank = node_rank(phase);
        let before = ranks.insert(*node, rank).unwrap_or(0);
        assert!(before < rank && before < 4, "seed {seed}: {event:?} after {before}");
        if let Some(parent) = ended.plan.node(*node).parent {
            let outer = ranks.get(&parent);
            assert!(matches!(outer, Some(2 | 3)), "seed {seed}: {event:?} outside of its parent {parent:?}");
        }
    }
    assert!(ranks.values().all(|rank| *rank == 4), "seed {seed}: a node was left open");
}

fn node_rank(phase: &NodePhase) -> u32 {
    match phase {
        NodePhase::Queued => 1,
        NodePhase::Running => 2,
        NodePhase::Growing(_) => 3,
        _ => 4,
    }
}

fn attempt_rank(phase: ItemPhase) -> u32 {
    match phase {
        ItemPhase::Queued => 1,
        ItemPhase::Running => 2,
        ItemPhase::Succeeded | ItemPhase::Failed | ItemPhase::Aborted => 3,
    }
}

fn ends_run(event: &Event) -> bool {
    let Event::Run { phase, .. } = event else { return false };
    matches!(phase, RunEventPhase::Succeeded | RunEventPhase::Failed(_) | RunEventPhase::Aborted(_))
}
