//! From a compiled closure to a plan: nested workflows and arms are laid out one after the other.

use std::collections::{HashMap, VecDeque};

use aileron_compiler::{END_NODE, START_NODE};
use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::node::Target;
use aileron_idl::core::node_metadata::InterruptibleValue;
use aileron_idl::core::task_node::Reference;
use aileron_idl::core::workflow_metadata::OnFailurePolicy;
use aileron_idl::core::workflow_node::Reference as WorkflowReference;
use aileron_idl::core::{
    CompiledWorkflow, CompiledWorkflowClosure, GateNode, Identifier, IfElseBlock, Node, NodeMetadata,
    TaskNodeOverrides, TaskTemplate, WorkflowTemplate, if_else_block,
};

use super::{
    BranchIx, FailurePolicy, GateIx, LaunchPlanIx, MAX_DEPTH, MAX_NODES, NodeIx, NodeKind, Plan, PlanError,
    PlanNode, PlanSettings, Scope, ScopeIx, TaskIx,
};
use crate::Nanos;

pub(super) fn plan(closure: &CompiledWorkflowClosure, settings: PlanSettings) -> Result<Plan, PlanError> {
    let primary = closure.primary.as_ref().ok_or(PlanError::Missing("primary workflow"))?;
    let tasks: Vec<TaskTemplate> = closure.tasks.iter().filter_map(|task| task.template.clone()).collect();
    let by_id = |tasks: &[TaskTemplate]| -> HashMap<Identifier, TaskIx> {
        (0..).zip(tasks).filter_map(|(ix, task)| Some((task.id.clone()?, TaskIx(ix)))).collect()
    };
    let mut builder = Builder {
        tasks: by_id(&tasks),
        workflows: closure.sub_workflows.iter().filter_map(|sub| Some((id(sub)?, sub))).collect(),
        inside: VecDeque::new(),
        plan: Plan {
            nodes: Vec::new(),
            scopes: Vec::new(),
            tasks,
            branches: Vec::new(),
            gates: Vec::new(),
            launch_plans: Vec::new(),
            top: 0..0,
            workflow: id(primary).cloned(),
            settings,
        },
    };
    builder.workflow(primary, None, 0)?;
    while let Some(inside) = builder.inside.pop_front() {
        match inside.what {
            What::Workflow(workflow) => builder.workflow(workflow, Some(inside.owner), inside.depth)?,
            What::Arms(block) => builder.arms(block, inside.owner, inside.depth)?,
        }
    }
    refuse_cycles(&builder.plan)?;
    Ok(builder.plan)
}

fn id(workflow: &CompiledWorkflow) -> Option<&Identifier> {
    workflow.template.as_ref()?.id.as_ref()
}

struct Builder<'c> {
    tasks: HashMap<Identifier, TaskIx>,
    workflows: HashMap<&'c Identifier, &'c CompiledWorkflow>,
    /// What is still to be laid out, so that nesting takes no stack.
    inside: VecDeque<Inside<'c>>,
    plan: Plan,
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

impl<'c> Builder<'c> {
    fn workflow(
        &mut self,
        workflow: &'c CompiledWorkflow,
        parent: Option<NodeIx>,
        depth: u32,
    ) -> Result<(), PlanError> {
        let template = workflow.template.as_ref().ok_or(PlanError::Missing("workflow template"))?;
        let scope = match parent.map(|owner| self.plan.node(owner).kind) {
            Some(NodeKind::Workflow(scope)) => scope,
            _ => self.new_scope(),
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
            Some(owner) => self.plan.nodes[owner.0 as usize].children = children,
        }
        Ok(())
    }

    fn new_scope(&mut self) -> ScopeIx {
        let ix = ScopeIx(index(&self.plan.scopes));
        self.plan.scopes.push(Scope {
            failure_policy: FailurePolicy::FailImmediately,
            failure_node: None,
            end: None,
            by_id: HashMap::new(),
        });
        ix
    }

    fn next_ix(&self) -> Result<NodeIx, PlanError> {
        let length = self.plan.nodes.len();
        if length > MAX_NODES {
            return Err(PlanError::TooLarge);
        }
        u32::try_from(length).map(NodeIx).map_err(|_| PlanError::TooLarge)
    }

    fn node(&mut self, node: &'c Node, spot: Spot) -> Result<NodeIx, PlanError> {
        let ix = self.next_ix()?;
        let kind = self.kind(node, ix, spot.depth)?;
        self.plan.scopes[spot.scope.0 as usize].by_id.insert(node.id.clone(), ix);
        self.plan.nodes.push(PlanNode {
            id: node.id.clone(),
            name: node.metadata.as_ref().map(|metadata| metadata.name.clone()).unwrap_or_default(),
            kind,
            parent: spot.parent,
            scope: spot.scope,
            inputs: node.inputs.clone(),
            max_attempts: max_attempts(node.metadata.as_ref(), kind, &self.plan.tasks),
            timeout: timeout(node.metadata.as_ref(), kind, &self.plan.tasks),
            overrides: overrides(node),
            interruptible: interruptible(node.metadata.as_ref()),
            upstream: Vec::new(),
            downstream: Vec::new(),
            children: 0..0,
        });
        Ok(ix)
    }

    fn kind(&mut self, node: &'c Node, ix: NodeIx, depth: u32) -> Result<NodeKind, PlanError> {
        match &node.target {
            None if node.id == START_NODE => Ok(NodeKind::Start),
            None if node.id == END_NODE => Ok(NodeKind::End),
            None => Err(PlanError::Missing("target of a node")),
            Some(Target::TaskNode(task)) => {
                let Some(Reference::ReferenceId(id)) = &task.reference else {
                    return Err(PlanError::Missing("task reference"));
                };
                self.tasks.get(id).copied().map(NodeKind::Task).ok_or_else(|| dangling(node, id))
            }
            Some(Target::WorkflowNode(used)) => match &used.reference {
                Some(WorkflowReference::SubWorkflowRef(id)) => {
                    let found = self.workflows.get(id).copied().ok_or_else(|| dangling(node, id))?;
                    let scope = self.new_scope();
                    self.later(node, ix, What::Workflow(found), depth)?;
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
                self.plan.branches.push(conditions_only(block));
                self.later(node, ix, What::Arms(block), depth)?;
                Ok(NodeKind::Branch(kind))
            }
            Some(Target::GateNode(gate)) => self.gate(gate),
            Some(Target::ArrayNode(_)) => Err(PlanError::Unsupported(node.id.clone(), "array")),
        }
    }

    fn gate(&mut self, gate: &GateNode) -> Result<NodeKind, PlanError> {
        match gate.condition.as_ref().ok_or(PlanError::Missing("condition of a gate"))? {
            Condition::Sleep(sleep) => {
                let duration = sleep.duration.as_ref().ok_or(PlanError::Missing("duration of a sleep"))?;
                Ok(NodeKind::Sleep(duration.into()))
            }
            Condition::Signal(_) | Condition::Approve(_) => {
                let found = GateIx(index(&self.plan.gates));
                self.plan.gates.push(gate.clone());
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
                self.plan.nodes[to_ix.0 as usize].upstream.push(from_ix);
                self.plan.nodes[from_ix.0 as usize].downstream.push(to_ix);
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
fn max_attempts(metadata: Option<&NodeMetadata>, kind: NodeKind, tasks: &[TaskTemplate]) -> u32 {
    let own = metadata.and_then(|metadata| metadata.retries.as_ref()).map_or(0, |retries| retries.retries);
    let task = match kind {
        NodeKind::Task(ix) => tasks[ix.0 as usize].metadata.as_ref(),
        _ => None,
    };
    let inherited = task.and_then(|metadata| metadata.retries.as_ref()).map_or(0, |retries| retries.retries);
    if own > 0 { own } else { inherited }.saturating_add(1)
}

/// The node's own time-out, else the task's; none is 0. Only tasks have one.
fn timeout(metadata: Option<&NodeMetadata>, kind: NodeKind, tasks: &[TaskTemplate]) -> Option<Nanos> {
    let NodeKind::Task(ix) = kind else { return None };
    let own = metadata.and_then(|metadata| metadata.timeout.as_ref());
    let inherited = tasks[ix.0 as usize].metadata.as_ref().and_then(|metadata| metadata.timeout.as_ref());
    let set = |duration: Option<&prost_types::Duration>| duration.map(Nanos::from).filter(|time| time.0 > 0);
    set(own).or_else(|| set(inherited))
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

fn refuse_cycles(plan: &Plan) -> Result<(), PlanError> {
    let mut left: Vec<usize> = plan.nodes.iter().map(|node| node.upstream.len()).collect();
    let mut done: Vec<NodeIx> = plan.indices().filter(|ix| left[ix.0 as usize] == 0).collect();
    let mut next = 0;
    while let Some(ix) = done.get(next).copied() {
        next += 1;
        for to in &plan.node(ix).downstream {
            left[to.0 as usize] -= 1;
            if left[to.0 as usize] == 0 {
                done.push(*to);
            }
        }
    }
    let stuck = plan.indices().find(|ix| left[ix.0 as usize] > 0);
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
            let tasks = [TaskTemplate { metadata, ..Default::default() }];
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
