//! The immutable side of a run: nodes with their edges as indices, and the rules each runs under.
//!
//! All nodes of a run lie in one flat arena, those of sub-workflows and of branches' arms too. A node
//! with children comes before them, and its direct children lie side by side. The arena grows when a
//! node learns at run time what is inside of it; what is there already keeps its place.

mod array;
mod build;
mod cache;
mod grow;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use aileron_idl::core::{
    Binding, CompiledWorkflowClosure, GateNode, Identifier, IfElseBlock, TaskNodeOverrides, TaskTemplate,
};
use serde::{Deserialize, Serialize};

use crate::parts::{At, Parts};
use crate::retry::SYSTEM_RETRIES;
use crate::{CacheRule, Nanos, Timestamp, Tries};

pub use array::Array;
pub use grow::{Growth, Inside};

use grow::Grown;

/// Deepest nesting of workflows, branches and dynamic tasks in each other.
pub const MAX_DEPTH: u32 = 64;
/// Most nodes of one run, those of nested workflows counted each time they are used, and each item of an
/// array.
pub const MAX_NODES: u32 = 1_000_000;

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

/// An array's rules in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArrayIx(pub u32);

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Publishes the inputs of its workflow.
    Start,
    /// Binds the outputs of its workflow.
    End,
    /// Runs a task. One that makes a workflow has that workflow's nodes as its children from then on.
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
    /// Runs the same for each item of its lists: its children are the items, once it is known how many
    /// there are.
    Array(ArrayIx),
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
    /// How many workflows, branches and dynamic tasks it is inside of.
    pub depth: u32,
    /// Where its inputs come from.
    pub inputs: Vec<Binding>,
    /// The user's tries: retries plus one.
    pub max_attempts: u32,
    /// How long an attempt may run. A sleep has none: it ends by itself.
    pub timeout: Option<Nanos>,
    /// How it uses the cache, if it does.
    pub cache: Option<CacheRule>,
    /// Resources and image that this use of the task overrides.
    pub overrides: Option<Box<TaskNodeOverrides>>,
    /// Whether the platform may take its attempts away half-done, but for those that are its last chance.
    interruptible: bool,
    upstream: Vec<NodeIx>,
    downstream: Vec<NodeIx>,
    children: Range<u32>,
    grown: Option<Grown>,
}

impl PlanNode {
    fn bare(id: &str, kind: NodeKind) -> PlanNode {
        PlanNode {
            id: id.to_owned(),
            name: String::new(),
            kind,
            parent: None,
            scope: ScopeIx(0),
            depth: 0,
            inputs: Vec::new(),
            max_attempts: 1,
            timeout: None,
            cache: None,
            overrides: None,
            interruptible: false,
            upstream: Vec::new(),
            downstream: Vec::new(),
            children: 0..0,
            grown: None,
        }
    }

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
    /// Most items of one array that a driver wants in its hands at once; 0 is no limit.
    pub items_at_once: u32,
    /// Whether cached outputs are not used, but replaced.
    pub overwrite_cache: bool,
    /// Whether what succeeded in another execution is taken from there.
    pub recovers: bool,
    /// Whether the platform may take attempts away half-done of nodes that do not say.
    pub interruptible: Option<bool>,
    /// How long an attempt may wait for the driver to begin it.
    pub queueing_budget: Option<Nanos>,
    /// When the run has taken as long as it may, and how long that is.
    pub deadline: Option<Deadline>,
}

/// The end of the time that a run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: Timestamp,
    /// How long the run had until then.
    pub after: Nanos,
}

/// A workflow ready to run.
#[derive(Clone, Debug)]
pub struct Plan {
    nodes: Parts<PlanNode, Arc<PlanNode>>,
    scopes: Vec<Scope>,
    tasks: Vec<Arc<TaskTemplate>>,
    branches: Vec<Arc<IfElseBlock>>,
    gates: Vec<Arc<GateNode>>,
    launch_plans: Vec<Identifier>,
    arrays: Vec<Array>,
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
    /// The array runs something that no array can.
    #[error(
        "array `{0}` runs neither a task nor a launch plan for its items; wrap what it runs in a launch plan"
    )]
    ArrayOf(String),
    /// A mapped task made a workflow.
    #[error(
        "node `{0}` is an item of an array, and its task made a workflow; map from a dynamic task instead"
    )]
    GrownItem(String),
    /// Some nodes wait for each other.
    #[error("node `{0}` is on a cycle, or behind one")]
    Cycle(String),
    /// Workflows use each other without an end, or nearly so.
    #[error(
        "node `{0}` is nested more than {MAX_DEPTH} workflows, branches and dynamic tasks deep; if one uses \
         itself, give it a condition that ends this"
    )]
    TooDeep(String),
    /// The nested workflows add up to too much.
    #[error("the workflow has more than {MAX_NODES} nodes once those that it uses, and items, are counted")]
    TooLarge,
}

impl Plan {
    /// Reads a compiled closure; nothing in it is checked again but what the engine relies on.
    pub fn from_closure(
        closure: &CompiledWorkflowClosure,
        settings: PlanSettings,
    ) -> Result<Plan, PlanError> {
        let mut plan = Plan {
            nodes: Parts::new(),
            scopes: Vec::new(),
            tasks: Vec::new(),
            branches: Vec::new(),
            gates: Vec::new(),
            launch_plans: Vec::new(),
            arrays: Vec::new(),
            top: 0..0,
            workflow: closure.primary.as_ref().and_then(build::id).cloned(),
            settings,
        };
        build::lay_out(&mut plan, closure, None)?;
        Ok(plan)
    }

    /// The node at an index of this plan; the items of an array share one.
    pub fn node(&self, ix: NodeIx) -> &PlanNode {
        match self.nodes.at(ix.0) {
            At::Each(node) => node,
            At::Item(node, _) => node,
        }
    }

    /// Which item of its array a node is, if it is one.
    pub fn item(&self, ix: NodeIx) -> Option<u32> {
        match self.nodes.at(ix.0) {
            At::Each(_) => None,
            At::Item(_, item) => Some(item),
        }
    }

    /// A node that has an index of its own.
    fn node_mut(&mut self, ix: NodeIx) -> &mut PlanNode {
        match self.nodes.at_mut(ix.0) {
            At::Each(node) => node,
            At::Item(node, _) => Arc::make_mut(node),
        }
    }

    fn new_scope(&mut self) -> ScopeIx {
        let ix = ScopeIx(u32::try_from(self.scopes.len()).unwrap_or(u32::MAX));
        self.scopes.push(Scope {
            failure_policy: FailurePolicy::FailImmediately,
            failure_node: None,
            end: None,
            by_id: HashMap::new(),
        });
        ix
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

    /// The workflow that a node's children belong to; the run's own for `None`, no one's for a branch or
    /// an array.
    pub fn inner(&self, owner: Option<NodeIx>) -> Option<&Scope> {
        match owner.map(|ix| self.node(ix)) {
            None => Some(self.own()),
            Some(PlanNode { kind: NodeKind::Workflow(scope), .. }) => Some(self.scope(*scope)),
            Some(node) => node.grown.and_then(|grown| grown.scope).map(|scope| self.scope(scope)),
        }
    }

    /// Whether the work of a node's attempt is done by its children. That of a task is once the attempt
    /// has made a workflow.
    pub fn is_parent(&self, ix: NodeIx, attempt: u32) -> bool {
        let node = self.node(ix);
        match node.kind {
            NodeKind::Workflow(_) | NodeKind::Branch(_) | NodeKind::Array(_) => true,
            NodeKind::Task(_) => node.grown.is_some_and(|grown| grown.attempt == attempt),
            _ => false,
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

    /// Whether the node's outputs may be in the execution that this one recovers. A failure node did not run
    /// for this one, and the items of an array are part of it.
    pub(crate) fn recovers(&self, ix: NodeIx) -> bool {
        let whole = self.node(ix).kind != NodeKind::Start && self.item(ix).is_none();
        self.settings.recovers && whole && !self.is_failure_node(ix)
    }

    /// How many nodes there are, start and end included.
    pub fn len(&self) -> usize {
        self.nodes.len() as usize
    }

    /// Whether there is no node at all; a plan from a closure always has some.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() == 0
    }

    /// Every index: the run's own nodes in the closure's order, then those inside of them.
    pub fn indices(&self) -> impl Iterator<Item = NodeIx> + use<> {
        (0..self.nodes.len()).map(NodeIx)
    }

    /// The template of a task node's task.
    pub fn task(&self, ix: TaskIx) -> &Arc<TaskTemplate> {
        &self.tasks[ix.0 as usize]
    }

    /// The conditions of a branch.
    pub fn branch(&self, ix: BranchIx) -> &Arc<IfElseBlock> {
        &self.branches[ix.0 as usize]
    }

    /// What a gate waits for.
    pub fn gate(&self, ix: GateIx) -> &Arc<GateNode> {
        &self.gates[ix.0 as usize]
    }

    /// The launch plan that a node uses.
    pub fn launch_plan(&self, ix: LaunchPlanIx) -> &Identifier {
        &self.launch_plans[ix.0 as usize]
    }

    /// The rules of an array.
    pub fn array(&self, ix: ArrayIx) -> &Array {
        &self.arrays[ix.0 as usize]
    }

    /// The rules of the array that a node is.
    pub fn array_of(&self, ix: NodeIx) -> Option<&Array> {
        match self.node(ix).kind {
            NodeKind::Array(array) => Some(self.array(array)),
            _ => None,
        }
    }

    /// The workflow that was compiled.
    pub fn workflow(&self) -> Option<&Identifier> {
        self.workflow.as_ref()
    }

    /// Whether the platform may take a node's attempt away half-done. Once only one failure of the platform's
    /// is left to the node, it may not: what is taken away too often would never end.
    pub fn is_interruptible(&self, ix: NodeIx, tries: Tries) -> bool {
        self.node(ix).interruptible && tries.system < SYSTEM_RETRIES
    }

    /// How long a node's attempt may wait for the driver to begin it.
    pub(crate) fn queueing_budget(&self, ix: NodeIx) -> Option<Nanos> {
        self.settings.queueing_budget.filter(|_| matches!(self.node(ix).kind, NodeKind::Task(_)))
    }

    /// When the run has taken as long as it may.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.settings.deadline
    }

    /// Most task nodes under way at once.
    pub fn parallelism(&self) -> usize {
        match self.settings.max_parallelism {
            0 => usize::MAX,
            limit => limit as usize,
        }
    }

    /// Whether an attempt of the node takes one of the slots of max parallelism: a task's, unless it is an
    /// item of an array that has a limit of its own.
    pub(crate) fn takes_slot(&self, ix: NodeIx) -> bool {
        let node = self.node(ix);
        let array = node.parent.and_then(|parent| self.array_of(parent));
        matches!(node.kind, NodeKind::Task(_)) && array.is_none_or(|array| array.parallelism.is_none())
    }

    /// Most items of an array under way at once.
    pub(crate) fn items_at_once(&self, array: &Array) -> usize {
        let limits = [array.parallelism.unwrap_or(0), self.settings.items_at_once];
        limits.into_iter().filter(|limit| *limit > 0).min().map_or(usize::MAX, |limit| limit as usize)
    }
}
