//! Nodes that are referred to and do not exist, put into the workflow so that they can be drawn.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aileron_idl::core::{BindingData, CompiledWorkflow, Node, binding_data};

use super::{END, START};

/// How deep a binding is followed.
const DEEPEST: usize = 32;

/// The workflow with a node for every id that a binding or an order names and no node has.
pub(super) fn completed(workflow: &CompiledWorkflow) -> Cow<'_, CompiledWorkflow> {
    let Some(template) = &workflow.template else { return Cow::Borrowed(workflow) };
    let known: BTreeSet<&str> = template.nodes.iter().map(|node| node.id.as_str()).collect();
    let mut ghosts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in &template.nodes {
        let mut name = |id: &str| {
            if !id.is_empty() && id != START && !known.contains(id) {
                ghosts.entry(id.to_owned()).or_default().insert(node.id.clone());
            }
        };
        node.upstream_node_ids.iter().for_each(|id| name(id));
        node.inputs
            .iter()
            .filter_map(|input| input.binding.as_ref())
            .for_each(|data| promised(data, 0, &mut name));
    }
    // Arms of branches are nodes of the workflow that its list does not have.
    ghosts.retain(|id, _| !template.nodes.iter().any(|node| id.starts_with(&format!("{}-", node.id))));
    if ghosts.is_empty() {
        return Cow::Borrowed(workflow);
    }
    let mut whole = workflow.clone();
    if let Some(template) = &mut whole.template {
        template.nodes.extend(ghosts.keys().map(|id| Node { id: id.clone(), ..Node::default() }));
    }
    let downstream = &mut whole.connections.get_or_insert_default().downstream;
    for (ghost, readers) in ghosts {
        downstream.entry(ghost).or_default().ids.extend(readers);
    }
    Cow::Owned(whole)
}

/// The nodes whose outputs a binding takes.
pub(super) fn promised(data: &BindingData, depth: usize, name: &mut impl FnMut(&str)) {
    match &data.value {
        _ if depth > DEEPEST => {}
        Some(binding_data::Value::Promise(promise)) => name(&promise.node_id),
        Some(binding_data::Value::Collection(list)) => {
            list.bindings.iter().for_each(|item| promised(item, depth + 1, name));
        }
        Some(binding_data::Value::Map(map)) => {
            map.bindings.values().for_each(|item| promised(item, depth + 1, name));
        }
        _ => {}
    }
}

/// Whether a node of a completed workflow is one of those that were put into it.
pub(super) fn is_ghost(node: &Node) -> bool {
    node.target.is_none() && node.metadata.is_none() && node.id != START && node.id != END
}
