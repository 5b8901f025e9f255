//! From the intermediate form to the compiled closure.

use std::collections::BTreeMap;

use aileron_idl::core::binding_data::Value;
use aileron_idl::core::connection_set::IdList;
use aileron_idl::core::if_else_block::Default as Otherwise;
use aileron_idl::core::node::Target;
use aileron_idl::core::{
    Binding, BindingData, CompiledTask, CompiledWorkflow, ConnectionSet, IfElseBlock, Node, TaskTemplate,
    TypedInterface, WorkflowTemplate,
};

use crate::ir::{self, NodeIx, Place, Workflow};
use crate::node::branch::arm_id;
use crate::types::DEPTH_LIMIT;
use crate::{END_NODE, Request, START_NODE, requirements};

/// The compiled form of a template.
pub(crate) fn workflow(template: &WorkflowTemplate, workflow: &Workflow<'_>) -> CompiledWorkflow {
    CompiledWorkflow {
        template: Some(completed(template, workflow)),
        connections: Some(connections(workflow)),
    }
}

/// The template with the boundary nodes in front, and what the client may leave out filled in.
fn completed(template: &WorkflowTemplate, workflow: &Workflow<'_>) -> WorkflowTemplate {
    let WorkflowTemplate { id, metadata, interface, nodes: _, outputs, failure_node: _, metadata_defaults } =
        template;
    let mut outputs = outputs.clone();
    name_start_node(&mut outputs);
    let start = Node { id: START_NODE.to_owned(), ..Node::default() };
    let end = Node { id: END_NODE.to_owned(), inputs: outputs.clone(), ..Node::default() };
    let at = |place| workflow.nodes.iter().filter(move |node| node.place == place);
    let normalized = |node: &ir::Node<'_>| Some(normalized(node.template?.clone(), DEPTH_LIMIT));
    WorkflowTemplate {
        id: id.clone(),
        metadata: metadata.clone(),
        interface: Some(complete(interface.clone().unwrap_or_default())),
        nodes: [start, end].into_iter().chain(at(Place::Top).filter_map(normalized)).collect(),
        outputs,
        failure_node: at(Place::Failure).find_map(normalized),
        metadata_defaults: *metadata_defaults,
    }
}

fn complete(mut interface: TypedInterface) -> TypedInterface {
    interface.inputs.get_or_insert_default();
    interface.outputs.get_or_insert_default();
    interface
}

/// The node as clients expect it. What is inside of an array remains as it was sent, for its bindings
/// are not of this workflow.
fn normalized(mut node: Node, levels: usize) -> Node {
    let Some(levels) = levels.checked_sub(1) else { return node };
    node.upstream_node_ids.sort_unstable();
    name_start_node(&mut node.inputs);
    if let Some(Target::BranchNode(branch)) = &mut node.target
        && let Some(block) = &mut branch.if_else
    {
        for arm in arms(block) {
            arm.id = arm_id(&node.id, arm);
            *arm = normalized(std::mem::take(arm), levels);
        }
    }
    node
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

fn connections(workflow: &Workflow<'_>) -> ConnectionSet {
    let forward = workflow.edges.iter().copied().filter(|(_, to)| workflow.is_top(*to));
    let backward = workflow.edges.iter().map(|&(from, to)| (to, from));
    ConnectionSet { downstream: lists(workflow, forward), upstream: lists(workflow, backward) }
}

/// The second ids by the first, each list sorted.
fn lists(workflow: &Workflow<'_>, pairs: impl Iterator<Item = (NodeIx, NodeIx)>) -> BTreeMap<String, IdList> {
    let mut neighbours: Vec<Vec<&str>> = vec![Vec::new(); workflow.nodes.len()];
    pairs.for_each(|(of, neighbour)| neighbours[of.0 as usize].push(workflow.id(neighbour)));
    let with_neighbours = workflow.nodes.iter().zip(neighbours).filter(|(_, ids)| !ids.is_empty());
    let lists = with_neighbours.map(|(node, mut ids)| {
        ids.sort_unstable();
        (node.id.clone().into_owned(), IdList { ids: ids.into_iter().map(str::to_owned).collect() })
    });
    lists.collect()
}

/// The tasks that are referred to, once each, sorted by id.
pub(crate) fn tasks(request: &Request<'_>) -> Vec<CompiledTask> {
    let required = requirements(request.template, request.sub_workflows).tasks;
    let supplied = request.tasks.iter().filter_map(|task| Some((task.id.as_ref()?, task)));
    let supplied: BTreeMap<_, _> = supplied.filter(|(id, _)| required.contains(id)).collect();
    supplied.into_values().map(compiled_task).collect()
}

fn compiled_task(task: &TaskTemplate) -> CompiledTask {
    let interface = task.interface.clone().map(complete);
    CompiledTask { template: Some(TaskTemplate { interface, ..task.clone() }) }
}
