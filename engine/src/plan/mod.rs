//! The immutable side of a run: nodes with their edges as indices, and the rules each runs under.
//!
//! All nodes of a run lie in one flat arena, those of sub-workflows and of branches' arms too. A node
//! with children comes before them, and its direct children lie side by side.

mod build;

use std::collections::HashMap;
use std::ops::Range;

use aileron_idl::core::{
    Binding, CompiledWorkflowClosure, GateNode, Identifier, IfElseBlock, TaskNodeOverrides, TaskTemplate,
};
use serde::{Deserialize, Serialize};

use crate::Nanos;

/// Deepest nesting of workflows and branches in each other.
pub const MAX_DEPTH: u32 = 64;
/// Most nodes of one run, those of nested workflows counted each time they are used.
pub const MAX_NODES: usize = 1_000_000;

/// A node's place in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeIx(pub u32);

/// A task's place in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskIx(pub u32);

/// A use of a workflow in its plan: the run's own is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeIx(pub u32);

/// A branch's conditions in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BranchIx(pub u32);

/// What a gate waits for in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GateIx(pub u32);

/// A launch plan that a node uses in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LaunchPlanIx(pub u32);

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Publishes the inputs of its workflow.
    Start,
    /// Binds the outputs of its workflow.
    End,
    /// Runs a task.
    Task(TaskIx),
    /// Runs a workflow inside: its children are that workflow's nodes.
    Workflow(ScopeIx),
    /// Runs one of its children, the arm whose condition holds.
    Branch(BranchIx),
    /// Waits for some time.
    Sleep(Nanos),
    /// Waits for someone's word: a value, or an approval.
    Gate(GateIx),
    /// Runs an execution of its own, by a launch plan.
    LaunchPlan(LaunchPlanIx),
}

impl NodeKind {
    /// Whether the node's work is done by its children.
    pub fn is_parent(self) -> bool {
        matches!(self, NodeKind::Workflow(_) | NodeKind::Branch(_))
    }
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
    /// The node it runs inside of; `None` for the nodes of the run's own workflow.
    pub parent: Option<NodeIx>,
    /// The workflow whose nodes its bindings name. An arm of a branch has its branch's.
    pub scope: ScopeIx,
    /// Where its inputs come from.
    pub inputs: Vec<Binding>,
    /// The user's tries: retries plus one.
    pub max_attempts: u32,
    /// How long an attempt of a task may run.
    pub timeout: Option<Nanos>,
    /// Resources and image that this use of the task overrides.
    pub overrides: Option<TaskNodeOverrides>,
    /// Whether its author lets the platform take it away half-done. It is reported; nothing here acts on it.
    pub interruptible: bool,
    upstream: Vec<NodeIx>,
    downstream: Vec<NodeIx>,
    children: Range<u32>,
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

    /// The nodes that run directly inside this one.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = NodeIx> + use<> {
        self.children.clone().map(NodeIx)
    }
}

/// One use of a workflow.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What a failed node does to the others.
    pub failure_policy: FailurePolicy,
    /// The node that runs once after a failure.
    pub failure_node: Option<NodeIx>,
    /// The node that binds the outputs.
    pub end: Option<NodeIx>,
    by_id: HashMap<String, NodeIx>,
}

impl Scope {
    /// The node of an id.
    pub fn find(&self, id: &str) -> Option<NodeIx> {
        self.by_id.get(id).copied()
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
    scopes: Vec<Scope>,
    tasks: Vec<TaskTemplate>,
    branches: Vec<IfElseBlock>,
    gates: Vec<GateNode>,
    launch_plans: Vec<Identifier>,
    /// The nodes of the run's own workflow.
    top: Range<u32>,
    workflow: Option<Identifier>,
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
    #[error("node `{0}` is of a kind that this engine does not run: {1} nodes are not supported")]
    Unsupported(String, &'static str),
    /// Some nodes wait for each other.
    #[error("node `{0}` is on a cycle, or behind one")]
    Cycle(String),
    /// Workflows use each other without an end, or nearly so.
    #[error("node `{0}` is nested more than {MAX_DEPTH} workflows and branches deep; does one use itself?")]
    TooDeep(String),
    /// The nested workflows add up to too much.
    #[error("the workflow has more than {MAX_NODES} nodes once those that it uses are counted")]
    TooLarge,
}

impl Plan {
    /// Reads a compiled closure; nothing in it is checked again but what the engine relies on.
    pub fn from_closure(
        closure: &CompiledWorkflowClosure,
        settings: PlanSettings,
    ) -> Result<Plan, PlanError> {
        build::plan(closure, settings)
    }

    /// The node at an index of this plan.
    pub fn node(&self, ix: NodeIx) -> &PlanNode {
        &self.nodes[ix.0 as usize]
    }

    /// The node of an id in the run's own workflow.
    pub fn find(&self, id: &str) -> Option<NodeIx> {
        self.own().find(id)
    }

    /// A use of a workflow.
    pub fn scope(&self, ix: ScopeIx) -> &Scope {
        &self.scopes[ix.0 as usize]
    }

    /// The run's own workflow.
    pub fn own(&self) -> &Scope {
        self.scope(ScopeIx(0))
    }

    /// The workflow that a node's children belong to; the run's own for `None`, no one's for a branch.
    pub fn inner(&self, owner: Option<NodeIx>) -> Option<&Scope> {
        match owner.map(|ix| self.node(ix).kind) {
            None => Some(self.own()),
            Some(NodeKind::Workflow(scope)) => Some(self.scope(scope)),
            Some(_) => None,
        }
    }

    /// The nodes directly inside a node, or those of the run's own workflow.
    pub fn children(&self, owner: Option<NodeIx>) -> impl DoubleEndedIterator<Item = NodeIx> + use<> {
        owner.map_or_else(|| self.top.clone(), |ix| self.node(ix).children.clone()).map(NodeIx)
    }

    /// Whether the node runs only after a failure of its workflow.
    pub fn is_failure_node(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        self.inner(node.parent).is_some_and(|scope| scope.failure_node == Some(ix))
    }

    /// How many nodes there are, start and end included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node at all; a plan from a closure always has some.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every index: the run's own nodes in the closure's order, then those inside of them.
    pub fn indices(&self) -> impl Iterator<Item = NodeIx> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeIx)
    }

    /// The template of a task node's task.
    pub fn task(&self, ix: TaskIx) -> &TaskTemplate {
        &self.tasks[ix.0 as usize]
    }

    /// The conditions of a branch.
    pub fn branch(&self, ix: BranchIx) -> &IfElseBlock {
        &self.branches[ix.0 as usize]
    }

    /// What a gate waits for.
    pub fn gate(&self, ix: GateIx) -> &GateNode {
        &self.gates[ix.0 as usize]
    }

    /// The launch plan that a node uses.
    pub fn launch_plan(&self, ix: LaunchPlanIx) -> &Identifier {
        &self.launch_plans[ix.0 as usize]
    }

    /// The workflow that was compiled.
    pub fn workflow(&self) -> Option<&Identifier> {
        self.workflow.as_ref()
    }

    /// Most task nodes under way at once.
    pub fn parallelism(&self) -> usize {
        match self.settings.max_parallelism {
            0 => usize::MAX,
            limit => limit as usize,
        }
    }
}
