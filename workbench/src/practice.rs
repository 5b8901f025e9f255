//! A workflow that a browser practises on.
//!
//! Browsers run WebAssembly first as it can be compiled at once, and compile what is called often anew, to be several
//! times as fast. A worker that has read, compiled and drawn something already does the same with a reader's first file
//! at full speed; it has the time while the reader looks for it.

use std::iter;

use aileron_idl::core::{
    Binding, BindingData, CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, Identifier, LiteralType,
    Node, OutputReference, ResourceType, SimpleType, TaskNode, TaskTemplate, TypedInterface, Variable,
    VariableMap, WorkflowTemplate, binding_data, literal_type, node, task_node,
};
use prost::Message;

/// How far back a node takes its two values from: lines that cross, and columns of several nodes.
const BACK: [usize; 2] = [3, 11];

/// An encoded closure of so many nodes. The last one takes an output that nobody has, so that there is a finding.
pub(crate) fn closure(nodes: usize) -> Vec<u8> {
    let numbers = |names: &[&str]| {
        let integer = literal_type::Type::Simple(SimpleType::Integer as i32);
        let variable = Variable {
            r#type: Some(LiteralType { r#type: Some(integer), ..LiteralType::default() }),
            ..Variable::default()
        };
        let variables = names.iter().map(|name| ((*name).to_owned(), variable.clone())).collect();
        Some(VariableMap { variables })
    };
    let task = TaskTemplate {
        id: Some(id(ResourceType::Task, "add")),
        interface: Some(TypedInterface { inputs: numbers(&["a", "b"]), outputs: numbers(&["o0"]) }),
        ..TaskTemplate::default()
    };
    let inner = (0..nodes).map(|at| step(at, if at + 1 == nodes { "lost" } else { "o0" }));
    let template = WorkflowTemplate {
        id: Some(id(ResourceType::Workflow, "practice")),
        interface: Some(TypedInterface { inputs: numbers(&["x"]), outputs: None }),
        nodes: inner.collect(),
        ..WorkflowTemplate::default()
    };
    CompiledWorkflowClosure {
        primary: Some(CompiledWorkflow { template: Some(template), connections: None }),
        tasks: vec![CompiledTask { template: Some(task) }],
        ..CompiledWorkflowClosure::default()
    }
    .encode_to_vec()
}

fn id(of: ResourceType, name: &str) -> Identifier {
    Identifier { resource_type: of as i32, name: name.to_owned(), ..Identifier::default() }
}

fn step(at: usize, output: &str) -> Node {
    let reference = Some(task_node::Reference::ReferenceId(id(ResourceType::Task, "add")));
    let bind = |(name, back): (&str, usize)| {
        let before = at.checked_sub(back);
        let promise = OutputReference {
            node_id: before.map(|before| format!("n{before}")).unwrap_or_default(),
            var: if before.is_some() { output } else { "x" }.to_owned(),
            ..OutputReference::default()
        };
        let value = Some(binding_data::Value::Promise(promise));
        Binding { var: name.to_owned(), binding: Some(BindingData { value, ..BindingData::default() }) }
    };
    Node {
        id: format!("n{at}"),
        inputs: iter::zip(["a", "b"], BACK).map(bind).collect(),
        target: Some(node::Target::TaskNode(TaskNode { reference, ..TaskNode::default() })),
        ..Node::default()
    }
}

#[cfg(test)]
mod tests {
    use crate::Workspace;

    #[test]
    fn what_is_practised_on_is_read_and_judged_as_a_readers_file_is() {
        let mut workspace = Workspace::default();
        let added = workspace.add(&super::closure(100), "practice.pb").unwrap();
        let verdict = workspace.compile(added.entities[0].id).unwrap();
        let wrong: Vec<_> = verdict.diagnostics.iter().map(|found| found.location.node.as_deref()).collect();
        assert_eq!((wrong, verdict.missing.len()), (vec![Some("n99"); 2], 0));
        assert!(workspace.layout(0).unwrap()[0].edges.len() > 150);
    }
}
