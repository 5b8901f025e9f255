//! Every kind of message is told from all others, by its bytes alone and by its JSON.

use std::path::Path;

use aileron_idl::admin::{
    LaunchPlan, LaunchPlanSpec, Task, TaskClosure, TaskSpec, Workflow, WorkflowClosure, WorkflowSpec,
};
use aileron_idl::core::{
    CompiledTask, CompiledWorkflowClosure, DynamicJobSpec, ErrorDocument, Identifier, LiteralMap,
    ResourceType,
};
use aileron_idl::json::{Style, to_value};
use aileron_workbench::{Kind, Workspace};
use prost::{Message, Name};
use serde_json::{Value, json};

fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    std::fs::read(path).expect("the file is there")
}

fn kinds(bytes: &[u8]) -> (Kind, Vec<Kind>) {
    let added = Workspace::default().add(bytes, "file").expect("it is known");
    let entity = added.entities.into_iter().next().expect("there is one");
    (entity.kind, entity.also)
}

fn check(message: &impl Name, kind: Kind, also: &[Kind]) {
    assert_eq!(kinds(&message.encode_to_vec()), (kind, also.to_vec()), "bytes");
    for style in [Style::Compact, Style::Snake] {
        let json = to_value(message, style).expect("it has JSON");
        // With unset fields written, JSON may tell more than the bytes do.
        let also = if style == Style::Compact { also } else { &[] };
        assert_eq!(kinds(json.to_string().as_bytes()), (kind, also.to_vec()), "{style:?}");
        let yaml = serde_yaml_ng::to_string(&json).expect("it has YAML");
        assert_eq!(kinds(yaml.as_bytes()).0, kind, "YAML");
    }
}

fn closure() -> CompiledWorkflowClosure {
    let workflow = Workflow::decode(file("workflow-branching.pb").as_slice()).expect("a workflow");
    workflow.closure.and_then(|closure| closure.compiled_workflow).expect("it is compiled")
}

#[test]
fn workflows() {
    let closure = closure();
    let primary = closure.primary.clone().expect("it is there");
    let mut template = primary.template.clone().expect("it is there");
    check(&closure, Kind::CompiledWorkflowClosure, &[]);
    check(&primary, Kind::CompiledWorkflow, &[]);
    check(
        &WorkflowClosure { compiled_workflow: Some(closure.clone()), ..Default::default() },
        Kind::WorkflowClosure,
        &[],
    );
    let answer = WorkflowClosure { compiled_workflow: Some(closure), ..Default::default() };
    check(
        &Workflow { id: template.id.clone(), closure: Some(answer), ..Default::default() },
        Kind::Workflow,
        &[],
    );
    template.nodes.retain(|node| !node.id.ends_with("-node"));
    check(&WorkflowSpec { template: Some(template.clone()), ..Default::default() }, Kind::WorkflowSpec, &[]);
    check(&template, Kind::WorkflowTemplate, &[]);
}

#[test]
fn tasks() {
    let task = closure().tasks.into_iter().next().and_then(|task| task.template).expect("it has one");
    // Both messages are a template in field 1.
    check(
        &TaskSpec { template: Some(task.clone()), ..Default::default() },
        Kind::TaskSpec,
        &[Kind::CompiledTask],
    );
    check(&task, Kind::TaskTemplate, &[]);
    let id = task.id.clone();
    let compiled =
        TaskClosure { compiled_task: Some(CompiledTask { template: Some(task) }), ..Default::default() };
    check(&Task { id, closure: Some(compiled), ..Default::default() }, Kind::Task, &[]);
}

#[test]
fn what_runs_leave_behind() {
    check(&LiteralMap::decode(file("inputs.pb").as_slice()).expect("literals"), Kind::LiteralMap, &[]);
    check(&ErrorDocument::decode(file("error.pb").as_slice()).expect("an error"), Kind::ErrorDocument, &[]);
    check(&DynamicJobSpec::decode(file("futures.pb").as_slice()).expect("nodes"), Kind::DynamicJobSpec, &[]);
}

#[test]
fn launch_plans() {
    let id = |resource_type: ResourceType, name: &str| Identifier {
        resource_type: resource_type.into(),
        name: name.to_owned(),
        ..Identifier::default()
    };
    let spec = LaunchPlanSpec {
        workflow_id: Some(id(ResourceType::Workflow, "shop.order")),
        ..LaunchPlanSpec::default()
    };
    let id = Some(id(ResourceType::LaunchPlan, "shop.order"));
    check(&LaunchPlan { id, spec: Some(spec), ..LaunchPlan::default() }, Kind::LaunchPlan, &[]);
}

#[test]
fn what_kubectl_prints_is_read_alone_and_as_a_list() {
    let resource: Value = serde_json::from_slice(&file("resource-waiting.json")).expect("it is JSON");
    let list = json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": [resource, resource]});
    let none = json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": []});
    for (printed, count) in [(&resource, 1), (&list, 2)] {
        let yaml = serde_yaml_ng::to_string(printed).expect("it has YAML");
        for text in [printed.to_string(), yaml] {
            let added = Workspace::default().add(text.as_bytes(), "kubectl").expect("it is known");
            let kinds: Vec<_> = added.entities.iter().map(|entity| entity.kind).collect();
            assert_eq!(kinds, vec![Kind::FlyteWorkflow; count]);
        }
    }
    let problem = Workspace::default().add(none.to_string().as_bytes(), "kubectl").expect_err("it is empty");
    assert_eq!(problem.reason, aileron_workbench::Reason::Empty);
}
