//! Workflows made by hand, of tasks that cost next to nothing.

use aileron_idl::core::{
    Container, Identifier, Node, NodeMetadata, ResourceType, RetryStrategy, RuntimeMetadata, TaskMetadata,
    TaskNode, TaskTemplate, TypedInterface, WorkflowTemplate, node, runtime_metadata, task_node,
    task_template,
};

/// An identifier in the project and domain that every server has.
pub fn identifier(kind: ResourceType, name: &str) -> Identifier {
    Identifier {
        resource_type: kind.into(),
        project: "flytesnacks".into(),
        domain: "development".into(),
        name: name.into(),
        version: "v1".into(),
        ..Identifier::default()
    }
}

/// A task that runs a command. It has no inputs and no outputs.
pub fn command(name: &str, words: &[&str]) -> TaskTemplate {
    TaskTemplate {
        id: Some(identifier(ResourceType::Task, name)),
        r#type: "raw-container".into(),
        metadata: Some(TaskMetadata {
            runtime: Some(RuntimeMetadata {
                r#type: runtime_metadata::RuntimeType::Other.into(),
                version: "1".into(),
                ..RuntimeMetadata::default()
            }),
            retries: Some(RetryStrategy::default()),
            ..TaskMetadata::default()
        }),
        interface: Some(TypedInterface::default()),
        target: Some(task_template::Target::Container(Container {
            image: "none".into(),
            command: words.iter().map(|word| (*word).to_owned()).collect(),
            ..Container::default()
        })),
        ..TaskTemplate::default()
    }
}

/// `length` nodes of one task, each after the one before.
pub fn chain(name: &str, task: &Identifier, length: usize) -> WorkflowTemplate {
    let after = |index: usize| if index == 0 { Vec::new() } else { vec![format!("n{}", index - 1)] };
    workflow(name, (0..length).map(|index| node(index, task, after(index))).collect())
}

/// `width` nodes of one task, none after another.
pub fn fan(name: &str, task: &Identifier, width: usize) -> WorkflowTemplate {
    workflow(name, (0..width).map(|index| node(index, task, Vec::new())).collect())
}

/// A workflow without inputs and outputs.
pub fn workflow(name: &str, nodes: Vec<Node>) -> WorkflowTemplate {
    WorkflowTemplate {
        id: Some(identifier(ResourceType::Workflow, name)),
        interface: Some(TypedInterface::default()),
        nodes,
        ..WorkflowTemplate::default()
    }
}

fn node(index: usize, task: &Identifier, upstream_node_ids: Vec<String>) -> Node {
    Node {
        id: format!("n{index}"),
        metadata: Some(NodeMetadata { name: format!("n{index}"), ..NodeMetadata::default() }),
        upstream_node_ids,
        target: Some(node::Target::TaskNode(TaskNode {
            reference: Some(task_node::Reference::ReferenceId(task.clone())),
            ..TaskNode::default()
        })),
        ..Node::default()
    }
}
