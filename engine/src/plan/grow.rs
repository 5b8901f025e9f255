//! The growth of a plan: what a node has inside, when that is known only at run time.
//!
//! Growing is a function of the plan and of what is grown, in order: doing it again from what was written
//! down gives the same plan, index by index.

use std::sync::Arc;

use aileron_idl::core::CompiledWorkflowClosure;

use super::{MAX_DEPTH, MAX_NODES, NodeIx, NodeKind, Plan, PlanError, ScopeIx, build};

/// What an attempt turned out to have inside.
#[derive(Clone, Debug, PartialEq)]
pub enum Inside {
    /// A task made this workflow.
    Workflow(Arc<CompiledWorkflowClosure>),
    /// The lists of an array have so many items.
    Items(u32),
}

/// One growth: which attempt of which node had what inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// The node.
    pub node: NodeIx,
    /// The attempt of it.
    pub attempt: u32,
    /// What it has inside.
    pub inside: Inside,
}

/// What a node has learnt of its inside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grown {
    /// The attempt that the inside belongs to.
    pub(super) attempt: u32,
    /// The workflow that a task made.
    pub(super) scope: Option<ScopeIx>,
}

impl Plan {
    /// Lays out what an attempt of a node has inside, after everything that is there.
    ///
    /// # Errors
    /// When it is nested too deeply, when there are too many nodes, or when it is no valid closure. The plan
    /// stays as it was then.
    pub fn grow(&mut self, growth: &Growth) -> Result<(), PlanError> {
        let Growth { node, attempt, inside } = growth;
        match inside {
            Inside::Workflow(closure) => self.grow_workflow(*node, *attempt, closure),
            Inside::Items(size) => self.grow_items(*node, *attempt, *size),
        }
    }

    fn grow_workflow(
        &mut self,
        ix: NodeIx,
        attempt: u32,
        closure: &CompiledWorkflowClosure,
    ) -> Result<(), PlanError> {
        let node = self.node(ix);
        if self.item(ix).is_some() {
            return Err(PlanError::GrownItem(node.id.clone()));
        }
        if node.depth >= MAX_DEPTH {
            return Err(PlanError::TooDeep(node.id.clone()));
        }
        let (depth, before) = (node.depth + 1, (node.grown, node.children.clone()));
        let size = Size::of(self);
        let scope = Some(self.new_scope());
        self.node_mut(ix).grown = Some(Grown { attempt, scope });
        let laid_out = build::lay_out(self, closure, Some((ix, depth)));
        if laid_out.is_err() {
            size.restore(self);
            let node = self.node_mut(ix);
            (node.grown, node.children) = before;
        }
        laid_out
    }

    fn grow_items(&mut self, ix: NodeIx, attempt: u32, size: u32) -> Result<(), PlanError> {
        let first = self.nodes.len();
        let NodeKind::Array(array) = self.node(ix).kind else {
            return Err(PlanError::Missing("array for its items"));
        };
        if size > MAX_NODES.saturating_sub(first) {
            return Err(PlanError::TooLarge);
        }
        let item = Arc::new(self.array(array).item.clone());
        self.nodes.push_items(size, item);
        let node = self.node_mut(ix);
        node.children = first..first + size;
        node.grown = Some(Grown { attempt, scope: None });
        Ok(())
    }

    /// The attempt of a node that its children belong to, if they came at run time.
    pub(crate) fn grown_by(&self, ix: NodeIx) -> Option<u32> {
        self.node(ix).grown.map(|grown| grown.attempt)
    }

    /// How many nodes are directly inside a node.
    pub(crate) fn size(&self, ix: NodeIx) -> u32 {
        let children = &self.node(ix).children;
        children.end - children.start
    }
}

/// How much a plan holds, so that what was laid out by half can be taken away.
struct Size {
    nodes: u32,
    scopes: usize,
    tasks: usize,
    branches: usize,
    gates: usize,
    launch_plans: usize,
    arrays: usize,
}

impl Size {
    fn of(plan: &Plan) -> Size {
        Size {
            nodes: plan.nodes.len(),
            scopes: plan.scopes.len(),
            tasks: plan.tasks.len(),
            branches: plan.branches.len(),
            gates: plan.gates.len(),
            launch_plans: plan.launch_plans.len(),
            arrays: plan.arrays.len(),
        }
    }

    fn restore(self, plan: &mut Plan) {
        plan.nodes.truncate(self.nodes);
        plan.scopes.truncate(self.scopes);
        plan.tasks.truncate(self.tasks);
        plan.branches.truncate(self.branches);
        plan.gates.truncate(self.gates);
        plan.launch_plans.truncate(self.launch_plans);
        plan.arrays.truncate(self.arrays);
    }
}
