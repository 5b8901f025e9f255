//! What no recorded pod has: GPUs, shared memory, templates of the cluster. Each case is a task, settings and a
//! template, with what has to be at some places of the pod.

use std::collections::BTreeMap;

use aileron_crd::{ExecutionId, TaskResources};
use aileron_idl::core::{Identifier, LiteralMap, TaskTemplate};
use aileron_idl::json::from_slice;
use k8s_openapi::api::core::v1::PodTemplate;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::{Value, json};

use super::super::config::Config;
use super::super::{ExecutionView, Plugin, TaskView};
use super::PodPlugin;
use crate::container::environment::Identity;
use crate::container::template::{Substitutes, Values};

/// The pod of a task with one container, in JSON; or why there is none.
fn pod(task: &Value, config: &Value, template: &Value) -> Result<Value, String> {
    let task: TaskTemplate = from_slice(task.to_string().as_bytes()).unwrap();
    let config: Config = serde_json::from_value(config.clone()).unwrap();
    let template: Option<PodTemplate> = serde_json::from_value(template.clone()).unwrap();
    let execution = ExecutionId { project: "p".into(), domain: "d".into(), name: "e".into() };
    let (names, id, none) = (substitutes(), Identifier::default(), BTreeMap::new());
    let of_execution = ExecutionView {
        owner: OwnerReference::default(),
        labels: &none,
        annotations: &none,
        resources: &TaskResources::default(),
        environment: &none,
        objects: &vec![("AWS_ACCESS_KEY_ID".to_owned(), "of the run".to_owned())],
        service_account: None,
    };
    let view = TaskView {
        task: &task,
        overrides: None,
        values: Values { names: &names, inputs: &LiteralMap::default() },
        identity: Identity { execution: &execution, workflow: &id, task: &id, attempt: 0, item: None },
        node_id: "n0",
        execution: &of_execution,
        interruptible: false,
        pod_template: template.as_ref(),
        config: &config,
    };
    let built = PodPlugin.build(&view).map_err(|error| error.to_string())?;
    Ok(serde_json::to_value(built).unwrap())
}

fn substitutes() -> Substitutes {
    Substitutes {
        input: String::new(),
        output_prefix: String::new(),
        raw_output_prefix: String::new(),
        checkpoint_prefix: String::new(),
        previous_checkpoint_prefix: None,
        generated_name: "e-n0-0".into(),
        task_template: String::new(),
        namespace: "p-d".into(),
    }
}

/// A task with a GPU, and what else it asks for.
fn gpu(accelerator: &Value) -> Value {
    json!({
        "type": "python-task",
        "container": {"image": "i", "resources": {"limits": [{"name": "GPU", "value": "1"}]}},
        "extendedResources": {"gpuAccelerator": accelerator},
    })
}

fn plain() -> Value {
    json!({"type": "python-task", "container": {"image": "i"}})
}

fn shared(memory: &Value) -> Value {
    json!({
        "type": "python-task",
        "container": {"image": "i"},
        "extendedResources": {"sharedMemory": memory},
    })
}

/// Where required node affinity is.
const TERMS: &str =
    "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";

#[track_caller]
fn has(pod: &Value, expected: &[(&str, Value)]) {
    for (place, value) in expected {
        let place = place.replace("TERMS", TERMS);
        assert_eq!(pod.pointer(&place).unwrap_or(&Value::Null), value, "{place} in {pod:#}");
    }
}

fn matching(expressions: &Value) -> Value {
    json!([{"matchExpressions": expressions}])
}

#[test]
fn a_gpu_of_a_kind_is_asked_for_by_affinity_and_its_taint_tolerated() {
    let device = "k8s.amazonaws.com/accelerator";
    let made = pod(&gpu(&json!({"device": "nvidia-tesla-t4"})), &json!({}), &json!(null)).unwrap();
    has(
        &made,
        &[
            ("/spec/containers/0/resources/limits/nvidia.com~1gpu", json!("1")),
            ("TERMS", matching(&json!([{"key": device, "operator": "In", "values": ["nvidia-tesla-t4"]}]))),
            (
                "/spec/tolerations",
                json!([{"key": device, "operator": "Equal", "value": "nvidia-tesla-t4", "effect": "NoSchedule"}]),
            ),
        ],
    );
}

#[test]
fn parts_of_a_gpu_are_asked_for_by_size_or_by_there_being_none() {
    let size = "k8s.amazonaws.com/gpu-partition-size";
    let part = gpu(&json!({"device": "a100", "partitionSize": "1g.5gb"}));
    let made = pod(&part, &json!({"gpu-device-node-label": "kind"}), &json!(null)).unwrap();
    let both = json!([
        {"key": "kind", "operator": "In", "values": ["a100"]},
        {"key": size, "operator": "In", "values": ["1g.5gb"]},
    ]);
    has(&made, &[("TERMS", matching(&both)), ("/spec/tolerations/1/key", json!(size))]);

    let whole = gpu(&json!({"unpartitioned": true}));
    let made = pod(&whole, &json!({}), &json!(null)).unwrap();
    has(&made, &[("TERMS", matching(&json!([{"key": size, "operator": "DoesNotExist"}])))]);
    let configured = json!({
        "gpu-unpartitioned-node-selector-requirement": {"key": "whole", "operator": "Exists"},
        "gpu-unpartitioned-toleration": {"key": "whole", "operator": "Exists"},
    });
    let made = pod(&whole, &configured, &json!(null)).unwrap();
    has(
        &made,
        &[
            ("TERMS", matching(&json!([{"key": "whole", "operator": "Exists"}]))),
            ("/spec/tolerations", json!([{"key": "whole", "operator": "Exists"}])),
        ],
    );
}

#[test]
fn a_kind_of_gpu_without_a_gpu_is_nothing() {
    let mut task = gpu(&json!({"device": "a100"}));
    task["container"]["resources"] = json!({});
    let made = pod(&task, &json!({}), &json!(null)).unwrap();
    has(&made, &[("/spec/affinity", Value::Null), ("/spec/tolerations", Value::Null)]);
}

#[test]
fn shared_memory_is_a_volume_of_the_primary_container() {
    let asked = shared(&json!({"mountPath": "/dev/shm", "mountName": "shm", "sizeLimit": "1Gi"}));
    let made = pod(&asked, &json!({}), &json!(null)).unwrap();
    has(
        &made,
        &[
            ("/spec/volumes", json!([{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}])),
            ("/spec/containers/0/volumeMounts", json!([{"name": "shm", "mountPath": "/dev/shm"}])),
        ],
    );
    let unlimited = shared(&json!({"mountPath": "/dev/shm", "mountName": "shm"}));
    let made = pod(&unlimited, &json!({}), &json!(null)).unwrap();
    has(&made, &[("/spec/volumes/0/emptyDir", json!({"medium": "Memory"}))]);
}

#[test]
fn shared_memory_that_cannot_be_is_refused() {
    let volume = json!({"template": {"spec": {"containers": [], "volumes": [{"name": "shm"}]}}});
    let mounted = json!({"template": {"spec": {"containers": [
        {"name": "default", "volumeMounts": [{"name": "other", "mountPath": "/dev/shm"}]},
    ]}}});
    for (memory, template, words) in [
        (json!({"mountPath": "/dev/shm"}), json!(null), "needs a name and a path"),
        (json!({"mountPath": "/dev/shm", "mountName": "shm"}), volume, "as another volume of the pod"),
        (json!({"mountPath": "/dev/shm", "mountName": "shm"}), mounted, "where another volume is"),
    ] {
        let error = pod(&shared(&memory), &json!({}), &template).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_template_is_below_what_the_task_and_the_platform_say() {
    let template = json!({"template": {
        "metadata": {"labels": {"team": "t", "node-id": "x"}, "annotations": {"a": "template"}},
        "spec": {
            "schedulerName": "of the template",
            "nodeSelector": {"zone": "z"},
            "tolerations": [{"key": "template"}],
            "volumes": [{"name": "data", "emptyDir": {}}],
            "containers": [
                {"name": "default", "image": "below", "env": [{"name": "FROM", "value": "default"}],
                    "volumeMounts": [{"name": "data", "mountPath": "/data"}]},
                {"name": "primary", "workingDir": "/primary"},
                {"name": "sidecar", "image": "left out"},
            ],
        },
    }});
    let config = json!({
        "scheduler-name": "of the platform", "default-tolerations": [{"key": "platform"}],
        "default-annotations": {"a": "platform"},
    });
    let made = pod(&plain(), &config, &template).unwrap();
    let variables = made["spec"]["containers"][0]["env"].as_array().unwrap();
    assert!(variables.contains(&json!({"name": "FROM", "value": "default"})), "{variables:?}");
    has(
        &made,
        &[
            ("/metadata/labels/team", json!("t")),
            ("/metadata/labels/node-id", json!("n0")),
            ("/spec/schedulerName", json!("of the platform")),
            ("/spec/nodeSelector", json!({"zone": "z"})),
            ("/spec/tolerations", json!([{"key": "template"}, {"key": "platform"}])),
            ("/spec/volumes/0/name", json!("data")),
            ("/spec/containers/0/image", json!("i")),
            ("/spec/containers/0/workingDir", json!("/primary")),
            ("/spec/containers/0/volumeMounts", json!([{"name": "data", "mountPath": "/data"}])),
            ("/spec/containers/1", Value::Null),
        ],
    );
}

#[test]
fn a_runs_own_key_counts_unless_the_platform_says_otherwise() {
    let task = json!({
        "type": "raw-container",
        "container": {"image": "i", "dataConfig": {"enabled": true, "inputPath": "/in", "outputPath": "/out"}},
        "interface": {"inputs": {"variables": {"x": {"type": {"simple": "INTEGER"}}}}},
    });
    let values = |config: &Value| {
        let made = pod(&task, config, &json!(null)).unwrap();
        let spec = &made["spec"];
        let all =
            ["containers", "initContainers"].map(|kind| spec[kind][0]["env"].as_array().unwrap().clone());
        let of_key = |variable: &Value| variable["name"] == "AWS_ACCESS_KEY_ID";
        let all = all.into_iter().flatten().filter(of_key);
        all.map(|variable| variable["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values(&json!({})), ["of the run"; 2]);
    let platform = json!({"default-env-vars": {"AWS_ACCESS_KEY_ID": "of the platform"}});
    assert_eq!(values(&platform), ["of the platform"; 2]);
}
