//! The properties of the engine, each over many seeds. A failing seed prints itself; found bugs stay
//! as named seeds.

use aileron_engine::{AttemptPhase, Event, NodeState, RunEventPhase, RunPhase};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::oracle::{Fate, fates};
use crate::program::{Program, name};
use crate::simulator::{Ended, Faults, Simulator};

const SEEDS: u64 = 1_500;

fn for_each_seed(test: impl Fn(u64, &Program, ChaCha8Rng)) {
    for seed in 0..SEEDS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let program = Program::random(&mut rng);
        test(seed, &program, rng);
    }
}

/// What the oracle says of a run that ended by itself.
fn agrees(seed: u64, program: &Program, ended: &Ended) {
    let fates = fates(program);
    let fails = fates.contains(&Fate::Fails);
    assert_eq!(fails, matches!(ended.phase, RunPhase::Failed(_)), "seed {seed}: {:?}", ended.phase);
    assert_eq!(!fails, ended.phase == RunPhase::Succeeded, "seed {seed}: {:?}", ended.phase);
    for (step, fate) in fates.iter().enumerate() {
        let state = &ended.nodes[&name(step)];
        let fits = match (fate, state) {
            (Fate::Succeeds, NodeState::Succeeded { .. }) | (Fate::Fails, NodeState::Failed) => true,
            (Fate::Blocked, NodeState::Skipped) => true,
            // Where the first failure ends the run, others may have been cut off on their way.
            (_, NodeState::Aborted | NodeState::Waiting | NodeState::Skipped) => {
                fails && program.fail_immediately
            }
            _ => false,
        };
        assert!(fits, "seed {seed}: n{step} should be {fate:?} and is {state:?}\n{program:?}");
    }
    assert_eq!(ended.live, 0, "seed {seed}: attempts outlive the run");
}

#[test]
fn a_run_without_faults_ends_as_the_oracle_says() {
    for_each_seed(|seed, program, rng| {
        agrees(seed, program, &Simulator::new(program, Faults::NONE, rng).run());
    });
}

#[test]
fn crashes_duplicates_drops_and_reorders_change_nothing() {
    for_each_seed(|seed, program, rng| {
        agrees(seed, program, &Simulator::new(program, Faults::MANY, rng).run());
    });
}

#[test]
fn an_abort_at_any_step_leaves_nothing_alive() {
    for_each_seed(|seed, program, mut rng| {
        let step = rng.random_range(1..40);
        let ended = Simulator::new(program, Faults::MANY, rng).abort_at(step).run();
        assert!(ended.phase.is_terminal());
        assert_eq!(ended.live, 0, "seed {seed}: attempts outlive the aborted run");
    });
}

/// Events of each attempt come in order, once, and exactly one ends the run.
#[test]
fn events_tell_one_consistent_story() {
    for_each_seed(|seed, program, rng| {
        let ended = Simulator::new(program, Faults::MANY, rng).run();
        let mut attempts = std::collections::BTreeMap::new();
        for event in &ended.events {
            if let Event::Attempt { node, attempt, phase, .. } = event {
                let rank = attempt_rank(phase);
                let before = attempts.insert((*node, *attempt), rank).unwrap_or(0);
                assert!(before < rank && before < 3, "seed {seed}: {event:?} after {before}");
            }
        }
        let ends = ended.events.iter().filter(|event| ends_run(event)).count();
        assert_eq!(ends, 1, "seed {seed}");
        assert!(attempts.values().all(|rank| *rank == 3), "seed {seed}: an attempt was left open");
    });
}

fn attempt_rank(phase: &AttemptPhase) -> u32 {
    match phase {
        AttemptPhase::Queued => 1,
        AttemptPhase::Running => 2,
        AttemptPhase::Succeeded { .. } | AttemptPhase::Failed(_) | AttemptPhase::Aborted(_) => 3,
    }
}

fn ends_run(event: &Event) -> bool {
    let Event::Run { phase, .. } = event else { return false };
    matches!(phase, RunEventPhase::Succeeded | RunEventPhase::Failed(_) | RunEventPhase::Aborted(_))
}
