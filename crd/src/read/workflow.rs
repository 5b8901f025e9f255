//! A workflow of a spec.

use std::collections::BTreeMap;

use aileron_compiler::types::literal_type;
use aileron_compiler::{END_NODE, START_NODE};
use aileron_idl::core::binding_data::Value as Bound;
use aileron_idl::core::connection_set::IdList;
use aileron_idl::core::node::Target;
use aileron_idl::core::task_node::Reference;
use aileron_idl::core::workflow_metadata::OnFailurePolicy;
use aileron_idl::core::{
    Binding, CompiledTask, CompiledWorkflow, ConnectionSet, Identifier, LiteralMap, Node, TypedInterface,
    Variable, VariableMap, WorkflowMetadata, WorkflowTemplate,
};
use serde_json::Value;

use super::node::{Around, Pool, arms, node};
use super::reference::Keys;
use super::{ReadError, fields, message};

/// What every workflow of an object is read with.
pub(super) struct Reader<'a> {
    pub(super) tasks: &'a [CompiledTask],
    pub(super) keys: &'a Keys<'a>,
}

impl Reader<'_> {
    /// The workflow; `given` are the values that it was launched with.
    pub(super) fn workflow(
        &self,
        spec: &Value,
        id: Option<Identifier>,
        part: &str,
        given: Option<&LiteralMap>,
    ) -> Result<CompiledWorkflow, ReadError> {
        let pool: Pool<'_> = fields(spec.get("nodes")).map(|(id, node)| (id.as_str(), node)).collect();
        let around = Around { pool: &pool, keys: self.keys };
        let mut nodes = Vec::new();
        for id in in_order(&pool) {
            nodes.push(message::<Node>(&node(pool[id], around), &format!("{part}.nodes.{id}"))?);
        }
        let failure = spec.get("onFailure").filter(|failure| failure.is_object());
        let failure = failure.map(|from| message::<Node>(&node(from, around), &format!("{part}.onFailure")));
        let declared = spec.get("outputs").filter(|outputs| outputs.is_object());
        let declared = declared.map(|outputs| message::<VariableMap>(outputs, &format!("{part}.outputs")));
        let inputs = Some(VariableMap { variables: inputs(&nodes, self.tasks, given) });
        let template = WorkflowTemplate {
            id,
            metadata: metadata(spec),
            interface: Some(TypedInterface { inputs, outputs: declared.transpose()? }),
            nodes,
            outputs: bindings(spec.get("outputBindings"), &format!("{part}.outputBindings"))?,
            failure_node: failure.transpose()?,
            ..Default::default()
        };
        Ok(CompiledWorkflow { template: Some(template), connections: Some(connections(spec)) })
    }
}

/// The nodes of the workflow's own level: `n10` comes after `n9`, and the two that the compiler adds first.
fn in_order<'a>(pool: &Pool<'a>) -> Vec<&'a str> {
    let arms = arms(pool);
    let mut ids: Vec<_> = pool.keys().copied().filter(|id| !arms.contains(*id)).collect();
    ids.sort_by_key(|id| (*id != START_NODE, *id != END_NODE, id.len(), *id));
    ids
}

fn bindings(list: Option<&Value>, part: &str) -> Result<Vec<Binding>, ReadError> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.map(|binding| message::<Binding>(binding, part)).collect()
}

fn metadata(spec: &Value) -> Option<WorkflowMetadata> {
    let policy = spec.get("onFailurePolicy").and_then(Value::as_str)?;
    let policy = OnFailurePolicy::from_str_name(policy)?;
    Some(WorkflowMetadata { on_failure: policy.into(), ..WorkflowMetadata::default() })
}

fn connections(spec: &Value) -> ConnectionSet {
    let lists = |field: Option<&Value>| {
        fields(field).map(|(from, ids)| (from.clone(), list(ids))).collect::<BTreeMap<_, _>>()
    };
    let side = |side: &str| lists(spec.get("edges").and_then(|edges| edges.get(side)));
    let mut downstream = side("downstream");
    if downstream.is_empty() {
        // Objects of old writers have one direction alone.
        downstream = lists(spec.get("connections"));
    }
    ConnectionSet { downstream, upstream: side("upstream") }
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
