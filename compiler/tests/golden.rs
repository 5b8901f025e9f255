//! What Flyte compiled, compiled again: the closures must be equal, field for field.

use std::path::Path;

use aileron_compiler::{LaunchPlan, Request, as_sent, compile, compile_task, render, requirements};
use aileron_idl::admin::Workflow;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::parameter::Behavior;
use aileron_idl::core::{
    CompiledWorkflow, CompiledWorkflowClosure, Identifier, Literal, LiteralType, Parameter, ParameterMap,
    SimpleType, TaskTemplate, Variable, VariableMap, WorkflowTemplate,
};
use prost::Message;

fn recorded(program: &str) -> CompiledWorkflowClosure {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{program}.pb"));
    let bytes = std::fs::read(path).expect("the record is there");
    let workflow = Workflow::decode(bytes.as_slice()).expect("it is a workflow");
    workflow.closure.and_then(|closure| closure.compiled_workflow).expect("it is compiled")
}

/// The template as the client sent it.
fn sent(compiled: Option<&CompiledWorkflow>) -> WorkflowTemplate {
    as_sent(compiled.and_then(|compiled| compiled.template.clone()).expect("it has a template"))
}

/// The only launch plan that a program launches: the child of `child_launch_plan`.
fn launch_plan(id: &Identifier) -> LaunchPlan {
    assert_eq!(id.name, "golden.child");
    let variable = Variable {
        r#type: Some(LiteralType {
            r#type: Some(Type::Simple(SimpleType::Integer as i32)),
            ..LiteralType::default()
        }),
        ..Variable::default()
    };
    let a = Parameter { var: Some(variable.clone()), behavior: Some(Behavior::Default(Literal::default())) };
    LaunchPlan {
        id: id.clone(),
        expected_inputs: Some(ParameterMap { parameters: [("a".to_owned(), a)].into() }),
        expected_outputs: Some(VariableMap { variables: [("o0".to_owned(), variable)].into() }),
    }
}

/// Tasks come from the store in any order.
fn tasks(closure: &CompiledWorkflowClosure) -> Vec<TaskTemplate> {
    closure.tasks.iter().rev().filter_map(|task| task.template.clone()).collect()
}

fn check(program: &str) {
    let expected = recorded(program);
    let (template, tasks) = (sent(expected.primary.as_ref()), tasks(&expected));
    let sub_workflows: Vec<_> = expected.sub_workflows.iter().map(|sub| sent(Some(sub))).collect();
    let required = requirements(&template, &sub_workflows);
    let launch_plans: Vec<_> = required.launch_plans.iter().map(launch_plan).collect();
    assert!(
        required.tasks.iter().eq(expected.tasks.iter().filter_map(|task| task
            .template
            .as_ref()?
            .id
            .as_ref()))
    );
    for (task, compiled) in tasks.iter().rev().zip(&expected.tasks) {
        assert_eq!(compile_task(task).as_ref(), Ok(compiled));
    }
    let compiled = compile(Request { template, sub_workflows, tasks, launch_plans });
    assert_eq!(render(&compiled.diagnostics), "Collected Errors: 0");
    assert_eq!(compiled.into_result(), Ok(expected));
}

#[test]
fn two_tasks() {
    check("two_tasks");
}

#[test]
fn list_and_map() {
    check("list_and_map");
}

#[test]
fn dataclass_attribute() {
    check("dataclass_attribute");
}

#[test]
fn file_passing() {
    check("file_passing");
}

#[test]
fn overrides() {
    check("overrides");
}

#[test]
fn retried() {
    check("retried");
}

#[test]
fn cached() {
    check("cached");
}

#[test]
fn branching() {
    check("branching");
}

#[test]
fn child_launch_plan() {
    check("child_launch_plan");
}

#[test]
fn dynamic_node() {
    check("dynamic_node");
}

#[test]
fn failure_node() {
    check("failure_node");
}

#[test]
fn map_tasks() {
    check("map_tasks");
}

#[test]
fn sleeping() {
    check("sleeping");
}

#[test]
fn sub_workflow() {
    check("sub_workflow");
}

#[test]
fn waiting() {
    check("waiting");
}
