//! Limits of time, step by step: which kind of node ends how when its time is over.

use aileron_engine::{
    AttemptSeen, Deadline, Decision, Effect, Event, Inside, Look, Nanos, NodeIx, NodePhase, NodeState,
    Observations, Plan, PlanSettings, Reason, RunEventPhase, RunPhase, RunState, Timestamp, Tries, decide,
    reason,
};
use aileron_idl::core::node_metadata::InterruptibleValue;
use aileron_idl::core::{CompiledWorkflowClosure, NodeMetadata};

use crate::program::{Array, Body, Graph, Outcome, Step};

const SECOND: i64 = 1_000_000_000;

/// A run that a test drives by hand.
struct Hand {
    plan: Plan,
    state: RunState,
    seen: Observations,
    now: Timestamp,
    events: Vec<Event>,
    effects: Vec<Effect>,
}

impl Hand {
    /// Of one node besides the start node, whose metadata are changed.
    fn of(step: Step, settings: PlanSettings, change: impl Fn(&mut NodeMetadata)) -> Hand {
        let mut closure =
            Graph { steps: vec![step], fail_immediately: true, failure_node: None }.closure("top");
        change(metadata(&mut closure));
        let plan = Plan::from_closure(&closure, settings).expect("a plan");
        let state = RunState::new(&plan);
        let (events, effects) = (Vec::new(), Vec::new());
        let mut hand =
            Hand { plan, state, seen: Observations::default(), now: Timestamp(0), events, effects };
        hand.see("start-node", AttemptSeen::Succeeded { since: Timestamp(0), at: Timestamp(0), deck: false });
        // The start node is asked for, then seen to have ended.
        hand.look();
        hand.look();
        hand
    }

    fn ix(&self, id: &str) -> NodeIx {
        self.plan.find(id).expect("a node")
    }

    fn n0(&self) -> &NodeState {
        self.state.node(self.ix("n0"))
    }

    fn see(&mut self, id: &str, seen: AttemptSeen) {
        let ix = self.ix(id);
        let attempt = self.state.node(ix).attempt();
        self.seen.set(ix, attempt, seen);
    }

    /// Sees something of n0 and decides.
    fn saw(&mut self, seen: AttemptSeen) {
        self.see("n0", seen);
        self.look();
    }

    fn look(&mut self) {
        let Decision { events, effects, .. } =
            decide(&mut self.plan, &mut self.state, &self.seen, Look::Everything, self.now);
        self.events.extend(events);
        self.effects = effects;
    }

    fn after(&mut self, seconds: i64) {
        self.now = self.now.plus_nanos(seconds * SECOND);
        self.look();
    }

    fn runs(&mut self) {
        let since = self.now;
        self.saw(AttemptSeen::Running { since });
    }

    fn failure(&self) -> String {
        let found = self.events.iter().rev().find_map(|event| match event {
            Event::Run { phase: RunEventPhase::Failing(failure), .. } => Some(failure),
            _ => None,
        });
        found.map(|failure| format!("{}: {}", failure.code, failure.message)).unwrap_or_default()
    }

    fn kills(&self) -> usize {
        self.effects.iter().filter(|effect| matches!(effect, Effect::Kill { .. })).count()
    }
}

fn metadata(closure: &mut CompiledWorkflowClosure) -> &mut NodeMetadata {
    let template =
        closure.primary.as_mut().and_then(|primary| primary.template.as_mut()).expect("a template");
    let node = template.nodes.iter_mut().find(|node| node.id == "n0").expect("n0");
    node.metadata.as_mut().expect("metadata")
}

fn task(retries: u32) -> Step {
    Step::task(retries, vec![Outcome::Success])
}

fn with(body: Body) -> Step {
    Step { body, ..task(0) }
}

fn within(seconds: i64) -> impl Fn(&mut NodeMetadata) {
    move |metadata| metadata.timeout = Some(prost_types::Duration { seconds, nanos: 0 })
}

#[test]
fn a_gate_and_a_launch_plan_end_when_their_time_is_over() {
    for body in [Body::Gate, Body::Launch] {
        let mut hand = Hand::of(with(body), PlanSettings::default(), within(5));
        hand.runs();
        hand.after(4);
        assert_eq!(hand.kills(), 0);
        hand.after(1);
        assert_eq!(hand.kills(), 1, "it is taken back");
        hand.saw(AttemptSeen::Gone);
        let expected = "RetriesExhausted|TimeoutExpired: [1/1] currentAttempt done. Last Error: USER::task \
                        execution timeout [5s] expired";
        assert_eq!(hand.failure(), expected);
        assert!(matches!(hand.state.phase(), RunPhase::Failed(_)));
    }
}

#[test]
fn the_wait_at_a_gate_says_when_it_is_over() {
    let mut hand = Hand::of(with(Body::Gate), PlanSettings::default(), within(5));
    hand.runs();
    let found = reason(&hand.plan, &hand.state, hand.ix("n0"));
    assert!(
        matches!(found, Some(Reason::Gate { until: Some(Timestamp(at)), .. }) if at == 5 * SECOND),
        "{found:?}"
    );
}

#[test]
fn a_sleep_lasts_longer_than_the_time_that_gates_have() {
    let mut hand = Hand::of(with(Body::Sleep(10)), PlanSettings::default(), within(5));
    hand.runs();
    hand.after(9);
    assert!(matches!(hand.n0(), NodeState::Active(_)));
    hand.after(1);
    assert!(hand.n0().is_success());
}

#[test]
fn what_is_inside_of_a_node_ends_with_its_time_and_is_not_run_again() {
    let inner = Graph { steps: vec![task(0)], fail_immediately: true, failure_node: None };
    let items = Array { items: vec![task(0)], launch: false, parallelism: None, needed: 1, run_all: true };
    for body in [Body::Workflow(inner), Body::Branch(vec![task(0)], Some(0)), Body::Array(items)] {
        let is_array = matches!(body, Body::Array(_));
        let mut hand = Hand::of(Step { retries: 3, ..with(body) }, PlanSettings::default(), within(5));
        let (now, inside) = (hand.now, Inside::Items(1));
        match is_array {
            true => hand.saw(AttemptSeen::Grew { since: now, at: now, inside }),
            false => hand.saw(AttemptSeen::Chose { since: now, arm: 0 }),
        }
        let child = hand.plan.node(hand.ix("n0")).children().next().expect("a child");
        hand.seen.set(child, 0, AttemptSeen::Running { since: now });
        hand.look();
        hand.after(5);
        assert_eq!(hand.effects, [Effect::Kill { node: child, attempt: 0 }]);
        hand.seen.set(child, 0, AttemptSeen::Gone);
        hand.look();
        assert_eq!(hand.n0(), &NodeState::Failed { attempt: 0 });
        assert_eq!(hand.failure(), "TimeoutExpired: task execution timeout [5s] expired");
    }
}

#[test]
fn the_failure_node_of_a_nested_workflow_runs_after_its_time() {
    let failure_node = Some(Box::new(task(0)));
    let inner = Graph { steps: vec![task(0)], fail_immediately: true, failure_node };
    let mut hand = Hand::of(with(Body::Workflow(inner)), PlanSettings::default(), within(5));
    hand.runs();
    let start = hand.plan.node(hand.ix("n0")).children().next().expect("the inner start node");
    hand.seen.set(start, 0, AttemptSeen::Succeeded { since: hand.now, at: hand.now, deck: false });
    hand.look();
    let Some(Effect::Launch { node: task, .. }) = hand.effects.first().copied() else { panic!("no task") };
    hand.seen.set(task, 0, AttemptSeen::Pending);
    hand.look();
    hand.after(5);
    assert_eq!(hand.effects, [Effect::Kill { node: task, attempt: 0 }]);
    hand.look();
    assert_eq!(hand.effects, [Effect::Kill { node: task, attempt: 0 }], "it ends with what is inside of it");
    hand.seen.set(task, 0, AttemptSeen::Gone);
    hand.look();
    let launched: Vec<_> =
        hand.effects.iter().filter(|effect| matches!(effect, Effect::Launch { .. })).collect();
    assert_eq!(launched.len(), 1, "{:?}", hand.effects);
    assert!(matches!(hand.n0(), NodeState::Active(_)));
}

#[test]
fn an_attempt_that_is_not_begun_in_time_fails_its_node() {
    let settings = PlanSettings { queueing_budget: Some(Nanos(10 * SECOND)), ..Default::default() };
    let mut hand = Hand::of(task(5), settings, |_| {});
    hand.saw(AttemptSeen::Pending);
    let found = reason(&hand.plan, &hand.state, hand.ix("n0"));
    assert_eq!(found, Some(Reason::Slot { until: Some(Timestamp(10 * SECOND)) }));
    hand.after(10);
    assert_eq!(hand.kills(), 1);
    hand.saw(AttemptSeen::Gone);
    assert_eq!(
        hand.failure(),
        "QueueingBudgetExpired: the attempt was not begun within its queueing budget [10s]"
    );
}

#[test]
fn an_attempt_that_is_begun_in_time_runs_as_long_as_it_likes() {
    let settings = PlanSettings { queueing_budget: Some(Nanos(10 * SECOND)), ..Default::default() };
    let mut hand = Hand::of(task(0), settings, |metadata| metadata.timeout = None);
    hand.after(9);
    hand.runs();
    hand.after(1000);
    assert!(hand.effects.is_empty() && matches!(hand.n0(), NodeState::Active(_)), "{:?}", hand.effects);
}

#[test]
fn a_run_ends_when_its_time_is_over() {
    let deadline = Some(Deadline { at: Timestamp(60 * SECOND), after: Nanos(60 * SECOND) });
    let settings = PlanSettings { deadline, ..Default::default() };
    let mut hand = Hand::of(task(5), settings, |metadata| metadata.timeout = None);
    hand.runs();
    hand.after(60);
    assert!(hand.kills() > 0);
    assert_eq!(hand.failure(), "TimeoutExpired: execution timeout [1m0s] expired");
    hand.saw(AttemptSeen::Gone);
    assert!(matches!(hand.state.phase(), RunPhase::Failed(_)));
    let aborted = |event: &Event| matches!(event, Event::Node { phase: NodePhase::Aborted(_), .. });
    assert!(hand.events.iter().any(aborted));
}

/// Each with what the node, the launch and the workflow say, and what holds.
#[test]
fn the_nodes_word_on_interruption_goes_before_the_launchs_and_that_before_the_workflows() {
    for (node, launch, expected) in [
        (None, None, false),
        (None, Some(true), true),
        (Some(false), Some(true), false),
        (Some(true), Some(false), true),
        (Some(true), None, true),
    ] {
        let settings = PlanSettings { interruptible: launch, ..Default::default() };
        let hand = Hand::of(task(0), settings, |metadata| {
            metadata.interruptible_value = node.map(InterruptibleValue::Interruptible);
        });
        let after = |system| {
            let tries = Tries { attempt: system, system, lost: 0 };
            hand.plan.is_interruptible(hand.ix("n0"), tries)
        };
        assert_eq!([after(0), after(2), after(3)], [expected, expected, false], "{node:?} {launch:?}");
    }
}
