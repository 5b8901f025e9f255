//! Dask tasks: a `DaskJob`, whose runner is the task's pod, with a cluster of its own.
//!
//! The runner and the scheduler are never interruptible; workers are when the task is. The operator starts workers as
//! `dask worker`, which Dask has had since 2022.10; the older commands are gone since 2026.6.

use aileron_engine::Timestamp;
use aileron_idl::plugins::DaskJob;
use k8s_openapi::api::core::v1::{PodTemplateSpec, ResourceRequirements};
use kube::api::{ApiResource, DynamicObject};
use serde_json::{Value, json};

use super::config::Config;
use super::job::{self, Status};
use super::pod::part::{self, Part, Runs};
use super::pod::resources::amount;
use super::{BuildError, Phase, Plugin, Report, TaskView, custom};

const RUNNER: &str = "job-runner";
const SCHEDULER: &str = "scheduler";
const WORKER: &str = "dask-worker";

/// The plugin of Dask.
#[derive(Clone, Copy, Debug)]
pub struct DaskPlugin;

impl Plugin for DaskPlugin {
    fn id(&self) -> &'static str {
        "dask"
    }

    fn task_types(&self) -> &'static [&'static str] {
        &["dask"]
    }

    fn resource(&self) -> ApiResource {
        job::kind("kubernetes.dask.org", "v1", "DaskJob", "daskjobs")
    }

    // The longest name that the operator makes of it is that of a service, `NAME-scheduler`.
    fn name_limit(&self) -> usize {
        53
    }

    fn pods(&self, name: &str) -> Option<String> {
        Some(format!("dask.org/cluster-name={name}"))
    }

    fn build(&self, view: &TaskView<'_>) -> Result<DynamicObject, BuildError> {
        let DaskJob { scheduler, workers } = custom::read(view.task)?;
        let (scheduler, workers) = (scheduler.unwrap_or_default(), workers.unwrap_or_default());
        let runner = part::pod(view, Part { interruptible: false, ..Part::of(RUNNER) })?;
        let scheduling = scheduling(view, &scheduler)?;
        let working = working(view, &workers)?;
        let spec = json!({
            "job": {"metadata": marks(&runner), "spec": runner.spec},
            "cluster": {"spec": {
                "scheduler": {
                    "metadata": marks(&scheduling),
                    "spec": scheduling.spec,
                    "service": service(&super::object_name(&view.values.names.generated_name, self.name_limit())),
                },
                "worker": {
                    "metadata": marks(&working),
                    "replicas": workers.number_of_workers.max(1),
                    "spec": working.spec,
                },
            }},
        });
        Ok(job::object(view, &self.resource(), &spec))
    }

    fn observe(&self, object: &DynamicObject, config: &Config, now: Timestamp) -> Report {
        job::observe(object, config, now, |status| {
            let since = || status.since("/startTime");
            match status.text("/jobStatus") {
                "" | "JobCreated" | "ClusterCreated" => preparing(status),
                "Successful" => status.succeeded(since(), status.at("/endTime")),
                "Failed" => {
                    let runner = status.text("/jobRunnerPodName");
                    status.failed(
                        &format!("its runner, pod `{runner}`, did not end well"),
                        status.at("/endTime"),
                    )
                }
                _ => status.running(since()),
            }
        })
    }
}

fn preparing(status: &Status<'_>) -> Report {
    let reason = match status.text("/jobStatus") {
        "ClusterCreated" => "the Dask cluster is made; its runner is next",
        _ => "the Dask cluster is being made",
    };
    Report { reason: reason.to_owned(), ..Report::of(Phase::Initializing) }
}

fn scheduling(
    view: &TaskView<'_>,
    own: &aileron_idl::plugins::DaskScheduler,
) -> Result<PodTemplateSpec, BuildError> {
    let part = Part {
        image: &own.image,
        resources: own.resources.as_ref(),
        runs: Runs::Arguments(&["dask", "scheduler"]),
        restart: "Always",
        interruptible: false,
        ..Part::of(SCHEDULER)
    };
    let mut pod = part::pod(view, part)?;
    if let Some(container) = part::container(&mut pod, SCHEDULER) {
        let port = |name: &str, port: i32| k8s_openapi::api::core::v1::ContainerPort {
            name: Some(name.to_owned()),
            container_port: port,
            protocol: Some("TCP".to_owned()),
            ..Default::default()
        };
        container.ports = Some(vec![port("tcp-comm", 8786), port("dashboard", 8787)]);
    }
    Ok(pod)
}

fn working(
    view: &TaskView<'_>,
    own: &aileron_idl::plugins::DaskWorkerGroup,
) -> Result<PodTemplateSpec, BuildError> {
    let part = Part {
        image: &own.image,
        resources: own.resources.as_ref(),
        runs: Runs::Arguments(&["dask", "worker", "--name", "$(DASK_WORKER_NAME)"]),
        restart: "Always",
        ..Part::of(WORKER)
    };
    let mut pod = part::pod(view, part)?;
    if let Some(container) = part::container(&mut pod, WORKER) {
        let held = held_to(container.resources.as_ref())?;
        container.args.get_or_insert_default().extend(held);
    }
    Ok(pod)
}

/// A worker takes as many threads and as much memory as its container may have.
fn held_to(resources: Option<&ResourceRequirements>) -> Result<Vec<String>, BuildError> {
    let limit = |name: &str| resources?.limits.as_ref()?.get(name).map(|quantity| quantity.0.clone());
    let mut arguments = Vec::new();
    if let Some(cpu) = limit("cpu") {
        let threads = amount("cpu", &cpu)?.ceil().max(1.0);
        arguments.extend(["--nthreads".to_owned(), format!("{threads:.0}")]);
    }
    if let Some(memory) = limit("memory") {
        arguments.extend(["--memory-limit".to_owned(), format!("{:.0}", amount("memory", &memory)?)]);
    }
    Ok(arguments)
}

fn service(cluster: &str) -> Value {
    json!({
        "type": "NodePort",
        "selector": {"dask.org/cluster-name": cluster, "dask.org/component": "scheduler"},
        "ports": [
            {"name": "tcp-comm", "protocol": "TCP", "port": 8786, "targetPort": "tcp-comm"},
            {"name": "dashboard", "protocol": "TCP", "port": 8787, "targetPort": "dashboard"},
        ],
    })
}

/// Labels and annotations alone: the operator names its pods.
fn marks(pod: &PodTemplateSpec) -> Value {
    let metadata = pod.metadata.clone().unwrap_or_default();
    json!({"labels": metadata.labels, "annotations": metadata.annotations})
}
