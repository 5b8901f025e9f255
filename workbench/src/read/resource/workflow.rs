//! A workflow of a spec.

use std::collections::BTreeMap;

use aileron_compiler::types::literal_type;
use aileron_compiler::{END_NODE, START_NODE};
use aileron_idl::core::binding_data::Value as Bound;
use aileron_idl::core::connection_set::IdList;
use aileron_idl::core::node::Target;
use aileron_idl::core::task_node::Reference;
use aileron_idl::core::{
    Binding, CompiledTask, CompiledWorkflow, ConnectionSet, Identifier, LiteralMap, Node, TypedInterface,
    Variable, VariableMap, WorkflowTemplate,
};
use serde_json::Value;

use super::node::{Pool, arms, node};
use super::{fields, message};
use crate::problem::Reason;

/// The workflow; `given` are the values that it was launched with.
pub(super) fn workflow(
    spec: &Value,
    id: Option<Identifier>,
    part: &str,
    tasks: &[CompiledTask],
    given: Option<&LiteralMap>,
) -> Result<CompiledWorkflow, Reason> {
    let pool: Pool<'_> = fields(spec.get("nodes")).map(|(id, node)| (id.as_str(), node)).collect();
    let arms = arms(&pool);
    let mut ids: Vec<_> = pool.keys().filter(|id| !arms.contains(**id)).collect();
    // `n10` comes after `n9`, and the two nodes that the compiler adds come first.
    ids.sort_by_key(|id| (**id != START_NODE, **id != END_NODE, id.len(), **id));
    let mut nodes = Vec::new();
    for id in ids {
        nodes.push(message::<Node>(&node(pool[id], &pool), &format!("{part}.nodes.{id}"))?);
    }
    let outputs = match spec.get("outputBindings") {
        Some(Value::Array(bindings)) => {
            let read = |binding| message::<Binding>(binding, &format!("{part}.outputBindings"));
            bindings.iter().map(read).collect::<Result<_, _>>()?
        }
        _ => Vec::new(),
    };
    let declared =
        spec.get("outputs").map(|outputs| message::<VariableMap>(outputs, &format!("{part}.outputs")));
    let inputs = Some(VariableMap { variables: inputs(&nodes, tasks, given) });
    let interface = Some(TypedInterface { inputs, outputs: declared.transpose()? });
    let failure = spec.get("onFailure").filter(|failure| failure.is_object());
    let failure = failure.map(|from| message::<Node>(&node(from, &pool), &format!("{part}.onFailure")));
    let failure_node = failure.transpose()?;
    let template = WorkflowTemplate { id, interface, nodes, outputs, failure_node, ..Default::default() };
    Ok(CompiledWorkflow { template: Some(template), connections: Some(connections(spec)) })
}

fn connections(spec: &Value) -> ConnectionSet {
    let side = |side: &str| {
        let lists = fields(spec.get("edges").and_then(|edges| edges.get(side)));
        lists.map(|(from, ids)| (from.clone(), list(ids))).collect::<BTreeMap<_, _>>()
    };
    ConnectionSet { downstream: side("downstream"), upstream: side("upstream") }
}

fn list(ids: &Value) -> IdList {
    let ids = ids.as_array().into_iter().flatten().filter_map(Value::as_str);
    IdList { ids: ids.map(str::to_owned).collect() }
}

/// The inputs, with the type of the first task that takes each, else with that of the value given for it.
fn inputs(nodes: &[Node], tasks: &[CompiledTask], given: Option<&LiteralMap>) -> BTreeMap<String, Variable> {
    let templates = tasks.iter().filter_map(|task| task.template.as_ref());
    let by_id: BTreeMap<_, _> = templates.filter_map(|task| Some((task.id.as_ref()?, task))).collect();
    let mut found = BTreeMap::new();
    for node in nodes {
        let Some(Target::TaskNode(task)) = &node.target else { continue };
        let Some(Reference::ReferenceId(id)) = &task.reference else { continue };
        let interface = by_id.get(id).and_then(|task| task.interface.as_ref()?.inputs.as_ref());
        for binding in &node.inputs {
            let variable = interface.and_then(|inputs| inputs.variables.get(&binding.var));
            if let (Some(input), Some(variable)) = (workflow_input(binding), variable) {
                found.entry(input.to_owned()).or_insert_with(|| variable.clone());
            }
        }
    }
    for (name, literal) in given.iter().flat_map(|given| &given.literals) {
        let variable = || Variable { r#type: literal_type(literal), ..Variable::default() };
        found.entry(name.clone()).or_insert_with(variable);
    }
    found
}

/// The workflow's input that a binding takes whole.
fn workflow_input(binding: &Binding) -> Option<&str> {
    match binding.binding.as_ref()?.value.as_ref()? {
        Bound::Promise(promise) if promise.node_id.is_empty() || promise.node_id == START_NODE => {
            promise.attr_path.is_empty().then_some(promise.var.as_str())
        }
        _ => None,
    }
}
