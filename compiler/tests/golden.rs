//! What Flyte compiled, compiled again: the closures must be equal, field for field.

use std::path::Path;

use aileron_compiler::{END_NODE, Request, START_NODE, compile, compile_task, render, requirements};
use aileron_idl::admin::Workflow;
use aileron_idl::core::{CompiledWorkflowClosure, TaskTemplate, WorkflowTemplate};
use prost::Message;

fn recorded(program: &str) -> CompiledWorkflowClosure {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{program}.pb"));
    let bytes = std::fs::read(path).expect("the record is there");
    let workflow = Workflow::decode(bytes.as_slice()).expect("it is a workflow");
    workflow.closure.and_then(|closure| closure.compiled_workflow).expect("it is compiled")
}

/// The template as the client sent it: without what the compiler adds.
fn sent(closure: &CompiledWorkflowClosure) -> WorkflowTemplate {
    let mut template =
        closure.primary.clone().and_then(|primary| primary.template).expect("it has a template");
    template.nodes.retain(|node| node.id != START_NODE && node.id != END_NODE);
    template
}

/// Tasks come from the store in any order.
fn tasks(closure: &CompiledWorkflowClosure) -> Vec<TaskTemplate> {
    closure.tasks.iter().rev().filter_map(|task| task.template.clone()).collect()
}

fn check(program: &str) {
    let expected = recorded(program);
    let (template, tasks) = (sent(&expected), tasks(&expected));
    let required = requirements(&template, &[]);
    assert!(required.launch_plans.is_empty());
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
    let compiled = compile(&Request { template: &template, sub_workflows: &[], tasks: &tasks });
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
