//! Our pods against those that Flyte v1.16.8 made of the same tasks.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aileron_crd::{ExecutionId, TaskResourceSpec, TaskResources};
use aileron_idl::admin::Workflow;
use aileron_idl::core::{
    CompiledWorkflowClosure, Identifier, LiteralMap, Node, TaskNodeOverrides, TaskTemplate, node,
};
use aileron_idl::json;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::Value;

use super::super::config::Config;
use super::super::{ExecutionView, Plugin, TaskView};
use super::PodPlugin;
use crate::container::environment::Identity;
use crate::container::template::{Substitutes, Values};

/// What the API server, its admission and its scheduler add to any pod.
const ADDED: [&str; 17] = [
    "/metadata/creationTimestamp",
    "/metadata/generation",
    "/metadata/resourceVersion",
    "/metadata/uid",
    "/spec/dnsPolicy",
    "/spec/enableServiceLinks",
    "/spec/nodeName",
    "/spec/preemptionPolicy",
    "/spec/priority",
    "/spec/schedulerName",
    "/spec/securityContext",
    "/spec/serviceAccount",
    "/spec/serviceAccountName",
    "/spec/terminationGracePeriodSeconds",
    "/spec/tolerations",
    "/spec/volumes",
    "/spec/affinity",
];
const ADDED_TO_CONTAINERS: [&str; 3] = ["imagePullPolicy", "terminationMessagePath", "volumeMounts"];
/// Where ours differ: the sizes from which flytekit would offload a literal are not set, as literals are kept whole.
const LEFT_OUT: [&str; 2] = ["_F_L_MIN_SIZE_MB", "_F_L_MAX_SIZE_MB"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/flyte-1.16.8")
}

fn recorded(program: &str, file: &str) -> Vec<u8> {
    std::fs::read(folder().join(program).join(file)).unwrap()
}

/// All closures of a program: its own, and those that its tasks made.
fn closures(program: &str) -> Vec<CompiledWorkflowClosure> {
    let workflow: Workflow = json::from_slice(&recorded(program, "workflow.json")).unwrap();
    let mut found = vec![workflow.closure.unwrap().compiled_workflow.unwrap()];
    let nodes: Value = serde_json::from_slice(&recorded(program, "nodes.json")).unwrap();
    made(&nodes, &mut found);
    found
}

fn made(value: &Value, found: &mut Vec<CompiledWorkflowClosure>) {
    match value {
        Value::Object(fields) => {
            let closure = fields.get("dynamicWorkflow").and_then(|made| made.get("compiledWorkflow"));
            found.extend(closure.map(|closure| json::from_value(closure).unwrap()));
            fields.values().for_each(|value| made(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| made(item, found)),
        _ => {}
    }
}

fn task(closures: &[CompiledWorkflowClosure], name: &str) -> TaskTemplate {
    let tasks = closures.iter().flat_map(|closure| &closure.tasks).filter_map(|task| task.template.as_ref());
    let mut named = tasks.filter(|task| task.id.as_ref().is_some_and(|id| id.name == name));
    named.next().unwrap_or_else(|| panic!("task {name} is recorded")).clone()
}

fn overrides(closures: &[CompiledWorkflowClosure], node: &str) -> Option<TaskNodeOverrides> {
    let of = |found: &Node| match &found.target {
        Some(node::Target::TaskNode(task)) if found.id == node => task.overrides.as_deref().cloned(),
        _ => None,
    };
    closures
        .iter()
        .filter_map(|closure| closure.primary.as_ref()?.template.as_ref())
        .flat_map(|flow| &flow.nodes)
        .find_map(of)
}

/// What stands for the variables, out of the arguments that Flyte rendered.
fn substitutes(pod: &Value, namespace: &str) -> Substitutes {
    let arguments: Vec<&str> =
        pod["spec"]["containers"][0]["args"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let after = |flag: &str| {
        let at = arguments.iter().position(|argument| *argument == flag).unwrap();
        arguments[at + 1].to_owned()
    };
    Substitutes {
        input: after("--inputs"),
        output_prefix: after("--output-prefix"),
        raw_output_prefix: after("--raw-output-data-prefix"),
        checkpoint_prefix: after("--checkpoint-path"),
        previous_checkpoint_prefix: Some(after("--prev-checkpoint")),
        generated_name: pod["metadata"]["name"].as_str().unwrap().to_owned(),
        task_template: String::new(),
        namespace: namespace.to_owned(),
    }
}

fn config(pod: &Value) -> Config {
    let variables = pod["spec"]["containers"][0]["env"].as_array().unwrap();
    let platform = variables
        .iter()
        .filter(|variable| variable["name"].as_str().is_some_and(|name| name.starts_with("FLYTE_AWS_")));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let platform = platform.map(|variable| (text(&variable["name"]), text(&variable["value"])));
    Config {
        default_env_vars: platform.collect(),
        image_pull_policy: "IfNotPresent".to_owned(),
        ..Config::default()
    }
}

/// Our pod for what a recorded one was made of.
fn ours(program: &str, pod: &Value) -> Value {
    let closures = closures(program);
    let label = |name: &str| pod["metadata"]["labels"][name].as_str().unwrap().to_owned();
    let variables: BTreeMap<&str, &str> = pod["spec"]["containers"][0]["env"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| (variable["name"].as_str().unwrap(), variable["value"].as_str().unwrap()))
        .collect();
    let task = task(&closures, variables["FLYTE_INTERNAL_TASK_NAME"]);
    let overrides = overrides(&closures, &label("node-id"));
    let id = |variable: &str| {
        let parts: Vec<_> = variables[variable].split(':').collect();
        Identifier {
            project: parts[0].into(),
            domain: parts[1].into(),
            name: parts[2].into(),
            ..Default::default()
        }
    };
    // A child execution has the labels of its parent.
    let name = variables["FLYTE_INTERNAL_EXECUTION_ID"].to_owned();
    let execution = ExecutionId { project: label("project"), domain: label("domain"), name };
    let names = substitutes(pod, pod["metadata"]["namespace"].as_str().unwrap());
    let of_execution = ["domain", "execution-id", "project", "shard-key", "workflow-name"];
    let labels = of_execution.map(|name| (name.to_owned(), label(name))).into();
    let spec = |cpu: &str, memory: &str| TaskResourceSpec {
        cpu: cpu.into(),
        memory: memory.into(),
        ..Default::default()
    };
    let resources = TaskResources { requests: spec("600m", "300Mi"), limits: spec("2", "4Gi") };
    let owner: OwnerReference =
        serde_json::from_value(pod["metadata"]["ownerReferences"][0].clone()).unwrap();
    let none = BTreeMap::new();
    let view = ExecutionView {
        owner,
        labels: &labels,
        annotations: &none,
        resources: &resources,
        environment: &none,
        objects: &Vec::new(),
        service_account: None,
    };
    let config = config(pod);
    let view = TaskView {
        task: &task,
        overrides: overrides.as_ref(),
        values: Values { names: &names, inputs: &LiteralMap::default() },
        identity: Identity {
            execution: &execution,
            workflow: &id("FLYTE_INTERNAL_EXECUTION_WORKFLOW"),
            task: task.id.as_ref().unwrap(),
            attempt: variables["FLYTE_ATTEMPT_NUMBER"].parse().unwrap(),
            item: variables.get("FLYTE_K8S_ARRAY_INDEX").map(|index| index.parse().unwrap()),
        },
        node_id: &label("node-id"),
        execution: &view,
        interruptible: label("interruptible") == "true",
        pod_template: None,
        config: &config,
    };
    serde_json::to_value(PodPlugin.build(&view).unwrap()).unwrap()
}

/// A pod without what others add to it, and without what is listed as left out.
fn plain(mut pod: Value) -> Value {
    for path in ADDED {
        let (parent, name) = path.rsplit_once('/').unwrap();
        pod.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
    }
    for container in pod["spec"]["containers"].as_array_mut().unwrap() {
        let fields = container.as_object_mut().unwrap();
        ADDED_TO_CONTAINERS.iter().for_each(|name| drop(fields.remove(*name)));
        let variables = fields["env"].as_array_mut().unwrap();
        variables.retain(|variable| !LEFT_OUT.contains(&variable["name"].as_str().unwrap()));
        // Flyte goes through its platform's variables in no order.
        let is_platform = |variable: &Value| variable["name"].as_str().unwrap().starts_with("FLYTE_AWS_");
        let mut platform: Vec<Value> = variables.iter().filter(|found| is_platform(found)).cloned().collect();
        platform.sort_by_key(|variable| variable["name"].to_string());
        variables.retain(|variable| !is_platform(variable));
        variables.extend(platform);
    }
    pod
}

#[test]
fn pods_are_flytes_field_by_field() {
    let mut compared = 0;
    for program in std::fs::read_dir(folder()).unwrap() {
        let program = program.unwrap().file_name().into_string().unwrap();
        let pods: Vec<Value> = serde_json::from_slice(&recorded(&program, "pods.json")).unwrap();
        for pod in pods {
            let (ours, theirs) = (plain(ours(&program, &pod)), plain(pod));
            assert_eq!(ours, theirs, "{program} {}\n{ours:#}\n{theirs:#}", theirs["metadata"]["name"]);
            compared += 1;
        }
    }
    assert!(compared >= 30, "{compared}");
}
