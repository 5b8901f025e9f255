//! Objects that Flyte's control plane made, held against ours of the same closures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

use aileron_crd::{FlyteWorkflow, Held, NodePhase, WorkflowPhase, write};
use aileron_idl::admin::Workflow;
use aileron_idl::core::node::Target;
use aileron_idl::core::node_metadata::{CacheSerializableValue, CacheVersionValue, CacheableValue};
use aileron_idl::core::{CompiledWorkflowClosure, Node, NodeMetadata};
use aileron_idl::json;
use serde_json::{Map, Value};

/// What is not compared, and why.
///
/// * `metadata`: the cluster writes half of it; the server's tests hold the labels.
/// * `status`: the propeller's.
/// * resources of a task's container ([`without_resources`]): Flyte's control plane writes the platform's defaults
///   into the tasks when it launches them. Here they are in `executionConfig` alone, and the data plane applies
///   them, as Flyte's does too.
const NOT_COMPARED: [&str; 2] = ["metadata", "status"];

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/flyte-1.16.8");
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(found.len() >= 15, "{found:?}");
    found
}

fn recorded(program: &Path) -> Value {
    serde_json::from_slice(&fs::read(program.join("resource-first.json")).unwrap()).unwrap()
}

fn object(program: &Path) -> FlyteWorkflow {
    serde_json::from_value(recorded(program)).unwrap()
}

fn closure(program: &Path) -> CompiledWorkflowClosure {
    let workflow: Workflow = json::from_slice(&fs::read(program.join("workflow.json")).unwrap()).unwrap();
    workflow.closure.unwrap().compiled_workflow.unwrap()
}

fn without_resources(mut tasks: Value) -> Value {
    for task in tasks.as_object_mut().unwrap().values_mut() {
        task["container"]["resources"].take();
    }
    tasks
}

fn here<T: std::fmt::Debug>(held: Held<T>) -> T {
    match held {
        Held::Here(it) => it,
        Held::At(uri) => panic!("it is at {uri}"),
    }
}

/// Fails with the paths that differ, not with two objects on two screens.
#[track_caller]
fn same(ours: &Value, theirs: &Value, of: &str) {
    let mut differences = Vec::new();
    compare(ours, theirs, of, &mut differences);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn compare(ours: &Value, theirs: &Value, path: &str, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let none = Value::String("(absent)".to_owned());
                let (a, b) = (a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none));
                compare(a, b, &format!("{path}.{key}"), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(a, b, &format!("{path}[{index}]"), found);
            }
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
        (a, b) if a == b => {}
        (a, b) => found.push(format!("{path}: ours {a}, theirs {b}")),
    }
}

#[test]
fn the_graph_of_a_closure_is_flytes() {
    for program in programs() {
        let (graph, theirs) = (write(&closure(&program)).unwrap(), recorded(&program));
        let name = program.file_name().unwrap().to_string_lossy();
        same(&graph.spec, &theirs["spec"], &format!("{name}: spec"));
        let tasks = [graph.tasks.into(), theirs["tasks"].clone()].map(without_resources);
        same(&tasks[0], &tasks[1], &format!("{name}: tasks"));
        let none = Value::Object(Map::new());
        let sub_workflows = theirs.get("subWorkflows").unwrap_or(&none);
        same(&graph.sub_workflows.into(), sub_workflows, &format!("{name}: subWorkflows"));
    }
}

#[test]
fn flytes_objects_are_read_and_written_as_they_were() {
    for program in programs() {
        let mut theirs = recorded(&program);
        let mut ours = serde_json::to_value(object(&program)).unwrap();
        for object in [&mut ours, &mut theirs] {
            let fields = object.as_object_mut().unwrap();
            NOT_COMPARED.iter().for_each(|field| drop(fields.remove(*field)));
        }
        same(&ours, &theirs, &program.file_name().unwrap().to_string_lossy());
    }
}

#[test]
fn the_closure_of_flytes_object_makes_the_same_graph_again() {
    for program in programs() {
        let (object, theirs) = (object(&program), recorded(&program));
        let graph = write(&here(object.graph().unwrap())).unwrap();
        same(&graph.spec, &theirs["spec"], &program.display().to_string());
        let (given, whole) = (here(object.given_inputs().unwrap()), theirs["inputs"]["literals"].as_object());
        assert_eq!(given.literals.len(), whole.map_or(0, Map::len));
    }
}

/// The first node that is of a task.
fn task_node(closure: &mut CompiledWorkflowClosure) -> Option<&mut Node> {
    let template = closure.primary.as_mut()?.template.as_mut()?;
    template.nodes.iter_mut().find(|node| matches!(node.target, Some(Target::TaskNode(_))))
}

/// Flyte's objects lack it, so that there no use of a task is cached otherwise than the task says.
#[test]
fn how_a_use_of_a_task_is_cached_is_in_its_object() {
    let mut closures = programs().into_iter().map(|program| closure(&program));
    let mut closure =
        closures.find_map(|mut closure| task_node(&mut closure).is_some().then_some(closure)).unwrap();
    let said = NodeMetadata {
        cacheable_value: Some(CacheableValue::Cacheable(true)),
        cache_version_value: Some(CacheVersionValue::CacheVersion("2".into())),
        cache_serializable_value: Some(CacheSerializableValue::CacheSerializable(true)),
        ..NodeMetadata::default()
    };
    let node = task_node(&mut closure).unwrap();
    node.metadata = Some(said.clone());
    let graph = write(&closure).unwrap();
    let (spec, tasks) = (Some(graph.spec), Some(graph.tasks));
    let object =
        FlyteWorkflow { spec, tasks, sub_workflows: Some(graph.sub_workflows), ..Default::default() };
    let mut again = here(object.graph().unwrap());
    let read = task_node(&mut again).unwrap().metadata.clone().unwrap();
    assert_eq!(read.cacheable_value, said.cacheable_value);
    assert_eq!(read.cache_version_value, said.cache_version_value);
    assert_eq!(read.cache_serializable_value, said.cache_serializable_value);
}

#[test]
fn the_phases_of_flytes_object_are_known() {
    for program in programs() {
        let status = &recorded(&program)["status"];
        let phase = |status: &Value| status["phase"].as_u64().unwrap_or_default();
        assert!(WorkflowPhase::of(phase(status)).is_some(), "{status}");
        for node in status["nodeStatus"].as_object().unwrap().values() {
            assert!(NodePhase::of(phase(node)).is_some(), "{node}");
        }
    }
}

#[test]
fn what_is_there_twice_is_refused() {
    let program = programs().remove(0);
    let twice = FlyteWorkflow { workflow_closure_reference: "s3://b/c".into(), ..object(&program) };
    let error = twice.graph().unwrap_err().to_string();
    assert!(error.contains("`spec`") && error.contains("`workflowClosureReference`"), "{error}");
    let twice = FlyteWorkflow { offloaded_inputs: "s3://b/i".into(), ..object(&program) };
    assert!(twice.given_inputs().unwrap_err().to_string().contains("`offloadedInputs`"));
    let none = FlyteWorkflow { spec: None, ..object(&program) };
    assert!(none.graph().unwrap_err().to_string().contains("`spec`"));
}

#[test]
fn what_lies_beside_an_object_is_named() {
    let object = FlyteWorkflow {
        workflow_closure_reference: "s3://b/c".into(),
        offloaded_inputs: "s3://b/i".into(),
        ..FlyteWorkflow::default()
    };
    assert_eq!(object.graph().unwrap(), Held::At("s3://b/c".into()));
    assert_eq!(object.given_inputs().unwrap(), Held::At("s3://b/i".into()));
}
