//! Every plugin against what is recorded of it: tasks as flytekit's packages write them and the objects made of them,
//! statuses and what they are read as, and its page in the documentation.
//!
//! The objects are held against their operators' own definitions in `tests/kubernetes/operators.rs`. With
//! `UPDATE_EXPECT=1` the objects are written anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aileron_crd::{ExecutionId, TaskResourceSpec, TaskResources};
use aileron_engine::Timestamp;
use aileron_idl::core::{
    Identifier, LiteralMap, Resources, TaskNodeOverrides, TaskTemplate, resources, task_template::Target,
};
use aileron_idl::json;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::DynamicObject;
use serde::Deserialize;
use serde_json::{Value, json};

use super::config::Config;
use super::{ExecutionView, Phase, Plugin, Report, TaskView, object_name, plugin_of, registry};
use crate::container::environment::Identity;
use crate::container::template::{Substitutes, Values};

/// When the objects of the phase tables were made: 2026-01-01T00:00:00Z.
const MADE: i64 = 1_767_225_600;

fn folder(plugin: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins").join(plugin)
}

/// The cases of a plugin, by the names of their files.
fn cases(plugin: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder(plugin)).into_iter().flatten().map(|file| file.unwrap().path());
    let mut cases: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(".task.json")).collect();
    cases.sort();
    cases
}

fn task(file: &Path) -> TaskTemplate {
    json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// What a plugin makes of a task.
fn build(
    plugin: &dyn Plugin,
    task: &TaskTemplate,
    overrides: Option<&TaskNodeOverrides>,
) -> Result<Value, String> {
    let names = Substitutes {
        input: "s3://b/inputs.pb".into(),
        output_prefix: "s3://b/n0/data/0".into(),
        raw_output_prefix: "s3://b/raw".into(),
        checkpoint_prefix: "s3://b/raw/_flytecheckpoints".into(),
        previous_checkpoint_prefix: None,
        generated_name: object_name("exec-n0-0", plugin.name_limit()),
        task_template: "s3://b/task.pb".into(),
        namespace: "flytesnacks-development".into(),
    };
    let execution =
        ExecutionId { project: "flytesnacks".into(), domain: "development".into(), name: "exec".into() };
    let workflow = Identifier { project: "flytesnacks".into(), name: "flow".into(), ..Identifier::default() };
    let labels = BTreeMap::from([("execution-id".to_owned(), "exec".to_owned())]);
    let most = TaskResourceSpec { cpu: "4".into(), memory: "8Gi".into(), ..TaskResourceSpec::default() };
    let view = ExecutionView {
        owner: OwnerReference { name: "exec".into(), uid: "uid".into(), ..OwnerReference::default() },
        labels: &labels,
        annotations: &BTreeMap::new(),
        resources: &TaskResources { limits: most, ..TaskResources::default() },
        environment: &BTreeMap::new(),
        objects: &Vec::new(),
        service_account: None,
    };
    let config: Config = serde_json::from_value(json!({
        "interruptible-tolerations": [{"key": "spot", "operator": "Exists"}],
        "interruptible-node-selector": {"spot": "true"},
    }))
    .unwrap();
    let view = TaskView {
        task,
        overrides,
        values: Values { names: &names, inputs: &LiteralMap::default() },
        identity: Identity {
            execution: &execution,
            workflow: &workflow,
            task: task.id.as_ref().unwrap(),
            attempt: 0,
            item: None,
        },
        node_id: "n0",
        execution: &view,
        interruptible: task.metadata.as_ref().is_some_and(|metadata| metadata.interruptible_value.is_some()),
        pod_template: None,
        config: &config,
    };
    let object = plugin.build(&view).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(object).unwrap())
}

#[test]
fn every_plugin_has_its_objects_its_phases_and_its_page() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/plugins");
    let list = std::fs::read_to_string(docs.join("README.md")).unwrap();
    for plugin in registry() {
        let id = plugin.id();
        assert!(!cases(id).is_empty(), "{id}: no task in {}", folder(id).display());
        assert!(
            table(id).iter().any(|seen| seen.is.starts_with("SUCCEEDED")),
            "{id}: no success in its phases"
        );
        assert!(table(id).iter().any(|seen| seen.is.starts_with("FAILED")), "{id}: no failure in its phases");
        let page = std::fs::read_to_string(docs.join(format!("{id}.md"))).unwrap_or_default();
        for task_type in plugin.task_types() {
            assert!(page.contains(&format!("`{task_type}`")), "{id}: its page does not name `{task_type}`");
        }
        assert!(
            list.contains(&format!("({id}.md)")),
            "{id}: docs/plugins/README.md does not lead to its page"
        );
    }
}

#[test]
fn every_task_type_has_one_plugin() {
    let plugins = registry();
    let mut types: Vec<_> = plugins.iter().flat_map(|plugin| plugin.task_types()).collect();
    let all = types.len();
    types.sort();
    types.dedup();
    assert_eq!(types.len(), all);
    assert_eq!(plugin_of(&plugins, "ray").id(), "ray");
    assert_eq!(plugin_of(&plugins, "a_type_of_somebody").id(), "container");
}

#[test]
fn objects_are_as_recorded() {
    for plugin in registry() {
        for case in cases(plugin.id()) {
            let made =
                serde_yaml_ng::to_string(&build(plugin.as_ref(), &task(&case), None).unwrap()).unwrap();
            let file = case.to_string_lossy().replace(".task.json", ".object.yaml");
            expect_test::expect_file![file].assert_eq(&made);
        }
    }
}

/// A line of a plugin's `phases.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// The object's status.
    #[serde(default)]
    status: Value,
    /// How many seconds after it was made it is looked at; 100 without.
    #[serde(default)]
    after: Option<i64>,
    /// Whether it is being deleted.
    #[serde(default)]
    deleting: bool,
    /// What its annotations are.
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    /// What it is read as.
    is: String,
}

fn table(plugin: &str) -> Vec<Seen> {
    let text = std::fs::read_to_string(folder(plugin).join("phases.yaml")).unwrap_or_default();
    if text.is_empty() { Vec::new() } else { serde_yaml_ng::from_str(&text).unwrap() }
}

fn observe(plugin: &dyn Plugin, seen: &Seen) -> Report {
    let mut metadata = json!({
        "name": "exec-n0-0", "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": seen.annotations,
    });
    if seen.deleting {
        metadata["deletionTimestamp"] = json!("2026-01-01T00:01:00Z");
    }
    let resource = plugin.resource();
    let mut object = json!({"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata});
    if !seen.status.is_null() {
        object["status"] = seen.status.clone();
    }
    let object: DynamicObject = serde_json::from_value(object).unwrap();
    plugin.observe(&object, &Config::default(), at(seen.after.unwrap_or(100)))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp((MADE + seconds) * 1_000_000_000)
}

/// `PHASE [SINCE[..AT]] [KIND CODE]: REASON or MESSAGE`, with instants in seconds after the object was made.
fn told(report: &Report) -> String {
    let second = |at: &Timestamp| at.0 / 1_000_000_000 - MADE;
    let (head, text) = match &report.phase {
        Phase::Queued => ("QUEUED".to_owned(), report.reason.clone()),
        Phase::Initializing => ("INITIALIZING".to_owned(), report.reason.clone()),
        Phase::Running { since } => (format!("RUNNING {}", second(since)), report.reason.clone()),
        Phase::Succeeded { since, at } => {
            (format!("SUCCEEDED {}..{}", second(since), second(at)), String::new())
        }
        Phase::Failed { at, failure, clean_up, .. } => {
            let again = if failure.recoverable { "" } else { " for good" };
            let gone = if *clean_up { ", deleted" } else { "" };
            let head = format!("FAILED {} {} {}{again}{gone}", second(at), failure.kind.text(), failure.code);
            (head, failure.message.clone())
        }
    };
    let links: String = report.links.iter().map(|link| format!(" [{} {}]", link.name, link.uri)).collect();
    if text.is_empty() { format!("{head}{links}") } else { format!("{head}: {text}{links}") }
}

#[test]
fn statuses_are_read_as_the_tables_say() {
    let mut wrong = Vec::new();
    for plugin in registry() {
        for seen in table(plugin.id()) {
            let found = told(&observe(plugin.as_ref(), &seen));
            if found != seen.is {
                wrong.push(format!("{}: {:?}\n  is: {found}\n  not {}", plugin.id(), seen.status, seen.is));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All ways to put something else in one place of a value.
fn spoilt(value: &Value) -> Vec<Value> {
    let others =
        [json!(null), json!(7), json!("else"), json!([]), json!({}), json!([[{"type": 1, "status": []}]])];
    let mut all: Vec<Value> = others.to_vec();
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                all.extend(spoilt(inner).into_iter().map(|other| {
                    let mut copy = value.clone();
                    copy[name] = other;
                    copy
                }));
            }
        }
        Value::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                all.extend(spoilt(inner).into_iter().map(|other| {
                    let mut copy = value.clone();
                    copy[place] = other;
                    copy
                }));
            }
        }
        _ => {}
    }
    all
}

#[test]
fn any_status_is_read_as_something() {
    let mut read = 0;
    for plugin in registry() {
        for seen in table(plugin.id()) {
            for status in spoilt(&seen.status) {
                let annotations = seen.annotations.clone();
                let (after, deleting, is) = (seen.after, seen.deleting, String::new());
                observe(plugin.as_ref(), &Seen { status, after, deleting, annotations, is });
                read += 1;
            }
        }
    }
    assert!(read > 500, "{read}");
}

#[test]
fn a_job_that_nobody_runs_fails_after_a_while_and_says_what_to_look_at() {
    for plugin in registry().iter().filter(|plugin| plugin.id() != "container") {
        let none = |after| Seen {
            status: Value::Null,
            after: Some(after),
            deleting: false,
            annotations: BTreeMap::new(),
            is: String::new(),
        };
        let (early, late) = (observe(plugin.as_ref(), &none(599)), observe(plugin.as_ref(), &none(600)));
        assert!(told(&early).contains("waits for its operator"), "{early:?}");
        assert_eq!(early.look_again, Some(at(600)));
        assert!(
            told(&late).starts_with("FAILED 600 SYSTEM OperatorNotResponding, deleted: "),
            "{}",
            told(&late)
        );
        assert!(told(&late).contains("runs and watches this namespace"), "{}", told(&late));
    }
}

#[test]
fn a_message_of_another_version_is_refused_with_a_hint() {
    for plugin in registry().iter().filter(|plugin| plugin.id() != "container") {
        let mut task = task(&cases(plugin.id())[0]);
        for fields in [
            json!({"workers": "many", "workerReplicas": "many", "rayCluster": 7, "sparkConf": [1]}),
            json!({"workers": {"numberOfWorkers": 1.5}, "workerReplicas": {"replicas": 0.5}, "rayCluster": [], "sparkConf": 1}),
        ] {
            task.custom = Some(aileron_idl::json::structure(fields.as_object().unwrap()));
            let error = build(plugin.as_ref(), &task, None).unwrap_err();
            assert!(error.contains("another version of its flytekit plugin"), "{}: {error}", plugin.id());
        }
    }
}

#[test]
fn fields_of_later_versions_are_ignored() {
    for plugin in registry() {
        for case in cases(plugin.id()) {
            let plain = task(&case);
            let mut later = plain.clone();
            let extra = json!({"ofALaterVersion": {"deep": [1, 2.5]}, "another": null});
            let fields = aileron_idl::json::structure(extra.as_object().unwrap()).fields;
            later.custom.get_or_insert_default().fields.extend(fields);
            assert_eq!(build(plugin.as_ref(), &plain, None), build(plugin.as_ref(), &later, None));
        }
    }
}

#[test]
fn what_a_node_overrides_counts_unless_the_role_says_otherwise() {
    let plugins = registry();
    let plugin = plugin_of(&plugins, "pytorch");
    let entry = |value: &str| {
        let name = resources::ResourceName::Cpu.into();
        vec![resources::ResourceEntry { name, value: value.into() }]
    };
    let resources = Resources { requests: entry("3"), limits: Vec::new() };
    let overrides = TaskNodeOverrides {
        resources: Some(resources),
        container_image: "registry.local/override:3".into(),
        ..TaskNodeOverrides::default()
    };
    let of = |case: &str, role: &str| {
        let task = task(&folder("pytorch").join(case));
        let made = build(plugin, &task, Some(&overrides)).unwrap();
        let container = &made["spec"]["pytorchReplicaSpecs"][role]["template"]["spec"]["containers"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&container["image"]), text(&container["resources"]["requests"]["cpu"]))
    };
    assert_eq!(of("plain.task.json", "Worker"), ("registry.local/override:3".into(), "3".into()));
    assert_eq!(of("each_its_own.task.json", "Worker"), ("registry.local/worker:2".into(), "2".into()));
}

#[test]
fn names_are_kept_short_and_apart() {
    let long = "a2345678901234567890-n0-0-n1-0-dn2-0-some-node-3";
    for plugin in registry().iter().filter(|plugin| plugin.id() != "container") {
        let limit = plugin.name_limit();
        let names: Vec<_> =
            (0..3).map(|attempt| object_name(&format!("{long}-{attempt}-{attempt}"), limit)).collect();
        assert!(names.iter().all(|name| name.len() <= limit), "{names:?}");
        assert!(names[0] != names[1] && names[1] != names[2], "{names:?}");
    }
    assert_eq!(object_name("exec-n0-0", 47), "exec-n0-0");
}

#[test]
fn jobs_without_workers_are_refused() {
    for (plugin, spec, words) in [
        ("pytorch", json!({"workerReplicas": {"replicas": 0}}), "one worker at least"),
        ("tensorflow", json!({"psReplicas": {"replicas": 1}}), "one worker at least"),
        ("mpi", json!({"workerReplicas": {"replicas": 2}}), "a launcher and one worker at least"),
        ("spark", json!({}), "names no application file"),
    ] {
        let plugins = registry();
        let mut task = task(&cases(plugin)[0]);
        task.custom = Some(aileron_idl::json::structure(spec.as_object().unwrap()));
        let error = build(plugin_of(&plugins, plugin), &task, None).unwrap_err();
        assert!(error.contains(words), "{plugin}: {error}");
    }
}

#[test]
fn the_older_messages_are_read_too() {
    let plugins = registry();
    for (plugin, spec, path) in [
        ("pytorch", json!({"workers": 3}), "/spec/pytorchReplicaSpecs/Worker/replicas"),
        ("tensorflow", json!({"workers": 3, "psReplicas": 1}), "/spec/tfReplicaSpecs/Worker/replicas"),
        (
            "mpi",
            json!({"numWorkers": 3, "numLauncherReplicas": 1, "slots": 2}),
            "/spec/mpiReplicaSpecs/Worker/replicas",
        ),
    ] {
        let mut task = task(&cases(plugin)[0]);
        task.task_type_version = 0;
        task.custom = Some(aileron_idl::json::structure(spec.as_object().unwrap()));
        let made = build(plugin_of(&plugins, plugin), &task, None).unwrap();
        assert_eq!(made.pointer(path), Some(&json!(3)), "{plugin}: {made:#}");
    }
    // Elastic training has no master.
    let mut task = task(&cases("pytorch")[0]);
    let spec = json!({"workerReplicas": {"replicas": 2}, "elasticConfig": {"rdzvBackend": "c10d", "minReplicas": 1, "maxReplicas": 2, "nprocPerNode": 4, "maxRestarts": 3}});
    task.custom = Some(aileron_idl::json::structure(spec.as_object().unwrap()));
    let made = build(plugin_of(&plugins, "pytorch"), &task, None).unwrap();
    assert_eq!(made["spec"]["pytorchReplicaSpecs"].as_object().unwrap().len(), 1);
    assert_eq!(made["spec"]["elasticPolicy"]["nProcPerNode"], 4);
}

#[test]
fn a_ray_task_without_a_container_is_refused() {
    let plugins = registry();
    let mut task = task(&cases("ray")[0]);
    task.target = Some(Target::K8sPod(aileron_idl::core::K8sPod::default()));
    assert!(build(plugin_of(&plugins, "ray"), &task, None).is_err());
}
