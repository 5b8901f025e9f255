//! Objects of operators on a real API server, with the operators' own definitions. Nobody runs them here: the tests
//! write the statuses that operators write.

use std::path::Path;
use std::time::Duration;

use aileron_idl::core::TaskTemplate;
use aileron_idl::json as protojson;
use aileron_propeller::kubernetes::Settings;
use aileron_propeller::plugins::config::Config;
use aileron_propeller::plugins::{Plugin, registry};
use aileron_test_cluster::{Cluster, Nodes, definition};
use k8s_openapi::api::core::v1::{Pod, ResourceQuota};
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::flow::Flow;
use crate::harness::Room;

/// Where the recorded tasks and objects lie.
fn folder(plugin: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plugins").join(plugin)
}

fn plugin(id: &str) -> Box<dyn Plugin> {
    registry().into_iter().find(|plugin| plugin.id() == id).unwrap()
}

/// Tells the API server of the kind of a plugin's objects.
pub(crate) fn define(id: &str) {
    let resource = plugin(id).resource();
    let manifest = definition(&format!("{}.{}", resource.plural, resource.group)).unwrap();
    Cluster::shared(Nodes::Instant).apply(&manifest).unwrap();
}

/// A recorded task, without inputs and outputs.
pub(crate) fn task(plugin: &str, case: &str) -> TaskTemplate {
    let bytes = std::fs::read(folder(plugin).join(format!("{case}.task.json"))).unwrap();
    let mut task: TaskTemplate = protojson::from_slice(&bytes).unwrap();
    task.interface = Some(Default::default());
    task
}

fn objects(room: &Room, id: &str) -> Api<DynamicObject> {
    Api::namespaced_with(room.client.clone(), &room.namespace, &plugin(id).resource())
}

/// Plays the operator: writes a status.
async fn set_status(room: &Room, id: &str, name: &str, status: Value) {
    let api = objects(room, id);
    room.until("the object is made", async || api.get_opt(name).await.unwrap().is_some()).await;
    let merge = Patch::Merge(json!({ "status": status }));
    // A kind without a status of its own has it in the object.
    match api.patch_status(name, &PatchParams::default(), &merge).await {
        Err(kube::Error::Api(status)) if status.code == 404 => {
            api.patch(name, &PatchParams::default(), &merge).await.unwrap();
        }
        patched => drop(patched.unwrap()),
    }
}

/// No other test makes this kind known, and this one only afterwards.
const UNKNOWN: &str = "mpi";

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_is_missed_until_it_is_defined_and_then_takes_every_recorded_object() {
    let room = Room::new().await;
    fails_as_unknown(&room).await;
    every_object_is_taken(&room);
}

async fn fails_as_unknown(room: &Room) {
    let controller = room.work().await;
    room.launch("unknown", &Flow::of(task(UNKNOWN, "plain"), 3)).await;
    room.wait_for("unknown", "run FAILED").await;
    let error = room.run_error("unknown");
    assert_eq!(error.code, "OperatorNotInstalled", "{error:?}");
    assert!(error.message.contains("MPIJob (kubeflow.org/v1)"), "{}", error.message);
    assert!(error.message.contains("`mpijobs.kubeflow.org`"), "{}", error.message);
    assert_eq!(room.attempt_errors("unknown").len(), 1);
    controller.stop().await;
}

fn every_object_is_taken(room: &Room) {
    let mut judged = 0;
    for plugin in registry().iter().filter(|plugin| plugin.id() != "container") {
        define(plugin.id());
        for file in std::fs::read_dir(folder(plugin.id())).unwrap() {
            let path = file.unwrap().path();
            if !path.to_string_lossy().ends_with(".object.yaml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let mut object: Value = serde_yaml_ng::from_str(&text).unwrap();
            object["metadata"]["namespace"] = json!(room.namespace);
            object["metadata"]["ownerReferences"] = json!([]);
            // Strictly: a field that the definition does not have is refused.
            let judgement = Cluster::shared(Nodes::Instant).dry_run(&object.to_string());
            assert!(judgement.is_ok(), "{}: {judgement:?}", path.display());
            judged += 1;
        }
    }
    assert!(judged >= 12, "{judged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_goes_through_its_phases_to_its_end() {
    define("dask");
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("dasks", &Flow::of(task("dask", "each_its_own"), 0)).await;
    set_status(&room, "dask", "dasks-n0-0", json!({"jobStatus": "JobCreated"})).await;
    room.until("it is told that the cluster is made", async || {
        room.reasons("dasks").iter().any(|reason| reason == "the Dask cluster is being made")
    })
    .await;
    set_status(&room, "dask", "dasks-n0-0", json!({"jobStatus": "Running"})).await;
    room.wait_for("dasks", "n0/0 RUNNING").await;
    set_status(&room, "dask", "dasks-n0-0", json!({"jobStatus": "Successful"})).await;
    room.wait_for("dasks", "run SUCCEEDED").await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_is_tried_again_as_another_object() {
    define("pytorch");
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("torn", &Flow::of(task("pytorch", "plain"), 1)).await;
    let condition = |kind: &str| json!({"type": kind, "status": "True", "message": "worker-0 failed"});
    let both = |kind: &str| json!({"conditions": [condition("Created"), condition(kind)]});
    set_status(&room, "pytorch", "torn-n0-0", both("Failed")).await;
    // Two conditions of one second are both true: the end counts.
    set_status(&room, "pytorch", "torn-n0-1", both("Succeeded")).await;
    room.wait_for("torn", "run SUCCEEDED").await;
    assert_eq!(room.attempt_errors("torn"), ["USER DownstreamSystemError"]);
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_page_and_words_are_told() {
    define("ray");
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("rays", &Flow::of(task("ray", "plain"), 0)).await;
    let running = json!({"jobDeploymentStatus": "Running", "dashboardURL": "head.svc:8265"});
    set_status(&room, "ray", "rays-n0-0", running).await;
    room.until("the dashboard is told", async || {
        room.logs("rays").contains(&"http://head.svc:8265".to_owned())
    })
    .await;
    let complete = json!({"jobDeploymentStatus": "Complete", "jobStatus": "SUCCEEDED"});
    set_status(&room, "ray", "rays-n0-0", complete).await;
    room.wait_for("rays", "run SUCCEEDED").await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_never_answers_fails_the_task_and_leaves_no_object() {
    define("spark");
    let room = Room::new().await;
    let patience = Config { operator_patience: Duration::from_secs(1), ..Config::default() };
    let controller = room.work_with(Settings { plugins: patience, ..room.settings() }).await;
    let mut task = task("spark", "plain");
    task.metadata.get_or_insert_default().retries = Some(Default::default());
    room.launch("silent", &Flow::of(task, 0)).await;
    room.wait_for_within("silent", "run FAILED", Duration::from_secs(120)).await;
    let errors = room.attempt_errors("silent");
    assert!(errors.iter().all(|error| error == "SYSTEM OperatorNotResponding"), "{errors:?}");
    assert!(room.run_error("silent").message.contains("runs and watches this namespace"));
    let api = objects(&room, "spark");
    room.until("no object is left", async || api.list(&Default::default()).await.unwrap().items.is_empty())
        .await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_never_starts_fails_its_job() {
    define("tensorflow");
    let room = Room::new().await;
    let config = Config { image_pull_backoff_grace_period: Duration::ZERO, ..Config::default() };
    let controller = room.work_with(Settings { plugins: config, ..room.settings() }).await;
    room.launch("stuck", &Flow::of(task("tensorflow", "plain"), 0)).await;
    let pod: Pod = serde_json::from_value(json!({
        "metadata": {"name": "stuck-n0-0-worker-0", "labels": {"training.kubeflow.org/job-name": "stuck-n0-0"},
            "annotations": {"instant-node/waiting-reason": "InvalidImageName"}},
        "spec": {"containers": [{"name": "tensorflow", "image": "registry.local/c:1"}]},
    }))
    .unwrap();
    room.pods().create(&PostParams::default(), &pod).await.unwrap();
    room.wait_for("stuck", "run FAILED").await;
    assert_eq!(room.attempt_errors("stuck"), ["USER ContainersNotReady|InvalidImageName"]);
    assert!(room.run_error("stuck").message.contains("pod `stuck-n0-0-worker-0` never starts"));
    let api = objects(&room, "tensorflow");
    room.until("the job is gone", async || api.get_opt("stuck-n0-0").await.unwrap().is_none()).await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_somebody_deletes_is_the_platforms_failure_and_is_made_again() {
    define("dask");
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("gone", &Flow::of(task("dask", "plain"), 0)).await;
    set_status(&room, "dask", "gone-n0-0", json!({"jobStatus": "Running"})).await;
    room.wait_for("gone", "n0/0 RUNNING").await;
    objects(&room, "dask").delete("gone-n0-0", &DeleteParams::default()).await.unwrap();
    set_status(&room, "dask", "gone-n0-1", json!({"jobStatus": "Successful"})).await;
    room.wait_for("gone", "run SUCCEEDED").await;
    let errors = room.attempt_errors("gone");
    let expected = ["SYSTEM UnexpectedObjectDeletion", "SYSTEM ResourceDeletedExternally"];
    assert!(errors.len() == 1 && expected.contains(&errors[0].as_str()), "{errors:?}");
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_deletes_the_job() {
    define("ray");
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("ended", &Flow::of(task("ray", "groups"), 0)).await;
    set_status(&room, "ray", "ended-n0-0", json!({"jobDeploymentStatus": "Running"})).await;
    room.wait_for("ended", "n0/0 RUNNING").await;
    room.delete("ended").await;
    room.wait_for("ended", "run ABORTED").await;
    let api = objects(&room, "ray");
    room.until("the job is gone", async || api.get_opt("ended-n0-0").await.unwrap().is_none()).await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_jobs_than_a_quota_has_for_ever_fail_at_once() {
    define("pytorch");
    let room = Room::new().await;
    let controller = room.work().await;
    let count = "count/pytorchjobs.kubeflow.org";
    let quotas: Api<ResourceQuota> = Api::namespaced(room.client.clone(), &room.namespace);
    let quota = json!({"metadata": {"name": "none"}, "spec": {"hard": {count: "0"}}});
    quotas.create(&PostParams::default(), &serde_json::from_value(quota).unwrap()).await.unwrap();
    // The cluster has no controller that counts what quotas have used.
    let status = json!({"status": {"hard": {count: "0"}, "used": {count: "0"}}});
    quotas.patch_status("none", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
    room.launch("refused", &Flow::of(task("pytorch", "plain"), 2)).await;
    room.wait_for("refused", "run FAILED").await;
    assert_eq!(room.attempt_errors("refused"), ["USER ResourceRequestsExceedLimits"]);
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_the_api_server_refuses_is_the_tasks_failure() {
    define("ray");
    let room = Room::new().await;
    let controller = room.work().await;
    let mut task = task("ray", "plain");
    let template = json!({"custom": {"rayCluster": {"autoscalerOptions": {"image": "i", "resources": {
        "requests": [{"name": "CPU", "value": "much"}]}}}}});
    task.custom = protojson::from_slice::<TaskTemplate>(template.to_string().as_bytes()).unwrap().custom;
    room.launch("wrong", &Flow::of(task, 2)).await;
    room.wait_for("wrong", "run FAILED").await;
    assert_eq!(room.attempt_errors("wrong"), ["USER BadTaskFormat"]);
    assert!(
        room.run_error("wrong").message.contains("autoscalerOptions"),
        "{}",
        room.run_error("wrong").message
    );
    controller.stop().await;
}
