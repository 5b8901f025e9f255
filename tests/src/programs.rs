//! Workflows made by hand, of tasks that cost next to nothing.

use aileron_idl::core::{
    Binding, BindingData, Container, Identifier, KeyValuePair, LiteralType, Node, NodeMetadata,
    OutputReference, Primitive, ResourceType, RetryStrategy, RuntimeMetadata, Scalar, SimpleType,
    TaskMetadata, TaskNode, TaskTemplate, TypedInterface, Variable, VariableMap, WorkflowTemplate,
    binding_data, literal_type, node, primitive, runtime_metadata, scalar, task_node, task_template,
};

/// The project that every server has.
pub const PROJECT: &str = "flytesnacks";
/// Its domain that is used here.
pub const DOMAIN: &str = "development";

/// An identifier in the project and domain that every server has.
pub fn identifier(kind: ResourceType, name: &str) -> Identifier {
    Identifier {
        resource_type: kind.into(),
        project: PROJECT.into(),
        domain: DOMAIN.into(),
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

/// A node for each task, each after the one before.
pub fn chain_of(name: &str, tasks: &[Identifier]) -> WorkflowTemplate {
    let after = |index: usize| if index == 0 { Vec::new() } else { vec![format!("n{}", index - 1)] };
    workflow(name, tasks.iter().enumerate().map(|(index, task)| node(index, task, after(index))).collect())
}

/// `width` nodes of one task, none after another.
pub fn fan(name: &str, task: &Identifier, width: usize) -> WorkflowTemplate {
    workflow(name, (0..width).map(|index| node(index, task, Vec::new())).collect())
}

/// `length` nodes of one task, of which each takes the output `o0` of the one before as its input `a`.
pub fn passing(name: &str, task: &TaskTemplate, length: usize) -> WorkflowTemplate {
    let id = task.id.clone().unwrap_or_default();
    let bound = |index: usize| {
        let value = match index.checked_sub(1) {
            None => binding_data::Value::Scalar(Box::new(one())),
            Some(before) => binding_data::Value::Promise(OutputReference {
                node_id: format!("n{before}"),
                var: "o0".into(),
                ..OutputReference::default()
            }),
        };
        let binding = Some(BindingData { value: Some(value), ..BindingData::default() });
        let mut node = node(index, &id, Vec::new());
        node.inputs.push(Binding { var: "a".into(), binding });
        node
    };
    workflow(name, (0..length).map(bound).collect())
}

fn one() -> Scalar {
    let primitive = Primitive { value: Some(primitive::Value::Integer(1)) };
    Scalar { value: Some(scalar::Value::Primitive(primitive)) }
}

/// A task of flytekit's, an integer `a` in and an integer `o0` out: a function of a module in a folder.
pub fn python(module: &str, function: &str, folder: &str) -> TaskTemplate {
    let r#type = Some(literal_type::Type::Simple(SimpleType::Integer.into()));
    let variable =
        Variable { r#type: Some(LiteralType { r#type, ..LiteralType::default() }), ..Default::default() };
    let of = |name: &str| Some(VariableMap { variables: [(name.to_owned(), variable.clone())].into() });
    let words = format!(
        "pyflyte-execute --inputs {{{{.input}}}} --output-prefix {{{{.outputPrefix}}}} --raw-output-data-prefix \
         {{{{.rawOutputDataPrefix}}}} --checkpoint-path {{{{.checkpointOutputPrefix}}}} --prev-checkpoint \
         {{{{.prevCheckpointPrefix}}}} --resolver flytekit.core.python_auto_container.default_task_resolver -- \
         task-module {module} task-name {function}"
    );
    let words: Vec<_> = words.split(' ').collect();
    let mut task = command(&format!("{module}.{function}"), &words);
    task.r#type = "python-task".into();
    task.interface = Some(TypedInterface { inputs: of("a"), outputs: of("o0") });
    if let Some(task_template::Target::Container(container)) = &mut task.target {
        container.env.push(KeyValuePair { key: "PYTHONPATH".into(), value: folder.to_owned() });
    }
    task
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
