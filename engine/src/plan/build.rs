//! From a compiled closure to a plan: nested workflows and arms are laid out one after the other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use aileron_compiler::{END_NODE, START_NODE};
use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::node::Target;
use aileron_idl::core::node_metadata::InterruptibleValue;
use aileron_idl::core::task_node::Reference;
use aileron_idl::core::workflow_metadata::OnFailurePolicy;
use aileron_idl::core::workflow_node::Reference as WorkflowReference;
use aileron_idl::core::{
    ArrayNode, CompiledWorkflow, CompiledWorkflowClosure, GateNode, Identifier, IfElseBlock, Node,
    NodeMetadata, TaskNodeOverrides, TaskTemplate, WorkflowTemplate, if_else_block,
};

use super::{
    Array, ArrayIx, BranchIx, FailurePolicy, GateIx, Grown, LaunchPlanIx, MAX_DEPTH, MAX_NODES, NodeIx,
    NodeKind, Plan, PlanError, PlanNode, ScopeIx, TaskIx, array, cache,
};
use crate::Nanos;

/// Lays the closure's workflow out in the plan: as its own, or inside of a node at this depth.
pub(super) fn lay_out(
    plan: &mut Plan,
    closure: &CompiledWorkflowClosure,
    owner: Option<(NodeIx, u32)>,
) -> Result<(), PlanError> {
    let primary = closure.primary.as_ref().ok_or(PlanError::Missing("primary workflow"))?;
    let first = plan.nodes.len();
    let mut builder = Builder {
        tasks: HashMap::new(),
        workflows: closure.sub_workflows.iter().filter_map(|sub| Some((id(sub)?, sub))).collect(),
        inside: VecDeque::new(),
        interruptible: plan.settings.interruptible.unwrap_or_else(|| interruptible_by_default(primary)),
        plan,
    };
    builder.take_tasks(closure);
    builder.workflow(primary, owner.map(|(owner, _)| owner), owner.map_or(0, |(_, depth)| depth))?;
    while let Some(inside) = builder.inside.pop_front() {
        match inside.what {
            What::Workflow(workflow) => builder.workflow(workflow, Some(inside.owner), inside.depth)?,
            What::Arms(block) => builder.arms(block, inside.owner, inside.depth)?,
        }
    }
    refuse_cycles(plan, first)
}

pub(super) fn id(workflow: &CompiledWorkflow) -> Option<&Identifier> {
    workflow.template.as_ref()?.id.as_ref()
}

struct Builder<'c, 'p> {
    tasks: HashMap<&'c Identifier, TaskIx>,
    workflows: HashMap<&'c Identifier, &'c CompiledWorkflow>,
    /// What is still to be laid out, so that nesting takes no stack.
    inside: VecDeque<Inside<'c>>,
    /// What holds for nodes that do not say.
    interruptible: bool,
    plan: &'p mut Plan,
}

/// The inside of a node that has children.
struct Inside<'c> {
    owner: NodeIx,
    what: What<'c>,
    depth: u32,
}

enum What<'c> {
    Workflow(&'c CompiledWorkflow),
    Arms(&'c IfElseBlock),
}

/// Where a node is laid out.
#[derive(Clone, Copy)]
struct Spot {
    parent: Option<NodeIx>,
    scope: ScopeIx,
    depth: u32,
}

impl<'c> Builder<'c, '_> {
    fn take_tasks(&mut self, closure: &'c CompiledWorkflowClosure) {
        for task in closure.tasks.iter().filter_map(|task| task.template.as_ref()) {
            if let Some(id) = &task.id {
                self.tasks.insert(id, TaskIx(index(&self.plan.tasks)));
                self.plan.tasks.push(Arc::new(task.clone()));
            }
        }
    }

    fn workflow(
        &mut self,
        workflow: &'c CompiledWorkflow,
        parent: Option<NodeIx>,
        depth: u32,
    ) -> Result<(), PlanError> {
        let template = workflow.template.as_ref().ok_or(PlanError::Missing("workflow template"))?;
        let scope = match parent.map(|owner| self.plan.node(owner)) {
            Some(PlanNode { kind: NodeKind::Workflow(scope), .. }) => *scope,
            Some(PlanNode { grown: Some(Grown { scope: Some(scope), .. }), .. }) => *scope,
            _ => self.plan.new_scope(),
        };
        let spot = Spot { parent, scope, depth };
        let first = self.next_ix()?;
        for node in &template.nodes {
            self.node(node, spot)?;
        }
        let failure_node = template.failure_node.as_ref().map(|node| self.node(node, spot)).transpose()?;
        self.adopt(parent, first)?;
        let inner = &mut self.plan.scopes[scope.0 as usize];
        inner.failure_policy = failure_policy(template);
        inner.failure_node = failure_node;
        inner.end = inner.find(END_NODE);
        self.connect(workflow, scope)
    }

    fn arms(&mut self, block: &'c IfElseBlock, owner: NodeIx, depth: u32) -> Result<(), PlanError> {
        let spot = Spot { parent: Some(owner), scope: self.plan.node(owner).scope, depth };
        let first = self.next_ix()?;
        for arm in arms(block) {
            self.node(arm.ok_or(PlanError::Missing("then node of a condition"))?, spot)?;
        }
        self.adopt(Some(owner), first)
    }

    /// Everything since `first` is what the owner has inside.
    fn adopt(&mut self, owner: Option<NodeIx>, first: NodeIx) -> Result<(), PlanError> {
        let children = first.0..self.next_ix()?.0;
        match owner {
            None => self.plan.top = children,
            Some(owner) => self.plan.node_mut(owner).children = children,
        }
        Ok(())
    }

    fn next_ix(&self) -> Result<NodeIx, PlanError> {
        let next = self.plan.nodes.len();
        if next > MAX_NODES { Err(PlanError::TooLarge) } else { Ok(NodeIx(next)) }
    }

    fn node(&mut self, node: &'c Node, spot: Spot) -> Result<NodeIx, PlanError> {
        let ix = self.next_ix()?;
        let kind = self.kind(node, ix, spot)?;
        self.plan.scopes[spot.scope.0 as usize].by_id.insert(node.id.clone(), ix);
        let laid_out = self.plan_node(node, kind, spot);
        self.plan.nodes.push(laid_out);
        Ok(ix)
    }

    fn plan_node(&self, node: &Node, kind: NodeKind, spot: Spot) -> PlanNode {
        PlanNode {
            name: node.metadata.as_ref().map(|metadata| metadata.name.clone()).unwrap_or_default(),
            parent: spot.parent,
            scope: spot.scope,
            depth: spot.depth,
            inputs: node.inputs.clone(),
            max_attempts: max_attempts(node.metadata.as_ref(), kind, &self.plan.tasks),
            // That of a map task is each item's.
            timeout: timeout(node.metadata.as_ref(), kind, &self.plan.tasks)
                .filter(|_| !matches!(kind, NodeKind::Array(array) if self.plan.array(array).is_task)),
            cache: cache::rule(node, kind, self.plan),
            overrides: overrides(node),
            interruptible: interruptible(node.metadata.as_ref()).unwrap_or(self.interruptible),
            ..PlanNode::bare(&node.id, kind)
        }
    }

    fn kind(&mut self, node: &'c Node, ix: NodeIx, spot: Spot) -> Result<NodeKind, PlanError> {
        match &node.target {
            None if node.id == START_NODE => Ok(NodeKind::Start),
            None if node.id == END_NODE => Ok(NodeKind::End),
            None => Err(PlanError::Missing("target of a node")),
            Some(Target::TaskNode(task)) => {
                let Some(Reference::ReferenceId(id)) = &task.reference else {
                    return Err(PlanError::Missing("task reference"));
                };
                let task = self.tasks.get(id).copied().ok_or_else(|| dangling(node, id))?;
                match self.plan.task(task).r#type == array::MAP_TASK {
                    true => Ok(self.map_task(node, task, ix, spot)),
                    false => Ok(NodeKind::Task(task)),
                }
            }
            Some(Target::WorkflowNode(used)) => match &used.reference {
                Some(WorkflowReference::SubWorkflowRef(id)) => {
                    let found = self.workflows.get(id).copied().ok_or_else(|| dangling(node, id))?;
                    let scope = self.plan.new_scope();
                    self.later(node, ix, What::Workflow(found), spot.depth)?;
                    Ok(NodeKind::Workflow(scope))
                }
                Some(WorkflowReference::LaunchplanRef(id)) => {
                    let found = LaunchPlanIx(index(&self.plan.launch_plans));
                    self.plan.launch_plans.push(id.clone());
                    Ok(NodeKind::LaunchPlan(found))
                }
                None => Err(PlanError::Missing("workflow reference")),
            },
            Some(Target::BranchNode(branch)) => {
                let block = branch.if_else.as_ref().ok_or(PlanError::Missing("conditions of a branch"))?;
                let kind = BranchIx(index(&self.plan.branches));
                self.plan.branches.push(Arc::new(conditions_only(block)));
                self.later(node, ix, What::Arms(block), spot.depth)?;
                Ok(NodeKind::Branch(kind))
            }
            Some(Target::GateNode(gate)) => self.gate(gate),
            Some(Target::ArrayNode(array)) => self.array(node, array, ix, spot),
        }
    }

    /// The items come at run time; what is run for each of them is known now.
    fn array(
        &mut self,
        node: &Node,
        array: &'c ArrayNode,
        ix: NodeIx,
        spot: Spot,
    ) -> Result<NodeKind, PlanError> {
        let item = array.node.as_deref().ok_or(PlanError::Missing("node of an array"))?;
        let spot = Spot { parent: Some(ix), ..spot };
        let kind = match &item.target {
            Some(Target::TaskNode(_)) => self.kind(item, ix, spot)?,
            Some(Target::WorkflowNode(used))
                if matches!(used.reference, Some(WorkflowReference::LaunchplanRef(_))) =>
            {
                self.kind(item, ix, spot)?
            }
            _ => return Err(PlanError::ArrayOf(node.id.clone())),
        };
        let own = max_attempts(node.metadata.as_ref(), kind, &[]);
        let mut item = self.plan_node(item, kind, spot);
        item.max_attempts = item.max_attempts.max(own);
        let found = ArrayIx(index(&self.plan.arrays));
        self.plan.arrays.push(Array::new(array, item));
        Ok(NodeKind::Array(found))
    }

    /// A task that is a map by itself: what its node says holds for each item.
    fn map_task(&mut self, node: &Node, task: TaskIx, ix: NodeIx, spot: Spot) -> NodeKind {
        let item = self.plan_node(node, NodeKind::Task(task), Spot { parent: Some(ix), ..spot });
        let found = ArrayIx(index(&self.plan.arrays));
        self.plan.arrays.push(Array::of_task(self.plan.task(task), item));
        NodeKind::Array(found)
    }

    fn gate(&mut self, gate: &GateNode) -> Result<NodeKind, PlanError> {
        match gate.condition.as_ref().ok_or(PlanError::Missing("condition of a gate"))? {
            Condition::Sleep(sleep) => {
                let duration = sleep.duration.as_ref().ok_or(PlanError::Missing("duration of a sleep"))?;
                Ok(NodeKind::Sleep(duration.into()))
            }
            Condition::Signal(_) | Condition::Approve(_) => {
                let found = GateIx(index(&self.plan.gates));
                self.plan.gates.push(Arc::new(gate.clone()));
                Ok(NodeKind::Gate(found))
            }
        }
    }

    fn later(&mut self, node: &Node, owner: NodeIx, what: What<'c>, depth: u32) -> Result<(), PlanError> {
        if depth >= MAX_DEPTH {
            return Err(PlanError::TooDeep(node.id.clone()));
        }
        self.inside.push_back(Inside { owner, what, depth: depth + 1 });
        Ok(())
    }

    /// Edges to arms, which are not laid out yet, are left out: their branch starts them.
    fn connect(&mut self, workflow: &CompiledWorkflow, scope: ScopeIx) -> Result<(), PlanError> {
        let connections = workflow.connections.as_ref().ok_or(PlanError::Missing("connections"))?;
        for (to, sources) in &connections.upstream {
            let Some(to_ix) = self.plan.scope(scope).find(to) else { continue };
            for from in &sources.ids {
                let found = self.plan.scope(scope).find(from);
                let from_ix =
                    found.ok_or_else(|| PlanError::Dangling { node: to.clone(), to: from.clone() })?;
                self.plan.node_mut(to_ix).upstream.push(from_ix);
                self.plan.node_mut(from_ix).downstream.push(to_ix);
            }
        }
        Ok(())
    }
}

/// Where the next one goes.
fn index<T>(known: &[T]) -> u32 {
    u32::try_from(known.len()).unwrap_or(u32::MAX)
}

fn dangling(node: &Node, to: &Identifier) -> PlanError {
    PlanError::Dangling { node: node.id.clone(), to: to.to_string() }
}

/// The then nodes in the order of their conditions, the default last.
fn arms(block: &IfElseBlock) -> impl Iterator<Item = Option<&Node>> {
    let conditional =
        block.case.iter().map(AsRef::as_ref).chain(&block.other).map(|case| case.then_node.as_deref());
    let default = match &block.default {
        Some(if_else_block::Default::ElseNode(node)) => Some(Some(node.as_ref())),
        Some(if_else_block::Default::Error(_)) | None => None,
    };
    conditional.chain(default)
}

/// The block without the nodes, which are laid out for themselves.
fn conditions_only(block: &IfElseBlock) -> IfElseBlock {
    let mut block = block.clone();
    let first = block.case.iter_mut().map(AsMut::as_mut);
    first.chain(&mut block.other).for_each(|case| case.then_node = None);
    if let Some(if_else_block::Default::ElseNode(node)) = &mut block.default {
        **node = Node::default();
    }
    block
}

fn failure_policy(template: &WorkflowTemplate) -> FailurePolicy {
    match template.metadata.as_ref().map(|metadata| metadata.on_failure()) {
        Some(OnFailurePolicy::FailAfterExecutableNodesComplete) => {
            FailurePolicy::FailAfterExecutableNodesComplete
        }
        Some(OnFailurePolicy::FailImmediately) | None => FailurePolicy::FailImmediately,
    }
}

/// The node's own retries, else the task's: a node that sets none says 0.
fn max_attempts(metadata: Option<&NodeMetadata>, kind: NodeKind, tasks: &[Arc<TaskTemplate>]) -> u32 {
    let own = metadata.and_then(|metadata| metadata.retries.as_ref()).map_or(0, |retries| retries.retries);
    let task = match kind {
        NodeKind::Task(ix) => tasks.get(ix.0 as usize).and_then(|task| task.metadata.as_ref()),
        _ => None,
    };
    let inherited = task.and_then(|metadata| metadata.retries.as_ref()).map_or(0, |retries| retries.retries);
    if own > 0 { own } else { inherited }.saturating_add(1)
}

/// The node's own time-out, else the task's; none is 0. Clients give every sleep the time-out that gates have
/// when nobody says otherwise, and mean nothing by it.
fn timeout(metadata: Option<&NodeMetadata>, kind: NodeKind, tasks: &[Arc<TaskTemplate>]) -> Option<Nanos> {
    let own = metadata.and_then(|metadata| metadata.timeout.as_ref());
    let inherited = match kind {
        NodeKind::Start | NodeKind::End | NodeKind::Sleep(_) => return None,
        NodeKind::Task(ix) => tasks.get(ix.0 as usize).and_then(|task| task.metadata.as_ref()),
        _ => None,
    };
    let inherited = inherited.and_then(|metadata| metadata.timeout.as_ref());
    let set = |duration: Option<&prost_types::Duration>| duration.map(Nanos::from).filter(|time| time.0 > 0);
    set(own).or_else(|| set(inherited))
}

fn interruptible(metadata: Option<&NodeMetadata>) -> Option<bool> {
    let said = metadata.and_then(|metadata| metadata.interruptible_value.as_ref());
    said.map(|InterruptibleValue::Interruptible(said)| *said)
}

/// What the workflow's author said for all its nodes.
fn interruptible_by_default(workflow: &CompiledWorkflow) -> bool {
    let template = workflow.template.as_ref();
    let defaults = template.and_then(|template| template.metadata_defaults.as_ref());
    defaults.is_some_and(|defaults| defaults.interruptible)
}

fn overrides(node: &Node) -> Option<Box<TaskNodeOverrides>> {
    match &node.target {
        Some(Target::TaskNode(task)) => task.overrides.clone(),
        _ => None,
    }
}

/// Looks at the nodes from `first` on, which have no edges to those before.
fn refuse_cycles(plan: &Plan, first: u32) -> Result<(), PlanError> {
    let at = |ix: NodeIx| (ix.0 - first) as usize;
    let nodes = || (first..plan.nodes.len()).map(NodeIx);
    let mut left: Vec<usize> = nodes().map(|ix| plan.node(ix).upstream.len()).collect();
    let mut done: Vec<NodeIx> = nodes().filter(|ix| left[at(*ix)] == 0).collect();
    let mut next = 0;
    while let Some(ix) = done.get(next).copied() {
        next += 1;
        for to in &plan.node(ix).downstream {
            left[at(*to)] -= 1;
            if left[at(*to)] == 0 {
                done.push(*to);
            }
        }
    }
    let stuck = nodes().find(|ix| left[at(*ix)] > 0);
    stuck.map_or(Ok(()), |ix| Err(PlanError::Cycle(plan.node(ix).id.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aileron_idl::core::TaskMetadata;

    #[test]
    fn a_nodes_own_timeout_goes_before_its_tasks() {
        let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
        let of = |node, task| {
            let metadata = Some(TaskMetadata { timeout: task, ..Default::default() });
            let tasks = [Arc::new(TaskTemplate { metadata, ..Default::default() })];
            let node = NodeMetadata { timeout: node, ..Default::default() };
            timeout(Some(&node), NodeKind::Task(TaskIx(0)), &tasks).map(|time| time.to_string())
        };
        for (node, task, expected) in [
            (seconds(2), seconds(3), Some("2s")),
            (seconds(0), seconds(3), Some("3s")),
            (None, seconds(3), Some("3s")),
            (None, seconds(0), None),
            (None, None, None),
        ] {
            assert_eq!(of(node, task).as_deref(), expected, "{node:?} {task:?}");
        }
    }
}
