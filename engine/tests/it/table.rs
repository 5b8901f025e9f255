//! Every pair of (progress of an attempt, what is seen of it), with the step that follows.

use aileron_engine::{
    Active, AttemptPhase, AttemptSeen, CacheReport, Decision, Effect, ErrorKind, Event, Failure, Look, Nanos,
    NodeState, Observations, Plan, Progress, RunPhase, RunState, Timestamp, Tries, decide,
};

use crate::program::{Outcome, Program, Step};

const NOW: Timestamp = Timestamp(10);

fn plan() -> Plan {
    let second = Some(Nanos(1_000_000_000));
    let mut program = Program::of(vec![Step::task(1, vec![Outcome::Success])]);
    program.settings.queueing_budget = second;
    program.plan()
}

fn failure() -> Failure {
    Failure {
        kind: ErrorKind::User,
        code: "C".into(),
        message: "m".into(),
        recoverable: true,
        raised_at: None,
        deck: false,
    }
}

fn seen(name: &str) -> Option<AttemptSeen> {
    Some(match name {
        "nothing" => return None,
        "pending" => AttemptSeen::Pending,
        "running" => AttemptSeen::Running { since: NOW },
        "succeeded" => AttemptSeen::Succeeded { since: NOW, at: NOW, deck: false },
        "failed" => AttemptSeen::Failed { since: Some(NOW), at: NOW, failure: failure() },
        "lost" => AttemptSeen::Lost { at: NOW },
        "gone" => AttemptSeen::Gone,
        "cached" => AttemptSeen::Cached { at: NOW, report: CacheReport::default() },
        "not cached" => AttemptSeen::NotCached { report: CacheReport::default() },
        "held" => AttemptSeen::HeldBy { owner: "o".into(), report: CacheReport::default() },
        "stored" => AttemptSeen::Stored { at: NOW, report: CacheReport::default() },
        other => panic!("no such sight: {other}"),
    })
}

/// The state after one look at n0, and how many effects and events came of it.
fn step(progress: Progress, sight: &str) -> (String, usize, usize) {
    let mut plan = plan();
    let node = plan.find("n0").expect("n0");
    let start = (plan.find("start-node").expect("start"), NodeState::Succeeded { attempt: 0 });
    let ending = matches!(progress, Progress::Ending { .. });
    let announced = matches!(progress, Progress::Running | Progress::TimingOut);
    let active = Active { tries: Tries::default(), announced, progress, deadline: None };
    let phase = if ending { RunPhase::Aborting("asked".into()) } else { RunPhase::Running };
    let mut state = RunState::restore(&plan, phase, [start, (node, NodeState::Active(Box::new(active)))], []);
    let mut seen_now = Observations::default();
    if let Some(seen) = seen(sight) {
        seen_now.set(node, 0, seen);
    }
    let Decision { effects, events, .. } = decide(&mut plan, &mut state, &seen_now, Look::At(&[node]), NOW);
    (show(state.node(node)), effects.len(), events.len())
}

fn show(state: &NodeState) -> String {
    match state {
        NodeState::Active(active) => format!("{:?}#{}", active.progress, active.tries.attempt),
        other => format!("{other:?}"),
    }
}

#[test]
fn every_pair_has_its_step() {
    let held = "AwaitingReservation { owner: \"o\" }#0";
    let awaiting = || Progress::AwaitingReservation { owner: "o".into() };
    let storing = || Progress::Storing { deck: false };
    #[rustfmt::skip]
    let table = [
        (Progress::Requested, "nothing",   "Requested#0", 1, 0),
        (Progress::Requested, "pending",   "Pending#0",   0, 1),
        (Progress::Requested, "running",   "Running#0",   0, 3),
        (Progress::Requested, "succeeded", "Succeeded { attempt: 0 }", 1, 6),
        (Progress::Requested, "failed",    "Requested#1", 1, 4),
        (Progress::Requested, "lost",      "Requested#1", 1, 0),
        (Progress::Requested, "gone",      "Requested#1", 1, 0),
        (Progress::Pending,   "nothing",   "Pending#0",   1, 0),
        (Progress::Pending,   "pending",   "Pending#0",   0, 0),
        (Progress::Pending,   "running",   "Running#0",   0, 2),
        (Progress::Pending,   "succeeded", "Succeeded { attempt: 0 }", 1, 5),
        (Progress::Pending,   "failed",    "Requested#1", 1, 3),
        (Progress::Pending,   "lost",      "Requested#1", 1, 1),
        (Progress::Pending,   "gone",      "Requested#1", 1, 1),
        (Progress::Running,   "nothing",   "Running#0",   1, 0),
        (Progress::Running,   "pending",   "Running#0",   0, 0),
        (Progress::Running,   "running",   "Running#0",   0, 0),
        (Progress::Running,   "succeeded", "Succeeded { attempt: 0 }", 1, 3),
        (Progress::Running,   "failed",    "Requested#1", 1, 1),
        (Progress::Running,   "lost",      "Requested#1", 1, 1),
        (Progress::Running,   "gone",      "Requested#1", 1, 1),
        (Progress::TimingOut, "nothing",   "TimingOut#0", 1, 0),
        (Progress::TimingOut, "pending",   "TimingOut#0", 1, 0),
        (Progress::TimingOut, "running",   "TimingOut#0", 1, 0),
        (Progress::TimingOut, "succeeded", "Succeeded { attempt: 0 }", 1, 3),
        (Progress::TimingOut, "failed",    "Requested#1", 1, 1),
        (Progress::TimingOut, "lost",      "Requested#1", 1, 1),
        (Progress::TimingOut, "gone",      "Requested#1", 1, 1),
        (Progress::LookingUp, "nothing",    "LookingUp#0", 1, 0),
        (Progress::LookingUp, "pending",    "LookingUp#0", 0, 0),
        (Progress::LookingUp, "cached",     "Succeeded { attempt: 0 }", 1, 2),
        (Progress::LookingUp, "not cached", "Requested#0", 1, 1),
        (Progress::LookingUp, "held",       held,          0, 1),
        (Progress::LookingUp, "failed",     "Requested#1", 1, 1),
        (awaiting(),          "nothing",    held,          1, 0),
        (awaiting(),          "held",       held,          0, 0),
        (awaiting(),          "cached",     "Succeeded { attempt: 0 }", 1, 2),
        (awaiting(),          "not cached", "Requested#0", 1, 0),
        (awaiting(),          "failed",     "Requested#1", 1, 0),
        (storing(),           "nothing",    "Storing { deck: false }#0", 1, 0),
        (storing(),           "succeeded",  "Storing { deck: false }#0", 1, 0),
        (storing(),           "pending",    "Storing { deck: false }#0", 0, 0),
        (storing(),           "stored",     "Succeeded { attempt: 0 }", 1, 2),
    ];
    hold(table);
}

#[test]
fn every_pair_has_its_step_while_an_attempt_is_taken_back_or_ended() {
    let leaving = Progress::LeavingQueue { reported: true };
    let ending = Progress::Ending { reported: true };
    let shown_leaving = "LeavingQueue { reported: true }#0";
    let shown_ending = "Ending { reported: true }#0";
    #[rustfmt::skip]
    let table = [
        (leaving.clone(),     "nothing",   shown_leaving, 1, 0),
        (leaving.clone(),     "pending",   shown_leaving, 1, 0),
        (leaving.clone(),     "running",   shown_leaving, 1, 0),
        (leaving.clone(),     "succeeded", "Succeeded { attempt: 0 }", 1, 5),
        (leaving.clone(),     "failed",    "Requested#1", 1, 3),
        (leaving.clone(),     "lost",      "Failed { attempt: 0 }", 0, 5),
        (leaving,             "gone",      "Failed { attempt: 0 }", 0, 5),
        (ending.clone(),      "cached",     "Succeeded { attempt: 0 }", 0, 2),
        (ending.clone(),      "not cached", shown_ending,  1, 0),
        (ending.clone(),      "held",       shown_ending,  1, 0),
        (ending.clone(),              "nothing",   shown_ending,  1, 0),
        (ending.clone(),              "pending",   shown_ending,  1, 0),
        (ending.clone(),              "running",   shown_ending,  1, 0),
        (ending.clone(),              "succeeded", "Succeeded { attempt: 0 }", 0, 3),
        (ending.clone(),              "failed",    "Aborted { attempt: 0 }", 0, 3),
        (ending.clone(),              "lost",      "Aborted { attempt: 0 }", 0, 3),
        (ending,                      "gone",      "Aborted { attempt: 0 }", 0, 3),
    ];
    hold(table);
}

fn hold<const N: usize>(table: [(Progress, &str, &str, usize, usize); N]) {
    for (progress, sight, state, effects, events) in table {
        assert_eq!(
            step(progress.clone(), sight),
            (state.into(), effects, events),
            "{progress:?} sees {sight}"
        );
    }
}

/// When each step of an attempt is told to have been, for one that is seen to have ended.
fn told(seen: AttemptSeen) -> Vec<(&'static str, i64)> {
    let mut plan = plan();
    let node = plan.find("n0").expect("n0");
    let start = (plan.find("start-node").expect("start"), NodeState::Succeeded { attempt: 0 });
    let progress = Progress::Requested;
    let active = Active { tries: Tries::default(), announced: false, progress, deadline: None };
    let nodes = [start, (node, NodeState::Active(Box::new(active)))];
    let mut state = RunState::restore(&plan, RunPhase::Running, nodes, []);
    let mut seen_now = Observations::default();
    seen_now.set(node, 0, seen);
    let decision = decide(&mut plan, &mut state, &seen_now, Look::At(&[node]), NOW);
    let step = |event: &Event| match event {
        Event::Attempt { phase: AttemptPhase::Queued, at, .. } => Some(("queued", at.0)),
        Event::Attempt { phase: AttemptPhase::Running, at, .. } => Some(("running", at.0)),
        Event::Attempt { at, .. } => Some(("ended", at.0)),
        _ => None,
    };
    decision.events.iter().filter_map(step).collect()
}

#[test]
fn an_attempt_is_queued_then_begins_then_ends() {
    #[rustfmt::skip]
    let table = [
        (3, 8, [("queued", 3), ("running", 3), ("ended", 8)]),
        (8, 8, [("queued", 8), ("running", 8), ("ended", 8)]),
        (9, 8, [("queued", 8), ("running", 8), ("ended", 8)]),
        (12, 14, [("queued", 10), ("running", 12), ("ended", 14)]),
    ];
    for (since, at, steps) in table {
        let (since, at) = (Timestamp(since), Timestamp(at));
        assert_eq!(told(AttemptSeen::Succeeded { since, at, deck: false }), steps, "{since:?} to {at:?}");
        let failed = AttemptSeen::Failed { since: Some(since), at, failure: failure() };
        assert_eq!(told(failed), steps, "{since:?} to {at:?}");
    }
}

#[test]
fn an_attempt_ends_at_its_deadline_and_never_before() {
    let mut plan = plan();
    let node = plan.find("n0").expect("n0");
    let start = (plan.find("start-node").expect("start"), NodeState::Succeeded { attempt: 0 });
    let mut seen_now = Observations::default();
    seen_now.set(node, 0, AttemptSeen::Running { since: NOW });
    let requested =
        Active { tries: Tries::default(), announced: true, progress: Progress::Pending, deadline: None };
    let nodes = [start, (node, NodeState::Active(Box::new(requested)))];
    let mut state = RunState::restore(&plan, RunPhase::Running, nodes, []);
    let deadline = NOW.plus_nanos(60_000_000_000);
    let look = Look::At(&[node]);
    assert_eq!(decide(&mut plan, &mut state, &seen_now, look, NOW).wake_at, Some(deadline));
    let early = decide(&mut plan, &mut state, &seen_now, look, Timestamp(deadline.0 - 1));
    assert_eq!((show(state.node(node)), early.effects), ("Running#0".into(), vec![]));
    let due = decide(&mut plan, &mut state, &seen_now, Look::At(&[]), deadline);
    assert_eq!(show(state.node(node)), "TimingOut#0");
    assert_eq!((due.effects, due.wake_at), (vec![Effect::Kill { node, attempt: 0 }], None));
}
