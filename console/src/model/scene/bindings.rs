//! What an edge carries, and where a value comes from in the end.

use std::fmt::Write;

use aileron_idl::core::{
    Binding, BindingData, LiteralType, Node, OutputReference, TypedInterface, binding_data, node,
    promise_attribute, task_node, workflow_node,
};

use super::source::{Scope, named};
use super::{END, START, Scene};
use crate::model::type_name::type_name;
use crate::model::value;

/// How deep a binding is followed.
const DEEPEST: usize = 16;
/// How many lines the way of a value has at most.
const LONGEST: usize = 40;

/// One value that an edge carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// What is taken: `o0.name[1]`.
    pub output: String,
    /// Its type; empty if it is not known.
    pub output_type: String,
    /// The input that takes it, and where in it: `a[0]`.
    pub input: String,
    /// The input's type.
    pub input_type: String,
}

/// What an edge of a scene carries; nothing where it is an order only.
pub fn carried(scene: &Scene, edge: u32) -> Vec<Carried> {
    let Some(edge) = scene.edges.get(edge as usize) else { return Vec::new() };
    let (Some(from), Some(to)) = (scene.node(edge.from), scene.node(edge.to)) else { return Vec::new() };
    let Some(scope) = scene.scopes.get(to.scope as usize) else { return Vec::new() };
    let Some(reader) = scope.node(&to.id) else { return Vec::new() };
    let (given, taken) = (interface(scope, &from.id), interface(scope, &to.id));
    let mut found = Vec::new();
    for input in &reader.inputs {
        let Some(data) = &input.binding else { continue };
        let mut path = input.var.clone();
        promises(data, &mut path, 0, &mut |path, promise| {
            if source(promise) == from.id {
                found.push(Carried {
                    output: attribute(promise),
                    output_type: type_of(given.as_ref(), Side::Output, &promise.var),
                    input: path.to_owned(),
                    input_type: type_of(taken.as_ref(), Side::Input, &input.var),
                });
            }
        });
    }
    found
}

#[derive(Clone, Copy)]
enum Side {
    Input,
    Output,
}

/// The names and types of what goes into a node of a scope, or comes out of it.
pub fn variables(scope: &Scope, id: &str, outputs: bool) -> Vec<(String, String)> {
    let Some(interface) = interface(scope, id) else { return Vec::new() };
    let map = if outputs { interface.outputs } else { interface.inputs };
    let variables = map.into_iter().flat_map(|map| map.variables);
    variables
        .map(|(name, variable)| (name, variable.r#type.as_ref().map(type_name).unwrap_or_default()))
        .collect()
}

/// What a node takes and gives. The start node gives what the workflow takes, the end node takes what it gives.
fn interface(scope: &Scope, id: &str) -> Option<TypedInterface> {
    let own = || scope.template()?.interface.clone();
    match id {
        START => Some(TypedInterface { inputs: None, outputs: own()?.inputs }),
        END => Some(TypedInterface { inputs: own()?.outputs, outputs: None }),
        _ => of_target(scope, scope.node(id)?),
    }
}

fn of_target(scope: &Scope, node: &Node) -> Option<TypedInterface> {
    match node.target.as_ref()? {
        node::Target::TaskNode(task) => {
            let task_node::Reference::ReferenceId(id) = task.reference.as_ref()?;
            let mut templates = scope.closure.tasks.iter().filter_map(|task| task.template.as_ref());
            templates.find(|template| template.id.as_ref() == Some(id))?.interface.clone()
        }
        node::Target::WorkflowNode(workflow) => match workflow.reference.as_ref()? {
            workflow_node::Reference::SubWorkflowRef(id) => {
                let sub = scope.closure.sub_workflows.get(named(&scope.closure, &id.name)?)?;
                sub.template.as_ref()?.interface.clone()
            }
            workflow_node::Reference::LaunchplanRef(_) => None,
        },
        node::Target::ArrayNode(array) => {
            listed(of_target(scope, array.node.as_deref()?)?, &array.bound_inputs)
        }
        node::Target::BranchNode(_) => {
            let arms = super::source::arms(node).filter_map(|arm| arm.node);
            arms.filter_map(|arm| of_target(scope, arm))
                .next()
                .map(|interface| TypedInterface { inputs: None, ..interface })
        }
        node::Target::GateNode(_) => None,
    }
}

/// The interface of a map: lists of what the item's is.
fn listed(mut interface: TypedInterface, bound: &[String]) -> Option<TypedInterface> {
    let list = |r#type: &mut Option<LiteralType>| {
        let item = r#type.take().map(Box::new);
        let list = item.map(aileron_idl::core::literal_type::Type::CollectionType);
        *r#type = Some(LiteralType { r#type: list, ..LiteralType::default() });
    };
    if let Some(inputs) = &mut interface.inputs {
        let free = inputs.variables.iter_mut().filter(|(name, _)| !bound.contains(name));
        free.for_each(|(_, variable)| list(&mut variable.r#type));
    }
    if let Some(outputs) = &mut interface.outputs {
        outputs.variables.iter_mut().for_each(|(_, variable)| list(&mut variable.r#type));
    }
    Some(interface)
}

fn type_of(interface: Option<&TypedInterface>, side: Side, name: &str) -> String {
    let map = interface.and_then(|interface| match side {
        Side::Input => interface.inputs.as_ref(),
        Side::Output => interface.outputs.as_ref(),
    });
    let declared = map.and_then(|map| map.variables.get(name)?.r#type.as_ref());
    declared.map(type_name).unwrap_or_default()
}

fn source(promise: &OutputReference) -> &str {
    if promise.node_id.is_empty() { START } else { &promise.node_id }
}

fn attribute(promise: &OutputReference) -> String {
    let mut text = promise.var.clone();
    for step in promise.attr_path.iter().filter_map(|step| step.value.as_ref()) {
        let _ = match step {
            promise_attribute::Value::StringValue(key) => write!(text, ".{key}"),
            promise_attribute::Value::IntValue(index) => write!(text, "[{index}]"),
        };
    }
    text
}

/// Calls `visit` with every promise in a binding and where in the input it is.
fn promises(
    data: &BindingData,
    path: &mut String,
    depth: usize,
    visit: &mut impl FnMut(&str, &OutputReference),
) {
    let length = path.len();
    match &data.value {
        _ if depth > DEEPEST => {}
        Some(binding_data::Value::Promise(promise)) => visit(path, promise),
        Some(binding_data::Value::Collection(list)) => {
            for (at, item) in list.bindings.iter().enumerate() {
                let _ = write!(path, "[{at}]");
                promises(item, path, depth + 1, visit);
                path.truncate(length);
            }
        }
        Some(binding_data::Value::Map(map)) => {
            for (key, item) in &map.bindings {
                let _ = write!(path, ".{key}");
                promises(item, path, depth + 1, visit);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// A line of the way of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// How far from the input, from 0.
    pub depth: usize,
    /// What it says: `a ← n0.o0`, `a ← 3`.
    pub text: String,
    /// The path of the node that it leads to, if it is drawn.
    pub node: Option<String>,
}

/// Where an input of a node comes from: through every node before it, back to inputs of the workflow and
/// constants.
pub fn origin(scene: &Scene, at: u32, input: &str) -> Vec<Hop> {
    let mut hops = Vec::new();
    let Some(node) = scene.node(at) else { return hops };
    follow(scene, node.scope, &node.id, input, 0, &mut hops);
    hops
}

fn follow(scene: &Scene, scope: u32, id: &str, input: &str, depth: usize, hops: &mut Vec<Hop>) {
    if depth > DEEPEST || hops.len() >= LONGEST {
        return;
    }
    let Some(found) = scene.scopes.get(scope as usize) else { return };
    let bound = found.node(id).and_then(|node| node.inputs.iter().find(|binding| binding.var == input));
    let Some(data) = bound.and_then(|binding| binding.binding.as_ref()) else { return };
    let mut taken = Vec::new();
    let mut path = input.to_owned();
    promises(data, &mut path, 0, &mut |path, promise| taken.push((path.to_owned(), promise.clone())));
    if taken.is_empty() {
        hops.push(Hop { depth, text: format!("{input} ← {}", constant(data)), node: None });
    }
    for (path, promise) in taken {
        step(scene, scope, depth, &path, &promise, hops);
    }
}

fn step(scene: &Scene, scope: u32, depth: usize, path: &str, promise: &OutputReference, hops: &mut Vec<Hop>) {
    if hops.len() >= LONGEST {
        return;
    }
    let Some(found) = scene.scopes.get(scope as usize) else { return };
    let (from, output) = (source(promise), attribute(promise));
    if from == START {
        let name = if found.path.is_empty() { "inputs" } else { found.path.as_str() };
        hops.push(Hop { depth, text: format!("{path} ← {name}.{output}"), node: Some(found.join(START)) });
        // An input of a sub-workflow is what its node takes.
        if let Some(outer) = scene.find(&found.path).and_then(|at| scene.node(at)) {
            follow(scene, outer.scope, &outer.id, &promise.var, depth + 1, hops);
        }
        return;
    }
    hops.push(Hop { depth, text: format!("{path} ← {from}.{output}"), node: Some(found.join(from)) });
    let inputs: Vec<String> = found
        .node(from)
        .map_or_else(Vec::new, |node| node.inputs.iter().map(|binding| binding.var.clone()).collect());
    for input in inputs {
        follow(scene, scope, from, &input, depth + 1, hops);
    }
}

/// A binding without promises, on one line.
pub fn constant(data: &BindingData) -> String {
    constant_at(data, 0)
}

fn constant_at(data: &BindingData, depth: usize) -> String {
    match &data.value {
        _ if depth > DEEPEST => "…".to_owned(),
        Some(binding_data::Value::Promise(promise)) => format!("{}.{}", source(promise), attribute(promise)),
        Some(binding_data::Value::Scalar(scalar)) => value::of_constant(scalar).to_string(),
        Some(binding_data::Value::Collection(list)) => {
            let items: Vec<_> = list.bindings.iter().map(|item| constant_at(item, depth + 1)).collect();
            format!("[{}]", items.join(", "))
        }
        Some(binding_data::Value::Map(map)) => {
            let item =
                |(key, item): (&String, &BindingData)| format!("{key}: {}", constant_at(item, depth + 1));
            format!("{{{}}}", map.bindings.iter().map(item).collect::<Vec<_>>().join(", "))
        }
        Some(_) => "a stored value".to_owned(),
        None => "nothing".to_owned(),
    }
}

/// A reader of an output: the path of a node, and the input that takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The output.
    pub output: String,
    /// The node's path.
    pub node: String,
    /// Its input, and where in it.
    pub input: String,
}

/// Who uses the outputs of a node.
pub fn readers(scene: &Scene, at: u32) -> Vec<Reader> {
    let Some(node) = scene.node(at) else { return Vec::new() };
    let Some(scope) = scene.scopes.get(node.scope as usize) else { return Vec::new() };
    let nodes = scope.template().into_iter().flat_map(|template| &template.nodes);
    let inputs = nodes.flat_map(|reader| reader.inputs.iter().map(move |binding| (reader, binding)));
    let mut found = Vec::new();
    for (reader, binding) in inputs {
        let Binding { var, binding: Some(data) } = binding else { continue };
        promises(data, &mut var.clone(), 0, &mut |path, promise| {
            if source(promise) == node.id {
                let input = path.to_owned();
                found.push(Reader { output: attribute(promise), node: scope.join(&reader.id), input });
            }
        });
    }
    found
}
