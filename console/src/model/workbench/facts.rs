//! What a node is: where its inputs come from, who uses its outputs, what it runs.

use aileron_compiler::types::describe;
use aileron_idl::core::{
    Binding, BindingData, CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, Identifier, Node,
    OutputReference, TaskTemplate, TypedInterface, binding_data, node, promise_attribute, task_node,
    task_template,
};

use crate::model::value;

/// How deep a binding is followed; deeper ones are cut off with an ellipsis.
const DEEPEST: usize = 16;

/// A node, described.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What it takes.
    pub inputs: Vec<Input>,
    /// What it gives: name and type.
    pub outputs: Vec<(String, String)>,
    /// Nodes that read its outputs.
    pub readers: Vec<String>,
    /// What it runs, by heading.
    pub rows: Vec<(&'static str, String)>,
}

/// One input of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its type; empty when the closure does not tell.
    pub r#type: String,
    /// Where it comes from: `n0.o0`, or a constant.
    pub from: String,
}

/// Describes a node of a workflow.
pub fn facts(closure: &CompiledWorkflowClosure, workflow: &CompiledWorkflow, id: &str) -> Option<Facts> {
    let template = workflow.template.as_ref()?;
    let node = template.nodes.iter().find(|node| node.id == id)?;
    let task = task(closure, node);
    let interface = task.and_then(|task| task.interface.as_ref());
    Some(Facts {
        inputs: node.inputs.iter().map(|binding| input(binding, interface)).collect(),
        outputs: outputs(interface),
        readers: readers(&template.nodes, id),
        rows: task.map(rows).unwrap_or_default(),
    })
}

fn task<'a>(closure: &'a CompiledWorkflowClosure, node: &Node) -> Option<&'a TaskTemplate> {
    let Some(node::Target::TaskNode(target)) = &node.target else { return None };
    let Some(task_node::Reference::ReferenceId(id)) = &target.reference else { return None };
    let template = |task: &'a CompiledTask| task.template.as_ref();
    closure.tasks.iter().filter_map(template).find(|task| task.id.as_ref() == Some(id))
}

fn input(binding: &Binding, interface: Option<&TypedInterface>) -> Input {
    let variables = interface.and_then(|interface| interface.inputs.as_ref());
    let variable = variables.and_then(|inputs| inputs.variables.get(&binding.var));
    let r#type = variable.and_then(|variable| variable.r#type.as_ref()).map(describe).unwrap_or_default();
    let from = binding.binding.as_ref().map_or_else(String::new, |data| source(data, 0));
    Input { name: binding.var.clone(), r#type, from }
}

fn outputs(interface: Option<&TypedInterface>) -> Vec<(String, String)> {
    let outputs = interface.and_then(|interface| interface.outputs.as_ref());
    let variables = outputs.into_iter().flat_map(|outputs| &outputs.variables);
    let described = |r#type: &_| describe(r#type);
    variables
        .map(|(name, variable)| (name.clone(), variable.r#type.as_ref().map(described).unwrap_or_default()))
        .collect()
}

/// The nodes that are bound to an output of a node, in the order of the template.
fn readers(nodes: &[Node], id: &str) -> Vec<String> {
    let reads = |node: &&Node| {
        node.inputs.iter().filter_map(|input| input.binding.as_ref()).any(|data| refers(data, id, 0))
    };
    nodes.iter().filter(reads).map(|node| node.id.clone()).collect()
}

fn refers(data: &BindingData, id: &str, depth: usize) -> bool {
    match &data.value {
        _ if depth > DEEPEST => false,
        Some(binding_data::Value::Promise(promise)) => promise.node_id == id,
        Some(binding_data::Value::Collection(list)) => {
            list.bindings.iter().any(|item| refers(item, id, depth + 1))
        }
        Some(binding_data::Value::Map(map)) => map.bindings.values().any(|item| refers(item, id, depth + 1)),
        _ => false,
    }
}

fn source(data: &BindingData, depth: usize) -> String {
    match &data.value {
        _ if depth > DEEPEST => "…".to_owned(),
        Some(binding_data::Value::Promise(promise)) => reference(promise),
        Some(binding_data::Value::Scalar(scalar)) => value::of_constant(scalar).to_string(),
        Some(binding_data::Value::Collection(list)) => {
            let items: Vec<String> = list.bindings.iter().map(|item| source(item, depth + 1)).collect();
            format!("[{}]", items.join(", "))
        }
        Some(binding_data::Value::Map(map)) => {
            let item = |(key, item): (&String, &BindingData)| format!("{key}: {}", source(item, depth + 1));
            format!("{{{}}}", map.bindings.iter().map(item).collect::<Vec<_>>().join(", "))
        }
        Some(_) => "a stored value".to_owned(),
        None => String::new(),
    }
}

fn reference(promise: &OutputReference) -> String {
    let from = if promise.node_id.is_empty() || promise.node_id == super::super::dag::START {
        "inputs"
    } else {
        &promise.node_id
    };
    let mut text = format!("{from}.{}", promise.var);
    for step in promise.attr_path.iter().filter_map(|step| step.value.as_ref()) {
        match step {
            promise_attribute::Value::StringValue(key) => text.push_str(&format!(".{key}")),
            promise_attribute::Value::IntValue(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

fn rows(task: &TaskTemplate) -> Vec<(&'static str, String)> {
    let mut rows = vec![("Type", task.r#type.clone())];
    if let Some(Identifier { name, version, .. }) = &task.id {
        rows.extend([("Task", name.clone()), ("Version", version.clone())]);
    }
    if let Some(task_template::Target::Container(container)) = &task.target {
        let words = container.command.iter().chain(&container.args).map(String::as_str);
        rows.extend([("Image", container.image.clone()), ("Command", words.collect::<Vec<_>>().join(" "))]);
    }
    if let Some(metadata) = &task.metadata {
        if metadata.discoverable {
            rows.push(("Cache version", metadata.discovery_version.clone()));
        }
        let retries = metadata.retries.as_ref().map_or(0, |retries| retries.retries);
        if retries > 0 {
            rows.push(("Retries", retries.to_string()));
        }
    }
    rows.retain(|(_, text)| !text.is_empty());
    rows
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{BindingDataCollection, Primitive, Scalar, WorkflowTemplate, primitive, scalar};

    use super::*;

    fn promise(node: &str, var: &str) -> BindingData {
        let promise = OutputReference { node_id: node.into(), var: var.into(), ..Default::default() };
        BindingData { value: Some(binding_data::Value::Promise(promise)), ..Default::default() }
    }

    fn number(value: i64) -> BindingData {
        let primitive = Primitive { value: Some(primitive::Value::Integer(value)) };
        let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
        BindingData { value: Some(binding_data::Value::Scalar(scalar)), ..Default::default() }
    }

    fn list(bindings: Vec<BindingData>) -> BindingData {
        let collection = BindingDataCollection { bindings };
        BindingData { value: Some(binding_data::Value::Collection(collection)), ..Default::default() }
    }

    fn node(id: &str, bound: BindingData) -> Node {
        let inputs = vec![Binding { var: "x".into(), binding: Some(bound) }];
        Node { id: id.into(), inputs, ..Default::default() }
    }

    fn workflow() -> CompiledWorkflow {
        let bound = list(vec![promise("n0", "o0"), promise("start-node", "a"), number(3)]);
        let nodes = vec![node("n0", number(1)), node("n1", bound), node("n2", promise("n1", "o0"))];
        CompiledWorkflow {
            template: Some(WorkflowTemplate { nodes, ..Default::default() }),
            connections: None,
        }
    }

    #[test]
    fn an_input_says_where_it_comes_from() {
        let found = facts(&CompiledWorkflowClosure::default(), &workflow(), "n1").unwrap();
        assert_eq!(found.inputs[0].from, "[n0.o0, inputs.a, 3]");
    }

    #[test]
    fn a_node_knows_who_reads_it() {
        let read = |id: &str| facts(&CompiledWorkflowClosure::default(), &workflow(), id).unwrap().readers;
        assert_eq!((read("n0"), read("n2")), (vec!["n1".to_owned()], Vec::new()));
    }

    #[test]
    fn a_node_that_is_not_there_has_no_facts() {
        assert_eq!(facts(&CompiledWorkflowClosure::default(), &workflow(), "n9"), None);
    }

    #[test]
    fn a_binding_nested_without_end_is_cut_off() {
        let deep = (0..100).fold(number(1), |inner, _| list(vec![inner]));
        assert!(source(&deep, 0).contains('…'));
    }
}
