//! The immutable side of a run: nodes with their edges as indices, and the rules each runs under.

use std::collections::HashMap;

use aileron_compiler::{END_NODE, START_NODE};
use aileron_idl::core::node::Target;
use aileron_idl::core::node_metadata::InterruptibleValue;
use aileron_idl::core::task_node::Reference;
use aileron_idl::core::workflow_metadata::OnFailurePolicy;
use aileron_idl::core::{
    Binding, CompiledWorkflow, CompiledWorkflowClosure, Identifier, Node, NodeMetadata, TaskNodeOverrides,
    TaskTemplate, WorkflowTemplate,
};
use serde::{Deserialize, Serialize};

/// A node's place in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeIx(pub u32);

/// A task's place in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskIx(pub u32);

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Publishes the run's inputs.
    Start,
    /// Binds the run's outputs.
    End,
    /// Runs a task.
    Task(TaskIx),
}

/// What one failed node does to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailurePolicy {
    /// End everything that runs and start nothing more.
    FailImmediately,
    /// Finish every node that does not depend on the failed one.
    FailAfterExecutableNodesComplete,
}

/// One node with what its run needs.
#[derive(Clone, Debug)]
pub struct PlanNode {
    /// Its id in the workflow, unique there.
    pub id: String,
    /// Its display name, often the task's short name.
    pub name: String,
    /// What it does.
    pub kind: NodeKind,
    /// Where its inputs come from.
    pub inputs: Vec<Binding>,
    /// The user's tries: retries plus one.
    pub max_attempts: u32,
    /// Resources and image that this use of the task overrides.
    pub overrides: Option<TaskNodeOverrides>,
    /// Whether its author lets the platform take it away half-done. It is reported; nothing here acts on it.
    pub interruptible: bool,
    upstream: Vec<NodeIx>,
    downstream: Vec<NodeIx>,
}

impl PlanNode {
    /// The nodes that must succeed first.
    pub fn upstream(&self) -> &[NodeIx] {
        &self.upstream
    }

    /// The nodes that wait for this one.
    pub fn downstream(&self) -> &[NodeIx] {
        &self.downstream
    }
}

/// Settings of one execution that bear on scheduling.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlanSettings {
    /// Most task nodes that are under way at once; 0 is no limit.
    pub max_parallelism: u32,
}

/// A workflow ready to run.
#[derive(Clone, Debug)]
pub struct Plan {
    nodes: Vec<PlanNode>,
    tasks: Vec<TaskTemplate>,
    by_id: HashMap<String, NodeIx>,
    workflow: Option<Identifier>,
    failure_policy: FailurePolicy,
    settings: PlanSettings,
}

/// Why a closure cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The closure lacks a part that every compiled closure has.
    #[error("the compiled closure has no {0}")]
    Missing(&'static str),
    /// An edge or a reference names something that is not there.
    #[error("node `{node}` refers to `{to}`, which the closure does not have")]
    Dangling {
        /// The node that refers.
        node: String,
        /// What it refers to.
        to: String,
    },
    /// The node is of a kind that this engine does not run.
    #[error("node `{0}` is of a kind that this engine does not run; only task nodes are supported")]
    Unsupported(String),
    /// Some nodes wait for each other.
    #[error("node `{0}` is on a cycle, or behind one")]
    Cycle(String),
}

impl Plan {
    /// Reads a compiled closure; nothing in it is checked again but what the engine relies on.
    pub fn from_closure(
        closure: &CompiledWorkflowClosure,
        settings: PlanSettings,
    ) -> Result<Plan, PlanError> {
        let primary = closure.primary.as_ref().ok_or(PlanError::Missing("primary workflow"))?;
        let template = primary.template.as_ref().ok_or(PlanError::Missing("workflow template"))?;
        let tasks: Vec<TaskTemplate> =
            closure.tasks.iter().filter_map(|task| task.template.clone()).collect();
        let mut plan = Plan {
            nodes: nodes(template, &tasks)?,
            by_id: HashMap::new(),
            workflow: template.id.clone(),
            failure_policy: failure_policy(template),
            tasks,
            settings,
        };
        plan.by_id = (0..).zip(&plan.nodes).map(|(ix, node)| (node.id.clone(), NodeIx(ix))).collect();
        plan.connect(primary)?;
        plan.refuse_cycles()?;
        Ok(plan)
    }

    /// The node at an index of this plan.
    pub fn node(&self, ix: NodeIx) -> &PlanNode {
        &self.nodes[ix.0 as usize]
    }

    /// The node of an id.
    pub fn find(&self, id: &str) -> Option<NodeIx> {
        self.by_id.get(id).copied()
    }

    /// How many nodes there are, start and end included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node at all; a plan from a closure always has some.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every index, in the closure's order.
    pub fn indices(&self) -> impl Iterator<Item = NodeIx> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeIx)
    }

    /// The template of a task node's task.
    pub fn task(&self, ix: TaskIx) -> &TaskTemplate {
        &self.tasks[ix.0 as usize]
    }

    /// The workflow that was compiled.
    pub fn workflow(&self) -> Option<&Identifier> {
        self.workflow.as_ref()
    }

    /// What a failed node does to the others.
    pub fn failure_policy(&self) -> FailurePolicy {
        self.failure_policy
    }

    /// Most task nodes under way at once.
    pub fn parallelism(&self) -> usize {
        match self.settings.max_parallelism {
            0 => usize::MAX,
            limit => limit as usize,
        }
    }

    fn connect(&mut self, primary: &CompiledWorkflow) -> Result<(), PlanError> {
        let connections = primary.connections.as_ref().ok_or(PlanError::Missing("connections"))?;
        for (to, sources) in &connections.upstream {
            let to_ix = self.reference(to, to)?;
            for from in &sources.ids {
                let from_ix = self.reference(to, from)?;
                self.nodes[to_ix.0 as usize].upstream.push(from_ix);
                self.nodes[from_ix.0 as usize].downstream.push(to_ix);
            }
        }
        Ok(())
    }

    fn reference(&self, node: &str, to: &str) -> Result<NodeIx, PlanError> {
        self.find(to).ok_or_else(|| PlanError::Dangling { node: node.to_owned(), to: to.to_owned() })
    }

    fn refuse_cycles(&self) -> Result<(), PlanError> {
        let mut left: Vec<usize> = self.nodes.iter().map(|node| node.upstream.len()).collect();
        let mut done: Vec<NodeIx> = self.indices().filter(|ix| left[ix.0 as usize] == 0).collect();
        let mut next = 0;
        while let Some(ix) = done.get(next).copied() {
            next += 1;
            for to in &self.node(ix).downstream {
                left[to.0 as usize] -= 1;
                if left[to.0 as usize] == 0 {
                    done.push(*to);
                }
            }
        }
        let stuck = self.indices().find(|ix| left[ix.0 as usize] > 0);
        stuck.map_or(Ok(()), |ix| Err(PlanError::Cycle(self.node(ix).id.clone())))
    }
}

fn failure_policy(template: &WorkflowTemplate) -> FailurePolicy {
    match template.metadata.as_ref().map(|metadata| metadata.on_failure()) {
        Some(OnFailurePolicy::FailAfterExecutableNodesComplete) => {
            FailurePolicy::FailAfterExecutableNodesComplete
        }
        Some(OnFailurePolicy::FailImmediately) | None => FailurePolicy::FailImmediately,
    }
}

fn nodes(template: &WorkflowTemplate, tasks: &[TaskTemplate]) -> Result<Vec<PlanNode>, PlanError> {
    let by_id: HashMap<&Identifier, TaskIx> =
        (0..).zip(tasks).filter_map(|(ix, task)| Some((task.id.as_ref()?, TaskIx(ix)))).collect();
    let mut nodes = Vec::with_capacity(template.nodes.len());
    for node in &template.nodes {
        let kind = kind(node, &by_id)?;
        nodes.push(PlanNode {
            id: node.id.clone(),
            name: node.metadata.as_ref().map(|metadata| metadata.name.clone()).unwrap_or_default(),
            kind,
            inputs: node.inputs.clone(),
            max_attempts: max_attempts(node.metadata.as_ref(), kind, tasks),
            overrides: overrides(node),
            interruptible: interruptible(node.metadata.as_ref()),
            upstream: Vec::new(),
            downstream: Vec::new(),
        });
    }
    Ok(nodes)
}

fn kind(node: &Node, tasks: &HashMap<&Identifier, TaskIx>) -> Result<NodeKind, PlanError> {
    match (node.id.as_str(), &node.target) {
        (START_NODE, None) => Ok(NodeKind::Start),
        (END_NODE, None) => Ok(NodeKind::End),
        (_, Some(Target::TaskNode(task))) => {
            let Some(Reference::ReferenceId(id)) = &task.reference else {
                return Err(PlanError::Missing("task reference"));
            };
            let found = tasks.get(id).copied().map(NodeKind::Task);
            found.ok_or_else(|| PlanError::Dangling { node: node.id.clone(), to: id.to_string() })
        }
        _ => Err(PlanError::Unsupported(node.id.clone())),
    }
}

/// The node's own retries, else the task's: a node that sets none says 0.
fn max_attempts(metadata: Option<&NodeMetadata>, kind: NodeKind, tasks: &[TaskTemplate]) -> u32 {
    let own = metadata.and_then(|metadata| metadata.retries.as_ref()).map_or(0, |retries| retries.retries);
    let task = match kind {
        NodeKind::Task(ix) => tasks[ix.0 as usize].metadata.as_ref(),
        NodeKind::Start | NodeKind::End => None,
    };
    let inherited = task.and_then(|metadata| metadata.retries.as_ref()).map_or(0, |retries| retries.retries);
    if own > 0 { own } else { inherited }.saturating_add(1)
}

fn interruptible(metadata: Option<&NodeMetadata>) -> bool {
    let said = metadata.and_then(|metadata| metadata.interruptible_value.as_ref());
    said.is_some_and(|InterruptibleValue::Interruptible(said)| *said)
}

fn overrides(node: &Node) -> Option<TaskNodeOverrides> {
    match &node.target {
        Some(Target::TaskNode(task)) => task.overrides.clone(),
        _ => None,
    }
}
