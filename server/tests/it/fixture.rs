//! A task that adds one, and workflows of it.

use aileron_idl::admin::{
    ExecutionCreateRequest, ExecutionSpec, LaunchPlanCreateRequest, LaunchPlanSpec, TaskCreateRequest,
    TaskSpec, WorkflowCreateRequest, WorkflowSpec,
};
use aileron_idl::core::{
    Binding, BindingData, Container, Identifier, Literal, LiteralMap, LiteralType, Node, NodeMetadata,
    OutputReference, Primitive, ResourceType, RuntimeMetadata, Scalar, SimpleType, TaskMetadata, TaskNode,
    TaskTemplate, TypedInterface, Variable, VariableMap, WorkflowExecutionIdentifier, WorkflowMetadata,
    WorkflowMetadataDefaults, WorkflowTemplate, binding_data, literal, literal_type, node, primitive, scalar,
    task_node, task_template,
};

use crate::harness::TestServer;

pub(crate) const PROJECT: &str = "flytesnacks";
pub(crate) const DOMAIN: &str = "development";

pub(crate) fn id(kind: ResourceType, name: &str) -> Identifier {
    Identifier {
        resource_type: kind as i32,
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        name: name.into(),
        version: "v1".into(),
        ..Default::default()
    }
}

pub(crate) fn execution_id(name: &str) -> WorkflowExecutionIdentifier {
    WorkflowExecutionIdentifier {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        name: name.into(),
        ..Default::default()
    }
}

fn variables(names: &[&str], kind: SimpleType) -> VariableMap {
    let r#type = LiteralType { r#type: Some(literal_type::Type::Simple(kind as i32)), ..Default::default() };
    let variable = Variable { r#type: Some(r#type), ..Default::default() };
    VariableMap { variables: names.iter().map(|name| ((*name).to_owned(), variable.clone())).collect() }
}

fn interface(kind: SimpleType) -> TypedInterface {
    TypedInterface { inputs: Some(variables(&["a"], kind)), outputs: Some(variables(&["o0"], kind)) }
}

pub(crate) fn task(name: &str, kind: SimpleType) -> TaskCreateRequest {
    let runtime = RuntimeMetadata { version: "1".into(), flavor: "python".into(), ..Default::default() };
    let container = Container { image: "i".into(), args: vec!["x".into()], ..Default::default() };
    let template = TaskTemplate {
        r#type: "python-task".into(),
        metadata: Some(TaskMetadata { runtime: Some(runtime), ..Default::default() }),
        interface: Some(interface(kind)),
        target: Some(task_template::Target::Container(container)),
        ..Default::default()
    };
    let spec = TaskSpec { template: Some(template), ..Default::default() };
    TaskCreateRequest { id: Some(id(ResourceType::Task, name)), spec: Some(spec) }
}

pub(crate) fn promise(node: &str, var: &str) -> BindingData {
    let promise = OutputReference { node_id: node.into(), var: var.into(), ..Default::default() };
    BindingData { value: Some(binding_data::Value::Promise(promise)), ..Default::default() }
}

pub(crate) fn bind(var: &str, data: BindingData) -> Binding {
    Binding { var: var.into(), binding: Some(data) }
}

pub(crate) fn node(id_: &str, task: &str, input: BindingData) -> Node {
    let reference = task_node::Reference::ReferenceId(id(ResourceType::Task, task));
    Node {
        id: id_.into(),
        metadata: Some(NodeMetadata { name: id_.into(), ..Default::default() }),
        inputs: vec![bind("a", input)],
        target: Some(node::Target::TaskNode(TaskNode { reference: Some(reference), ..Default::default() })),
        ..Default::default()
    }
}

pub(crate) fn workflow(name: &str, nodes: Vec<Node>, output: BindingData) -> WorkflowCreateRequest {
    let template = WorkflowTemplate {
        metadata: Some(WorkflowMetadata::default()),
        metadata_defaults: Some(WorkflowMetadataDefaults::default()),
        interface: Some(interface(SimpleType::Integer)),
        nodes,
        outputs: vec![bind("o0", output)],
        ..Default::default()
    };
    let spec = WorkflowSpec { template: Some(template), ..Default::default() };
    WorkflowCreateRequest { id: Some(id(ResourceType::Workflow, name)), spec: Some(spec) }
}

pub(crate) fn one_node(name: &str) -> WorkflowCreateRequest {
    workflow(name, vec![node("n0", "inc", promise("", "a"))], promise("n0", "o0"))
}

pub(crate) fn launch_plan(name: &str) -> LaunchPlanCreateRequest {
    let spec = LaunchPlanSpec { workflow_id: Some(id(ResourceType::Workflow, name)), ..Default::default() };
    LaunchPlanCreateRequest { id: Some(id(ResourceType::LaunchPlan, name)), spec: Some(spec) }
}

/// Registers the task, a workflow of one node and its launch plan.
pub(crate) async fn register(server: &mut TestServer) {
    server.admin.create_task(task("inc", SimpleType::Integer)).await.unwrap();
    server.admin.create_workflow(one_node("wf")).await.unwrap();
    server.admin.create_launch_plan(launch_plan("wf")).await.unwrap();
}

pub(crate) fn primitive(value: primitive::Value) -> Literal {
    let scalar = Scalar { value: Some(scalar::Value::Primitive(Primitive { value: Some(value) })) };
    Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
}

pub(crate) fn inputs(pairs: &[(&str, Literal)]) -> LiteralMap {
    LiteralMap { literals: pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect() }
}

pub(crate) fn number(value: i64) -> LiteralMap {
    inputs(&[("a", primitive(primitive::Value::Integer(value)))])
}

pub(crate) fn launch(name: &str, inputs: LiteralMap) -> ExecutionCreateRequest {
    let target = id(ResourceType::LaunchPlan, "wf");
    ExecutionCreateRequest {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        name: name.into(),
        spec: Some(ExecutionSpec { launch_plan: Some(target), ..Default::default() }),
        inputs: Some(inputs),
        ..Default::default()
    }
}
