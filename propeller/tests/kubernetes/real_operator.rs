//! Jobs with their own operators, which `cargo xtask operators` makes: what the plugins make is run by them, and what they
//! write is read, to the end. The node is the instant one: pods end as annotations say.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aileron_idl::core::TaskTemplate;
use aileron_propeller::kubernetes::Settings;
use aileron_propeller::plugins::config::Config;
use aileron_test_cluster::{Cluster, Nodes};
use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::flow::Flow;
use crate::harness::{Room, client};
use crate::operators::{define, task};

/// Jobs take seconds: an operator makes services and pods, and looks at them again.
const LIMIT: Duration = Duration::from_secs(120);

/// Where Dask's package has the definitions of its kinds.
const DASK_DEFINITIONS: &str = "dask_kubernetes/operator/deployment/helm/dask-kubernetes-operator/crds";

/// An operator, until it is dropped.
struct Operator(Child);

impl Operator {
    /// Kubeflow's, which says when it has begun.
    async fn training() -> Operator {
        // The cluster is there, and knows the kinds, before an operator looks for them.
        client().await;
        ["pytorch", "tensorflow", "mpi"].into_iter().for_each(define);
        let mut operator = Operator::start(Command::new(made("training")).stdout(Stdio::piped()));
        let mut lines = BufReader::new(operator.0.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        operator
    }

    /// Dask's, of its package. It does not say when it has begun, and jobs wait until it has.
    async fn dask() -> Operator {
        client().await;
        let definitions = made("dask/lib/python3.11/site-packages").join(DASK_DEFINITIONS);
        for kind in ["daskcluster", "daskworkergroup", "daskautoscaler", "daskjob"] {
            apply(&std::fs::read_to_string(definitions.join(format!("{kind}.yaml"))).unwrap());
        }
        let mut command = Command::new(made("dask/bin/kopf"));
        command.args(["run", "--all-namespaces", "-m", "dask_kubernetes.operator.controller"]);
        Operator::start(command.stdout(Stdio::null()))
    }

    /// KubeRay, which asks the dashboards of its clusters by what stands for the cluster's network here.
    async fn ray(network: &str) -> Operator {
        client().await;
        for kind in ["rayclusters", "rayjobs", "rayservices"] {
            apply(
                &std::fs::read_to_string(made("ray.definitions").join(format!("ray.io_{kind}.yaml")))
                    .unwrap(),
            );
        }
        let mut command = Command::new(made("ray"));
        command.args(["--metrics-addr", "0", "--health-probe-bind-address", "0"]);
        command.args(["--enable-leader-election=false"]).env("HTTP_PROXY", network);
        Operator::start(command.stdout(Stdio::null()))
    }

    fn start(command: &mut Command) -> Operator {
        command.env("KUBECONFIG", Cluster::shared(Nodes::Instant).kubeconfig());
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        Operator(command.spawn().expect("`cargo xtask operators` makes it"))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // Nothing can be done about one that does not end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the set-up has made.
fn made(name: &str) -> PathBuf {
    aileron_test_cluster::folder().unwrap().join(name)
}

fn apply(manifest: &str) {
    Cluster::shared(Nodes::Instant).apply(manifest).unwrap();
}

/// The network of a cluster whose every machine is the dashboard of a Ray that has done its jobs, well or badly as they
/// are called.
async fn dashboards() -> String {
    let job = async |Path(id): Path<String>| -> Json<Value> {
        let status = if id.contains("failing") { "FAILED" } else { "SUCCEEDED" };
        Json(json!({ "job_id": id, "submission_id": id, "status": status, "message": "as it is called" }))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/api/jobs/{id}", get(job));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A recorded task whose pods end so.
fn task_that(plugin: &str, says: &[(&str, &str)]) -> TaskTemplate {
    let mut task = task(plugin, "plain");
    let metadata = task.metadata.get_or_insert_default().metadata.get_or_insert_default();
    metadata.annotations.extend(says.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    task
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes Kubeflow's operator: `cargo xtask operators`"]
async fn kubeflows_operator_runs_what_the_plugins_make() {
    let _operator = Operator::training().await;
    let room = Room::new().await;
    let config = Config { image_pull_backoff_grace_period: Duration::from_secs(2), ..Config::default() };
    let controller = room.work_with(Settings { plugins: config, ..room.settings() }).await;
    let (ends, runs) = (("instant-node/run-ms", "0"), ("instant-node/run-ms", "1500"));
    for plugin in ["pytorch", "tensorflow", "mpi"] {
        // A job that is over within its first second has two conditions of one instant.
        for (name, says) in [("instant", ends), ("longer", runs)] {
            let name = format!("{plugin}-{name}");
            room.launch(&name, &Flow::of(task_that(plugin, &[says]), 0)).await;
            room.wait_for_within(&name, "run SUCCEEDED", LIMIT).await;
        }
        let name = format!("{plugin}-failing");
        let fails = task_that(plugin, &[("instant-node/exit-code", "1"), ("instant-node/reason", "Error")]);
        room.launch(&name, &Flow::of(fails, 0)).await;
        room.wait_for_within(&name, "run FAILED", LIMIT).await;
        assert_eq!(room.attempt_errors(&name), ["USER DownstreamSystemError"], "{name}");
        let name = format!("{plugin}-stuck");
        let stuck = task_that(plugin, &[("instant-node/waiting-reason", "ImagePullBackOff")]);
        room.launch(&name, &Flow::of(stuck, 0)).await;
        room.wait_for_within(&name, "run FAILED", LIMIT).await;
        assert_eq!(room.attempt_errors(&name), ["USER ContainersNotReady|ImagePullBackOff"], "{name}");
        room.until("the stuck job's pods are gone", async || {
            let pods = room.pods().list(&Default::default()).await.unwrap().items;
            pods.iter().all(|pod| !kube::ResourceExt::name_any(pod).starts_with(&name))
        })
        .await;
    }
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes Dask's operator: `cargo xtask operators`"]
async fn dasks_operator_runs_what_the_plugin_makes() {
    let _operator = Operator::dask().await;
    let room = Room::new().await;
    let controller = room.work_with(room.settings()).await;
    for (name, milliseconds) in [("dask-instant", "0"), ("dask-longer", "1500")] {
        room.launch(name, &Flow::of(task_that("dask", &[("instant-node/run-ms", milliseconds)]), 0)).await;
        room.wait_for_within(name, "run SUCCEEDED", LIMIT).await;
    }
    let fails = task_that("dask", &[("instant-node/exit-code", "1"), ("instant-node/reason", "Error")]);
    room.launch("dask-failing", &Flow::of(fails, 0)).await;
    room.wait_for_within("dask-failing", "run FAILED", LIMIT).await;
    assert_eq!(room.attempt_errors("dask-failing"), ["USER DownstreamSystemError"]);
    controller.stop().await;
}

/// A recorded Ray task whose cluster stays until it is removed, and whose submitter ends at once.
fn ray_task() -> TaskTemplate {
    let mut task = task("ray", "plain");
    let stays = json!({ "metadata": { "annotations": { "instant-node/run-ms": "600000" } } });
    let custom = json!({ "rayCluster": {
        "headGroupSpec": { "k8sPod": stays },
        "workerGroupSpec": [{ "groupName": "group", "replicas": 2, "minReplicas": 2, "maxReplicas": 2, "k8sPod": stays }],
    } });
    task.custom = Some(aileron_idl::json::structure(custom.as_object().unwrap()));
    task
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes KubeRay: `cargo xtask operators`"]
async fn kuberay_runs_what_the_plugin_makes() {
    let _operator = Operator::ray(&dashboards().await).await;
    let room = Room::new().await;
    let controller = room.work_with(room.settings()).await;
    room.launch("ray-well", &Flow::of(ray_task(), 0)).await;
    room.wait_for_within("ray-well", "run SUCCEEDED", LIMIT).await;
    room.launch("ray-failing", &Flow::of(ray_task(), 0)).await;
    room.wait_for_within("ray-failing", "run FAILED", LIMIT).await;
    assert_eq!(room.attempt_errors("ray-failing"), ["USER DownstreamSystemError"]);
    controller.stop().await;
}
