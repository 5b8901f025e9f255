//! From the intermediate form to the compiled closure, and back to what was sent.

use std::collections::BTreeMap;

use aileron_idl::core::binding_data::Value;
use aileron_idl::core::connection_set::IdList;
use aileron_idl::core::if_else_block::Default as Otherwise;
use aileron_idl::core::node::Target;
use aileron_idl::core::{
    Binding, BindingData, CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, ConnectionSet,
    IfElseBlock, Node, TaskTemplate, TypedInterface, WorkflowTemplate,
};
use aileron_layout::adjacency;

use crate::ir::{NodeIx, Workflow};
use crate::node::branch::arm_id;
use crate::types::DEPTH_LIMIT;
use crate::{END_NODE, Judged, Request, START_NODE, requirements};

/// The closure that the request becomes.
pub(crate) fn closure(request: Request, judged: Judged) -> CompiledWorkflowClosure {
    let required = requirements(&request.template, &request.sub_workflows);
    let Request { template, sub_workflows, tasks, launch_plans: _ } = request;
    let tasks = tasks.into_iter().filter_map(|task| Some((task.id.clone()?, task)));
    // Once each, sorted by id.
    let tasks: BTreeMap<_, _> = tasks.filter(|(id, _)| required.tasks.contains(id)).collect();
    let sub_workflows = sub_workflows.into_iter().zip(judged.sub_workflows);
    CompiledWorkflowClosure {
        primary: Some(workflow(template, Some(judged.primary))),
        sub_workflows: sub_workflows.map(|(template, connections)| workflow(template, connections)).collect(),
        tasks: tasks.into_values().map(task).collect(),
        // Nodes refer to launch plans by id; Flyte fills none in either.
        launch_plans: Vec::new(),
    }
}

/// The compiled form of a template. One that is not needed, and so has no connections, remains as it was sent.
fn workflow(template: WorkflowTemplate, connections: Option<ConnectionSet>) -> CompiledWorkflow {
    let template = if connections.is_some() { completed(template) } else { template };
    CompiledWorkflow { template: Some(template), connections }
}

/// The template with the boundary nodes in front, and what the client may leave out filled in.
fn completed(mut template: WorkflowTemplate) -> WorkflowTemplate {
    let WorkflowTemplate { interface, nodes, outputs, failure_node, .. } = &mut template;
    complete(interface.get_or_insert_default());
    name_start_node(outputs);
    nodes.iter_mut().chain(failure_node).for_each(|node| normalize(node, DEPTH_LIMIT));
    let start = Node { id: START_NODE.to_owned(), ..Node::default() };
    let end = Node { id: END_NODE.to_owned(), inputs: outputs.clone(), ..Node::default() };
    // Exactly: these are the longest lists of a closure.
    nodes.reserve_exact(2);
    nodes.splice(..0, [start, end]);
    template
}

/// A compiled template as it was sent: without the nodes that compiling adds, and with the ids that nodes inside
/// of branches have there. One that was not compiled remains as it is.
#[must_use]
pub fn as_sent(mut template: WorkflowTemplate) -> WorkflowTemplate {
    let WorkflowTemplate { nodes, failure_node, .. } = &mut template;
    // A node of this name that runs something is the client's, and an error.
    let is_added = |node: &Node| node.target.is_none() && [START_NODE, END_NODE].contains(&node.id.as_str());
    if nodes.first().is_some_and(is_added) {
        nodes.retain(|node| !is_added(node));
        nodes.iter_mut().chain(failure_node).for_each(|node| unprefix(node, DEPTH_LIMIT));
    }
    template
}

/// Takes the branch's id off those of its arms.
fn unprefix(node: &mut Node, levels: usize) {
    let Some(levels) = levels.checked_sub(1) else { return };
    let Some(Target::BranchNode(branch)) = &mut node.target else { return };
    for arm in branch.if_else.iter_mut().flat_map(|block| arms(block)) {
        unprefix(arm, levels);
        if let Some(id) = arm.id.strip_prefix(&arm_id(&node.id, "")) {
            arm.id = id.to_owned();
        }
    }
}

fn complete(interface: &mut TypedInterface) {
    interface.inputs.get_or_insert_default();
    interface.outputs.get_or_insert_default();
}

/// The node as clients expect it. What is inside of an array remains as it was sent, for its bindings
/// are not of this workflow.
fn normalize(node: &mut Node, levels: usize) {
    let Some(levels) = levels.checked_sub(1) else { return };
    node.upstream_node_ids.sort_unstable();
    name_start_node(&mut node.inputs);
    if let Some(Target::BranchNode(branch)) = &mut node.target
        && let Some(block) = &mut branch.if_else
    {
        for arm in arms(block) {
            arm.id = arm_id(&node.id, &arm.id);
            normalize(arm, levels);
        }
    }
}

fn arms(block: &mut IfElseBlock) -> impl Iterator<Item = &mut Node> {
    let otherwise = match &mut block.default {
        Some(Otherwise::ElseNode(node)) => Some(&mut **node),
        Some(Otherwise::Error(_)) | None => None,
    };
    let cases = block.case.as_deref_mut().into_iter().chain(&mut block.other);
    cases.filter_map(|case| case.then_node.as_deref_mut()).chain(otherwise)
}

/// A promise without a node id means a workflow input.
fn name_start_node(bindings: &mut [Binding]) {
    bindings
        .iter_mut()
        .filter_map(|binding| binding.binding.as_mut())
        .for_each(|data| name_in(data, DEPTH_LIMIT));
}

fn name_in(data: &mut BindingData, levels: usize) {
    let Some(levels) = levels.checked_sub(1) else { return };
    match &mut data.value {
        Some(Value::Promise(promise)) if promise.node_id.is_empty() => {
            START_NODE.clone_into(&mut promise.node_id);
        }
        Some(Value::Collection(collection)) => {
            collection.bindings.iter_mut().for_each(|data| name_in(data, levels));
        }
        Some(Value::Map(map)) => map.bindings.values_mut().for_each(|data| name_in(data, levels)),
        _ => {}
    }
}

/// What waits for what, in both directions.
pub(crate) fn connections(workflow: &Workflow<'_>) -> ConnectionSet {
    let ids = Ids::of(workflow);
    let forward = workflow.edges.iter().copied().filter(|(_, to)| workflow.is_top(*to));
    let backward = workflow.edges.iter().map(|&(from, to)| (to, from));
    ConnectionSet { downstream: ids.lists(forward), upstream: ids.lists(backward) }
}

/// The ids of a workflow's nodes, sorted once: numbers are sorted faster than texts.
struct Ids<'w> {
    sorted: Vec<&'w str>,
    /// For each node the place of its id.
    places: Vec<u32>,
}

impl<'w> Ids<'w> {
    fn of(workflow: &'w Workflow<'_>) -> Self {
        let keyed =
            workflow.nodes.iter().zip(0_u32..).map(|(node, index)| (head(&node.id), &*node.id, index));
        let mut sorted: Vec<_> = keyed.collect();
        sorted.sort_unstable();
        let mut places = vec![0; sorted.len()];
        sorted.iter().zip(0..).for_each(|(&(_, _, node), place)| places[node as usize] = place);
        Self { sorted: sorted.into_iter().map(|(_, id, _)| id).collect(), places }
    }

    /// The second ids by the first, each list sorted.
    fn lists(&self, pairs: impl Iterator<Item = (NodeIx, NodeIx)>) -> BTreeMap<String, IdList> {
        let place = |node: NodeIx| self.places[node.0 as usize];
        let mut pairs: Vec<_> = pairs.map(|(of, neighbour)| [place(of), place(neighbour)]).collect();
        adjacency::sort(self.sorted.len(), &mut pairs);
        let id = |place: u32| self.sorted[place as usize].to_owned();
        let lists = pairs
            .chunk_by(|one, other| one[0] == other[0])
            .map(|list| (id(list[0][0]), IdList { ids: list.iter().map(|pair| id(pair[1])).collect() }));
        lists.collect()
    }
}

/// The first bytes of an id as a number of the same order: most ids differ there.
fn head(id: &str) -> u64 {
    let mut first = [0; size_of::<u64>()];
    first.iter_mut().zip(id.bytes()).for_each(|(to, from)| *to = from);
    u64::from_be_bytes(first)
}

fn task(mut template: TaskTemplate) -> CompiledTask {
    template.interface.iter_mut().for_each(complete);
    CompiledTask { template: Some(template) }
}
