//! Random workflows: a graph, and what each try of each node will do.

use std::collections::BTreeMap;

use aileron_engine::{ErrorKind, Failure, NodeIx, Plan, PlanSettings};
use aileron_idl::core::array_node::{ParallelismOption, SuccessCriteria};
use aileron_idl::core::node_metadata::{CacheSerializableValue, CacheableValue};
use aileron_idl::core::workflow_node::Reference as WorkflowReference;
use aileron_idl::core::{
    ArrayNode, BooleanExpression, BranchNode, CompiledTask, CompiledWorkflow, CompiledWorkflowClosure,
    ConnectionSet, GateNode, Identifier, IfBlock, IfElseBlock, Node, NodeMetadata, RetryStrategy,
    SignalCondition, SleepCondition, TaskNode, TaskTemplate, TypedInterface, Variable, VariableMap,
    WorkflowMetadata, WorkflowNode, WorkflowTemplate, connection_set::IdList, gate_node, node::Target,
    task_node::Reference,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Much longer than a task takes that does not hang.
const TIMEOUT: prost_types::Duration = prost_types::Duration { seconds: 60, nanos: 0 };

/// What one try does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    UserFailure,
    SystemFailure,
    Fatal,
    /// It never ends by itself; what does so has a time-out.
    Hang,
}

impl Outcome {
    pub(crate) fn failure(self) -> Option<Failure> {
        let (kind, recoverable) = match self {
            Outcome::Success => return None,
            Outcome::UserFailure | Outcome::Hang => (ErrorKind::User, true),
            Outcome::SystemFailure => (ErrorKind::System, true),
            Outcome::Fatal => (ErrorKind::User, false),
        };
        Some(Failure {
            kind,
            code: format!("{self:?}"),
            message: "as scripted".into(),
            recoverable,
            raised_at: None,
            deck: false,
        })
    }
}

/// One node: whom it waits for, its retries, and what its tries do; the last outcome repeats. A node
/// with something inside has one try, which makes its inputs ready.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) upstream: Vec<usize>,
    pub(crate) retries: u32,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) body: Body,
    /// Of a task: which entry of the cache its outputs are. Those that share one share their script.
    pub(crate) cached: Option<usize>,
    /// Whether it has a time-out, if it is of a kind that has one here.
    pub(crate) limited: bool,
}

/// What a node does.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Task,
    Workflow(Graph),
    /// The arms, and the one that is taken; none is when no condition holds.
    Branch(Vec<Step>, Option<usize>),
    /// Whole seconds.
    Sleep(i64),
    /// A signal, or another execution: something that ends once, well or not.
    Gate,
    Launch,
    /// A task that makes this workflow when it succeeds.
    Dynamic(Graph),
    Array(Array),
}

/// The items of an array, and how many of them must succeed. All have the retries of the first.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub(crate) items: Vec<Step>,
    /// Whether the items are executions of their own.
    pub(crate) launch: bool,
    pub(crate) parallelism: Option<u32>,
    pub(crate) needed: u32,
    pub(crate) run_all: bool,
}

impl Step {
    fn each(&mut self, act: &mut dyn FnMut(&mut Step)) {
        act(self);
        match &mut self.body {
            Body::Workflow(graph) | Body::Dynamic(graph) => graph.each(act),
            Body::Branch(arms, _) => arms.iter_mut().for_each(|arm| arm.each(act)),
            Body::Array(array) => array.items.iter_mut().for_each(|item| item.each(act)),
            Body::Task | Body::Sleep(_) | Body::Gate | Body::Launch => {}
        }
    }

    fn tasks(&mut self, act: &mut impl FnMut(&mut Step)) {
        match &mut self.body {
            Body::Task => act(self),
            Body::Workflow(graph) | Body::Dynamic(graph) => graph.tasks(act),
            Body::Branch(arms, _) => arms.iter_mut().for_each(|arm| arm.tasks(act)),
            Body::Sleep(_) | Body::Gate | Body::Launch | Body::Array(_) => {}
        }
    }

    pub(crate) fn task(retries: u32, outcomes: Vec<Outcome>) -> Step {
        Step { upstream: Vec::new(), retries, outcomes, body: Body::Task, cached: None, limited: true }
    }

    /// Whether it has nothing inside.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.body, Body::Task | Body::Sleep(_) | Body::Gate | Body::Launch)
    }

    /// Of the entries of the cache, every other is computed by one at a time.
    pub(crate) fn serialized(&self) -> bool {
        self.cached.is_some_and(|entry| entry % 2 == 0)
    }

    pub(crate) fn outcome(&self, nth: usize) -> Outcome {
        self.outcomes[nth.min(self.outcomes.len() - 1)]
    }
}

/// The nodes of one workflow.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) steps: Vec<Step>,
    pub(crate) fail_immediately: bool,
    pub(crate) failure_node: Option<Box<Step>>,
}

/// A workflow with its script.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) graph: Graph,
    pub(crate) settings: PlanSettings,
}

pub(crate) fn name(step: usize) -> String {
    format!("n{step}")
}

pub(crate) fn arm_name(branch: &str, arm: usize) -> String {
    format!("{branch}-a{arm}")
}

pub(crate) const FAILURE_NODE: &str = "fail";

impl Program {
    pub(crate) fn random(rng: &mut ChaCha8Rng) -> Program {
        let trouble = rng.random_range(0..40);
        let size = rng.random_range(1..=10);
        let mut graph = random_graph(rng, size, trouble, 2);
        let scripts: Vec<Step> = (0..4).map(|_| random_task(rng, trouble)).collect();
        graph.tasks(&mut |task| share(task, rng.random_range(0..16), &scripts));
        let settings = PlanSettings {
            max_parallelism: rng.random_range(0..=4),
            recovers: rng.random_ratio(1, 4),
            ..Default::default()
        };
        Program { graph, settings }
    }

    /// A program of these steps, which ends at the first failure.
    pub(crate) fn of(steps: Vec<Step>) -> Program {
        let graph = Graph { steps, fail_immediately: true, failure_node: None };
        Program { graph, settings: PlanSettings::default() }
    }

    /// The same without time-outs, which nothing may need then.
    pub(crate) fn timeless(mut self) -> Program {
        self.graph.each(&mut |step| step.limited = false);
        self
    }

    /// The same, but that each try that would end so ends otherwise.
    pub(crate) fn instead(mut self, of: Outcome, outcome: Outcome) -> Program {
        self.graph.each(&mut |step| {
            step.outcomes.iter_mut().filter(|planned| **planned == of).for_each(|planned| *planned = outcome);
        });
        self
    }

    pub(crate) fn plan(&self) -> Plan {
        let closure = self.graph.closure("top");
        Plan::from_closure(&closure, self.settings).expect("a random program is a valid plan")
    }

    /// The step of a node; start and end nodes have none.
    pub(crate) fn step(&self, plan: &Plan, ix: NodeIx) -> Option<&Step> {
        let id = &plan.node(ix).id;
        let Some(parent) = plan.node(ix).parent else { return self.graph.find(id) };
        match &self.step(plan, parent)?.body {
            Body::Workflow(graph) | Body::Dynamic(graph) => graph.find(id),
            Body::Array(array) => plan.item(ix).map(|item| &array.items[item as usize]),
            Body::Branch(arms, _) => (0..)
                .zip(arms)
                .find(|(arm, _)| arm_name(&plan.node(parent).id, *arm) == *id)
                .map(|(_, arm)| arm),
            _ => None,
        }
    }
}

/// A task that uses an entry of the cache has the entry's script.
fn share(task: &mut Step, entry: usize, scripts: &[Step]) {
    let Some(Step { retries, outcomes, .. }) = scripts.get(entry) else { return };
    (task.retries, task.outcomes, task.cached) = (*retries, outcomes.clone(), Some(entry));
}

impl Graph {
    pub(crate) fn closure(&self, id: &str) -> CompiledWorkflowClosure {
        let mut sub_workflows = Vec::new();
        CompiledWorkflowClosure {
            primary: Some(self.compiled(id, &mut sub_workflows)),
            sub_workflows,
            tasks: vec![CompiledTask {
                template: Some(TaskTemplate {
                    id: Some(identifier("task")),
                    interface: Some(an_output()),
                    ..Default::default()
                }),
            }],
            ..Default::default()
        }
    }

    fn tasks(&mut self, act: &mut impl FnMut(&mut Step)) {
        for step in self.steps.iter_mut().chain(self.failure_node.as_deref_mut()) {
            step.tasks(act);
        }
    }

    /// Every step at any depth, items too.
    fn each(&mut self, act: &mut dyn FnMut(&mut Step)) {
        for step in self.steps.iter_mut().chain(self.failure_node.as_deref_mut()) {
            step.each(act);
        }
    }

    fn find(&self, id: &str) -> Option<&Step> {
        let named = (0..).zip(&self.steps).find(|(ix, _)| name(*ix) == id).map(|(_, step)| step);
        named.or_else(|| self.failure_node.as_deref().filter(|_| id == FAILURE_NODE))
    }

    fn compiled(&self, id: &str, subs: &mut Vec<CompiledWorkflow>) -> CompiledWorkflow {
        let mut nodes = vec![bare("start-node"), bare("end-node")];
        nodes.extend((0..).zip(&self.steps).map(|(ix, step)| step.node(id, &name(ix), subs)));
        let metadata =
            WorkflowMetadata { on_failure: i32::from(!self.fail_immediately), ..Default::default() };
        let template = WorkflowTemplate {
            id: Some(identifier(id)),
            nodes,
            metadata: Some(metadata),
            failure_node: self.failure_node.as_ref().map(|step| step.node(id, FAILURE_NODE, subs)),
            ..Default::default()
        };
        let connections = ConnectionSet { upstream: self.upstream(), downstream: BTreeMap::new() };
        CompiledWorkflow { template: Some(template), connections: Some(connections) }
    }

    fn upstream(&self) -> BTreeMap<String, IdList> {
        let mut sinks: Vec<bool> = vec![true; self.steps.len()];
        let mut edges = BTreeMap::new();
        let start = || IdList { ids: vec!["start-node".into()] };
        for (ix, step) in self.steps.iter().enumerate() {
            step.upstream.iter().for_each(|from| sinks[*from] = false);
            let ids: Vec<String> = step.upstream.iter().map(|from| name(*from)).collect();
            edges.insert(name(ix), if ids.is_empty() { start() } else { IdList { ids } });
            // Arms have edges too, though their branch starts them.
            if let Body::Branch(..) = step.body {
                edges.insert(arm_name(&name(ix), 0), start());
            }
        }
        if self.failure_node.is_some() {
            edges.insert(FAILURE_NODE.into(), start());
        }
        let ids: Vec<String> = (0..self.steps.len()).filter(|ix| sinks[*ix]).map(name).collect();
        edges.insert("end-node".into(), if ids.is_empty() { start() } else { IdList { ids } });
        edges
    }
}

impl Step {
    fn node(&self, inside: &str, id: &str, subs: &mut Vec<CompiledWorkflow>) -> Node {
        let retries = Some(RetryStrategy { retries: self.retries });
        // The oracle knows no time, and that of a node with others inside is that of all of them.
        let ends_alone = matches!(self.body, Body::Task | Body::Gate | Body::Launch);
        let timeout = (ends_alone && self.limited).then_some(TIMEOUT);
        Node {
            metadata: Some(NodeMetadata {
                retries,
                timeout,
                cacheable_value: Some(CacheableValue::Cacheable(self.cached.is_some())),
                cache_serializable_value: Some(CacheSerializableValue::CacheSerializable(self.serialized())),
                ..Default::default()
            }),
            target: Some(self.target(&format!("{inside}/{id}"), id, subs)),
            ..bare(id)
        }
    }

    fn target(&self, path: &str, id: &str, subs: &mut Vec<CompiledWorkflow>) -> Target {
        match &self.body {
            Body::Array(array) => array.target(),
            Body::Task | Body::Dynamic(_) => Target::TaskNode(TaskNode {
                reference: Some(Reference::ReferenceId(identifier("task"))),
                overrides: None,
            }),
            Body::Sleep(seconds) => {
                let duration = Some(prost_types::Duration { seconds: *seconds, nanos: 0 });
                gate(gate_node::Condition::Sleep(SleepCondition { duration }))
            }
            Body::Gate => gate(gate_node::Condition::Signal(SignalCondition::default())),
            Body::Launch => {
                let reference = Some(WorkflowReference::LaunchplanRef(identifier("plan")));
                Target::WorkflowNode(WorkflowNode { reference })
            }
            Body::Workflow(graph) => {
                let compiled = graph.compiled(path, subs);
                subs.push(compiled);
                let reference = Some(WorkflowReference::SubWorkflowRef(identifier(path)));
                Target::WorkflowNode(WorkflowNode { reference })
            }
            Body::Branch(arms, _) => {
                let arms = arms.iter().enumerate();
                let mut blocks = arms.map(|(ix, arm)| IfBlock {
                    condition: Some(BooleanExpression::default()),
                    then_node: Some(Box::new(arm.node(path, &arm_name(id, ix), subs))),
                });
                let case = blocks.next().map(Box::new);
                let if_else = IfElseBlock { case, other: blocks.collect(), default: None };
                Target::BranchNode(Box::new(BranchNode { if_else: Some(Box::new(if_else)) }))
            }
        }
    }
}

impl Array {
    fn target(&self) -> Target {
        let body = if self.launch { Body::Launch } else { Body::Task };
        let retries = self.items.first().map_or(0, |item| item.retries);
        let limited = self.items.first().is_none_or(|item| item.limited);
        let item = Step { body, limited, ..Step::task(retries, vec![Outcome::Success]) };
        Target::ArrayNode(Box::new(ArrayNode {
            node: Some(Box::new(item.node("", "item", &mut Vec::new()))),
            parallelism_option: self.parallelism.map(ParallelismOption::Parallelism),
            // None needed at all has no other form.
            success_criteria: Some(match self.needed {
                0 => SuccessCriteria::MinSuccessRatio(0.0),
                needed => SuccessCriteria::MinSuccesses(needed),
            }),
            run_all_sub_nodes: self.run_all,
            ..Default::default()
        }))
    }
}

fn random_graph(rng: &mut ChaCha8Rng, size: usize, trouble: u32, depth: u32) -> Graph {
    let steps = (0..size).map(|ix| random_step(rng, ix, trouble, depth)).collect();
    let handled = rng.random_ratio(1, 4);
    Graph {
        steps,
        fail_immediately: rng.random(),
        failure_node: handled.then(|| Box::new(random_step(rng, 0, trouble, depth.saturating_sub(1)))),
    }
}

fn random_step(rng: &mut ChaCha8Rng, ix: usize, trouble: u32, depth: u32) -> Step {
    let upstream = (0..ix).filter(|_| rng.random_ratio(1, 3)).collect();
    let step = Step { upstream, ..random_task(rng, trouble) };
    match rng.random_range(0..10) {
        0 if depth > 0 => Step { body: random_workflow(rng, trouble, depth - 1), ..prepared(step) },
        1 if depth > 0 => Step { body: random_branch(rng, trouble, depth - 1), ..prepared(step) },
        2 => Step { body: Body::Sleep(rng.random_range(0..4)), ..prepared(step) },
        3 => Step { body: if rng.random() { Body::Gate } else { Body::Launch }, ..step },
        4 if depth > 0 => Step { body: random_dynamic(rng, trouble, depth - 1), ..ending(step) },
        5 => Step { body: random_array(rng, trouble), retries: 0, ..prepared(step) },
        _ => step,
    }
}

fn random_task(rng: &mut ChaCha8Rng, trouble: u32) -> Step {
    let outcomes = (0..4).map(|_| random_outcome(rng, trouble)).collect();
    Step::task(rng.random_range(0..=2), outcomes)
}

fn an_output() -> TypedInterface {
    let variables = [("o0".to_owned(), Variable::default())].into();
    TypedInterface { inputs: None, outputs: Some(VariableMap { variables }) }
}

fn gate(condition: gate_node::Condition) -> Target {
    Target::GateNode(Box::new(GateNode { condition: Some(condition) }))
}

/// A node with something inside makes its inputs ready at the first try.
fn prepared(step: Step) -> Step {
    Step { outcomes: vec![Outcome::Success], ..step }
}

/// What has no time-out does not hang.
fn ending(mut step: Step) -> Step {
    for outcome in step.outcomes.iter_mut().filter(|outcome| **outcome == Outcome::Hang) {
        *outcome = Outcome::UserFailure;
    }
    step
}

fn random_workflow(rng: &mut ChaCha8Rng, trouble: u32, depth: u32) -> Body {
    let size = rng.random_range(1..=4);
    Body::Workflow(random_graph(rng, size, trouble, depth))
}

fn random_dynamic(rng: &mut ChaCha8Rng, trouble: u32, depth: u32) -> Body {
    let size = rng.random_range(0..=4);
    Body::Dynamic(random_graph(rng, size, trouble, depth))
}

fn random_array(rng: &mut ChaCha8Rng, trouble: u32) -> Body {
    let (size, retries, launch) = (rng.random_range(0..=9_u32), rng.random_range(0..=1), rng.random());
    let mut item = || Step::task(retries, (0..4).map(|_| random_outcome(rng, trouble)).collect());
    let items = (0..size).map(|_| item()).collect();
    Body::Array(Array {
        items,
        launch,
        parallelism: [None, Some(0), Some(2)][rng.random_range(0..3)],
        needed: if rng.random() { size } else { rng.random_range(0..=size) },
        run_all: rng.random(),
    })
}

fn random_branch(rng: &mut ChaCha8Rng, trouble: u32, depth: u32) -> Body {
    let arms: Vec<Step> = (0..rng.random_range(1..=3)).map(|_| random_step(rng, 0, trouble, depth)).collect();
    let taken = rng.random_range(0..arms.len() * 8);
    let taken = if taken == 0 && trouble > 10 { None } else { Some(taken % arms.len()) };
    Body::Branch(arms, taken)
}

fn random_outcome(rng: &mut ChaCha8Rng, trouble: u32) -> Outcome {
    match rng.random_range(0..100) {
        roll if roll >= trouble => Outcome::Success,
        roll if roll % 7 == 0 => Outcome::Fatal,
        roll if roll % 5 == 0 => Outcome::Hang,
        roll if roll % 2 == 0 => Outcome::SystemFailure,
        _ => Outcome::UserFailure,
    }
}

fn bare(id: &str) -> Node {
    Node { id: id.into(), ..Default::default() }
}

fn identifier(name: &str) -> Identifier {
    Identifier { name: name.into(), ..Default::default() }
}
