//! The kinds of nodes: what variables each has, and what must be true of it alone. One file a kind.
//!
//! To add a kind, write its file beside `task`, and call it from [`define`].

pub(crate) mod array;
pub(crate) mod branch;
mod condition;
mod failure;
mod gate;
mod launch_plan;
mod sub_workflow;
mod task;

use std::borrow::Cow;
use std::collections::VecDeque;

use aileron_idl::core::node::Target;
use aileron_idl::core::workflow_node::Reference;
use aileron_idl::core::{Identifier, Node, TaskTemplate, WorkflowTemplate};
use foldhash::HashMap;

use crate::check::{nesting_too_deep, syntax_error, value_required, workflow_reference_not_found};
use crate::findings::Findings;
use crate::ir::{Kind, NodeIx, Place};
use crate::signature::Signature;
use crate::types::DEPTH_LIMIT;
use crate::{LaunchPlan, Request};

/// What nodes may refer to, by id.
pub(crate) struct Library<'a> {
    tasks: HashMap<&'a Identifier, &'a TaskTemplate>,
    launch_plans: HashMap<&'a Identifier, &'a LaunchPlan>,
    sub_workflows: HashMap<&'a Identifier, &'a WorkflowTemplate>,
}

impl<'a> Library<'a> {
    pub(crate) fn new(request: &'a Request) -> Self {
        let tasks = request.tasks.iter().filter_map(|task| Some((task.id.as_ref()?, task)));
        let plans = request.launch_plans.iter().map(|plan| (&plan.id, plan));
        let workflows = request.sub_workflows.iter().filter_map(|it| Some((it.id.as_ref()?, it)));
        Self { tasks: tasks.collect(), launch_plans: plans.collect(), sub_workflows: workflows.collect() }
    }
}

/// What the nodes of one workflow may refer to.
pub(crate) struct Scope<'a, 'l> {
    pub(crate) template: &'a WorkflowTemplate,
    pub(crate) library: &'l Library<'a>,
}

/// A node that is to be read.
pub(crate) struct Open<'a> {
    pub(crate) template: &'a Node,
    pub(crate) id: Cow<'a, str>,
    pub(crate) place: Place,
    /// How many levels of nodes may lie inside of it.
    levels: usize,
}

impl<'a> Open<'a> {
    pub(crate) fn new(template: &'a Node, place: Place) -> Self {
        Self { template, id: Cow::Borrowed(&template.id), place, levels: DEPTH_LIMIT }
    }

    /// A node inside of it.
    fn inner(&self, template: &'a Node, id: Cow<'a, str>, place: Place) -> Self {
        Self { template, id, place, levels: self.levels.saturating_sub(1) }
    }
}

/// The nodes that are still to be read, in the order in which they are to lie.
pub(crate) struct Inside<'a> {
    open: VecDeque<Open<'a>>,
    first: u32,
}

impl<'a> Inside<'a> {
    /// `read` nodes have been read already.
    pub(crate) fn after(read: usize) -> Self {
        Self { open: VecDeque::new(), first: index(read) }
    }

    pub(crate) fn next(&mut self) -> Option<(NodeIx, Open<'a>)> {
        let open = self.open.pop_front()?;
        self.first += 1;
        Some((NodeIx(self.first - 1), open))
    }

    /// Where it will lie.
    fn add(&mut self, open: Open<'a>) -> NodeIx {
        self.open.push_back(open);
        NodeIx(self.first + index(self.open.len()) - 1)
    }
}

impl<'a> Extend<Open<'a>> for Inside<'a> {
    fn extend<T: IntoIterator<Item = Open<'a>>>(&mut self, nodes: T) {
        self.open.extend(nodes);
    }
}

/// No message is large enough to hold more nodes than that.
fn index(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What a node is, as far as it can be told from itself and what it refers to.
pub(crate) struct Definition<'a> {
    pub(crate) kind: Kind<'a>,
    /// Absent if it follows from other nodes, and if the node is wrong in a way that leaves it unknown.
    pub(crate) signature: Option<Signature<'a>>,
}

impl<'a> Definition<'a> {
    fn declared(signature: Option<Signature<'a>>) -> Self {
        Self { kind: Kind::Declared, signature }
    }

    fn inferred(kind: Kind<'a>) -> Self {
        Self { kind, signature: None }
    }

    fn unknown() -> Self {
        Self::declared(None)
    }
}

/// Tells what a node is, and adds the nodes inside of it to `inside`. Everything that is wrong with the
/// node by itself is diagnosed.
pub(crate) fn define<'a>(
    index: NodeIx,
    open: &Open<'a>,
    scope: &Scope<'a, '_>,
    inside: &mut Inside<'a>,
    diagnostics: &mut Findings,
) -> Definition<'a> {
    let (id, node) = (&*open.id, open.template);
    diagnostics.extend(syntax_error::timeout(id, node));
    if open.levels == 0 {
        diagnostics.push(nesting_too_deep::node(id));
        return Definition::unknown();
    }
    match &node.target {
        Some(Target::TaskNode(task)) => task::define(id, task, scope, diagnostics),
        Some(Target::WorkflowNode(child)) => match &child.reference {
            Some(Reference::LaunchplanRef(plan)) => launch_plan::define(open, plan, scope, diagnostics),
            Some(Reference::SubWorkflowRef(child)) => sub_workflow::define(id, child, scope, diagnostics),
            None => {
                diagnostics.push(workflow_reference_not_found::neither(id));
                Definition::unknown()
            }
        },
        Some(Target::BranchNode(branch)) => branch::define(index, open, branch, inside, diagnostics),
        Some(Target::GateNode(gate)) => gate::define(open, gate, diagnostics),
        Some(Target::ArrayNode(array)) => array::define(open, array, inside, diagnostics),
        None => {
            diagnostics.push(value_required::target(id));
            Definition::unknown()
        }
    }
}
