//! Random workflows: a graph, and what each try of each node will do.

use std::collections::BTreeMap;

use aileron_engine::{ErrorKind, Failure, Plan, PlanSettings};
use aileron_idl::core::{
    CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, ConnectionSet, Identifier, Node, NodeMetadata,
    RetryStrategy, TaskNode, TaskTemplate, WorkflowMetadata, WorkflowTemplate, connection_set::IdList,
    node::Target, task_node::Reference,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// What one try does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    UserFailure,
    SystemFailure,
    Fatal,
}

impl Outcome {
    pub(crate) fn failure(self) -> Option<Failure> {
        let (kind, recoverable) = match self {
            Outcome::Success => return None,
            Outcome::UserFailure => (ErrorKind::User, true),
            Outcome::SystemFailure => (ErrorKind::System, true),
            Outcome::Fatal => (ErrorKind::User, false),
        };
        Some(Failure {
            kind,
            code: format!("{self:?}"),
            message: "as scripted".into(),
            recoverable,
            raised_at: None,
        })
    }
}

/// One node: whom it waits for, its retries, and what its tries do; the last outcome repeats.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) upstream: Vec<usize>,
    pub(crate) retries: u32,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Step {
    pub(crate) fn outcome(&self, nth: usize) -> Outcome {
        self.outcomes[nth.min(self.outcomes.len() - 1)]
    }
}

/// A workflow with its script.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) steps: Vec<Step>,
    pub(crate) fail_immediately: bool,
    pub(crate) max_parallelism: u32,
}

pub(crate) fn name(step: usize) -> String {
    format!("n{step}")
}

impl Program {
    pub(crate) fn random(rng: &mut ChaCha8Rng) -> Program {
        let size = rng.random_range(1..=14);
        let trouble = rng.random_range(0..40);
        let steps = (0..size).map(|ix| random_step(rng, ix, trouble)).collect();
        Program { steps, fail_immediately: rng.random(), max_parallelism: rng.random_range(0..=4) }
    }

    pub(crate) fn plan(&self) -> Plan {
        let settings = PlanSettings { max_parallelism: self.max_parallelism };
        Plan::from_closure(&self.closure(), settings).expect("a random program is a valid plan")
    }

    fn closure(&self) -> CompiledWorkflowClosure {
        let mut nodes = vec![bare("start-node"), bare("end-node")];
        nodes.extend(self.steps.iter().enumerate().map(|(ix, step)| task_node(&name(ix), step.retries)));
        let metadata =
            WorkflowMetadata { on_failure: i32::from(!self.fail_immediately), ..Default::default() };
        let template = WorkflowTemplate { nodes, metadata: Some(metadata), ..Default::default() };
        let connections = ConnectionSet { upstream: self.upstream(), downstream: BTreeMap::new() };
        CompiledWorkflowClosure {
            primary: Some(CompiledWorkflow { template: Some(template), connections: Some(connections) }),
            tasks: vec![CompiledTask {
                template: Some(TaskTemplate { id: Some(task()), ..Default::default() }),
            }],
            ..Default::default()
        }
    }

    fn upstream(&self) -> BTreeMap<String, IdList> {
        let mut sinks: Vec<bool> = vec![true; self.steps.len()];
        let mut edges = BTreeMap::new();
        for (ix, step) in self.steps.iter().enumerate() {
            step.upstream.iter().for_each(|from| sinks[*from] = false);
            let mut ids: Vec<String> = step.upstream.iter().map(|from| name(*from)).collect();
            if ids.is_empty() {
                ids.push("start-node".into());
            }
            edges.insert(name(ix), IdList { ids });
        }
        let ids = (0..self.steps.len()).filter(|ix| sinks[*ix]).map(name).collect();
        edges.insert("end-node".into(), IdList { ids });
        edges
    }
}

fn random_step(rng: &mut ChaCha8Rng, ix: usize, trouble: u32) -> Step {
    let upstream = (0..ix).filter(|_| rng.random_ratio(1, 3)).collect();
    let outcomes = (0..4).map(|_| random_outcome(rng, trouble)).collect();
    Step { upstream, retries: rng.random_range(0..=2), outcomes }
}

fn random_outcome(rng: &mut ChaCha8Rng, trouble: u32) -> Outcome {
    match rng.random_range(0..100) {
        roll if roll >= trouble => Outcome::Success,
        roll if roll % 7 == 0 => Outcome::Fatal,
        roll if roll % 2 == 0 => Outcome::SystemFailure,
        _ => Outcome::UserFailure,
    }
}

fn bare(id: &str) -> Node {
    Node { id: id.into(), ..Default::default() }
}

fn task() -> Identifier {
    Identifier { name: "task".into(), ..Default::default() }
}

fn task_node(id: &str, retries: u32) -> Node {
    Node {
        metadata: Some(NodeMetadata { retries: Some(RetryStrategy { retries }), ..Default::default() }),
        target: Some(Target::TaskNode(TaskNode {
            reference: Some(Reference::ReferenceId(task())),
            overrides: None,
        })),
        ..bare(id)
    }
}
