//! Ray tasks: a `RayJob`, whose cluster's pods are the task's own but for what its groups say.
//!
//! The task's arguments are the entry point that the operator submits, quoted for a shell. An application that failed,
//! or was too slow, is the user's failure; a cluster that did not come up, or could not be given the job, the
//! platform's.

use std::collections::BTreeMap;

use aileron_engine::{ErrorKind, Failure, Timestamp};
use aileron_idl::plugins::{
    AutoscalerOptions, HeadGroupSpec, RayCluster, RayJob, WorkerGroupSpec, autoscaler_options,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::{
    ContainerPort, EnvVar, EnvVarSource, ExecAction, Lifecycle, LifecycleHandler, ObjectFieldSelector,
    PodTemplateSpec, ResourceFieldSelector,
};
use kube::api::{ApiResource, DynamicObject};
use serde_json::{Map, Value, json};

use super::config::Config;
use super::job::{self, Status};
use super::pod::part::{self, Part, Runs};
use super::pod::resources::of_task;
use super::pod::source::wrong;
use super::{BuildError, Link, Phase, Plugin, Report, TaskView, custom};
use crate::container::shell::quoted;
use crate::container::template::render;

const HEAD: &str = "ray-head";
const WORKER: &str = "ray-worker";
const SUBMITTER: &str = "ray-job-submitter";
/// How long a cluster stays after its job, unless the task says.
const STAYS: i32 = 3600;

/// The plugin of Ray.
#[derive(Clone, Copy, Debug)]
pub struct RayPlugin;

impl Plugin for RayPlugin {
    fn id(&self) -> &'static str {
        "ray"
    }

    fn task_types(&self) -> &'static [&'static str] {
        &["ray"]
    }

    fn resource(&self) -> ApiResource {
        job::kind("ray.io", "v1", "RayJob", "rayjobs")
    }

    // The operator's own limit: it adds to the name what pods and services of the cluster are called by.
    fn name_limit(&self) -> usize {
        47
    }

    fn pods(&self, name: &str) -> Option<String> {
        Some(format!("ray.io/originated-from-cr-name={name}"))
    }

    fn build(&self, view: &TaskView<'_>) -> Result<DynamicObject, BuildError> {
        let job: RayJob = custom::read(view.task)?;
        let mut submitter = part::pod(view, Part { runs: Runs::Nothing, ..Part::of(SUBMITTER) })?;
        // The operator takes the first container of the submitter for its own.
        if let Some(spec) = &mut submitter.spec {
            spec.containers.sort_by_key(|container| container.name != SUBMITTER);
        }
        let stays = if job.ttl_seconds_after_finished > 0 { job.ttl_seconds_after_finished } else { STAYS };
        let mut spec = json!({
            "entrypoint": entrypoint(view)?,
            "shutdownAfterJobFinishes": true,
            "ttlSecondsAfterFinished": stays,
            "submissionMode": "K8sJobMode",
            "rayClusterSpec": cluster(view, &job.ray_cluster.clone().unwrap_or_default())?,
            "submitterPodTemplate": submitter,
        });
        if let Some(environment) = runtime_environment(&job)? {
            spec["runtimeEnvYAML"] = Value::String(environment);
        }
        Ok(job::object(view, &self.resource(), &spec))
    }

    fn observe(&self, object: &DynamicObject, config: &Config, now: Timestamp) -> Report {
        job::observe(object, config, now, |status| Report { links: links(status), ..read(status) })
    }
}

fn read(status: &Status<'_>) -> Report {
    let (since, at) = (status.since("/startTime"), status.at("/endTime"));
    let message = status.text("/message");
    let told = |phase| Report { reason: message.to_owned(), ..Report::of(phase) };
    match status.text("/jobDeploymentStatus") {
        "" | "Suspended" | "Suspending" | "Waiting" => told(Phase::Queued),
        "Initializing" | "Retrying" => told(Phase::Initializing),
        "Complete" => status.succeeded(since, at),
        "ValidationFailed" => {
            let failure = Failure::permanent("BadTaskFormat", status.told(message));
            status.ended(Failure { kind: ErrorKind::User, ..failure }, at)
        }
        "Failed" => failed(status, at),
        _ => status.running(since),
    }
}

fn failed(status: &Status<'_>, at: Option<Timestamp>) -> Report {
    let (reason, message) = (status.text("/reason"), status.text("/message"));
    let told = [reason, message].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ");
    let by_platform = matches!(
        reason,
        "SubmissionFailed" | "ValidationFailed" | "JobDeploymentStatusTransitionGracePeriodExceeded"
    );
    let report = if by_platform {
        status.ended(Failure::system("TaskFailedWithError", status.told(&told)), at)
    } else {
        status.failed(&told, at)
    };
    cleaned_up(report)
}

/// A cluster of a failed job would stay for as long as one of a job that ended well.
fn cleaned_up(mut report: Report) -> Report {
    if let Phase::Failed { clean_up, .. } = &mut report.phase {
        *clean_up = true;
    }
    report
}

fn links(status: &Status<'_>) -> Vec<Link> {
    let uri = status.text("/dashboardURL");
    let uri = if uri.is_empty() || uri.contains("://") { uri.to_owned() } else { format!("http://{uri}") };
    Some(uri)
        .filter(|uri| !uri.is_empty())
        .map(|uri| Link { name: "Ray Dashboard".to_owned(), uri })
        .into_iter()
        .collect()
}

/// The arguments of the task as one line of a shell.
fn entrypoint(view: &TaskView<'_>) -> Result<String, BuildError> {
    use aileron_idl::core::task_template::Target;
    let Some(Target::Container(container)) = &view.task.target else {
        return Err(wrong("a Ray task has a container, whose command and arguments are what Ray runs"));
    };
    let words = container.command.iter().chain(&container.args);
    let quoted =
        words.map(|word| Ok(quoted(&render(word, &view.values)?))).collect::<Result<Vec<_>, BuildError>>();
    Ok(quoted?.join(" "))
}

/// YAML, of which the older form, JSON in base64, is a part.
fn runtime_environment(job: &RayJob) -> Result<Option<String>, BuildError> {
    #[expect(deprecated, reason = "older flytekit has no other")]
    let older = &job.runtime_env;
    if !job.runtime_env_yaml.is_empty() {
        return Ok(Some(job.runtime_env_yaml.clone()));
    }
    if older.is_empty() {
        return Ok(None);
    }
    let decoded = BASE64_STANDARD.decode(older).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map(Some).ok_or_else(|| wrong("the runtime environment of the Ray task is no text in base64"))
}

fn cluster(view: &TaskView<'_>, cluster: &RayCluster) -> Result<Value, BuildError> {
    let head = cluster.head_group_spec.clone().unwrap_or_default();
    let groups = cluster.worker_group_spec.iter().map(|group| worker_group(view, group));
    let mut spec = json!({
        "headGroupSpec": head_group(view, &head)?,
        "workerGroupSpecs": groups.collect::<Result<Vec<_>, _>>()?,
        "enableInTreeAutoscaling": cluster.enable_autoscaling,
    });
    if let Some(options) = &cluster.autoscaler_options {
        spec["autoscalerOptions"] = autoscaler(view, options);
    }
    Ok(spec)
}

fn start_parameters(own: &BTreeMap<String, String>, of_role: &[(&str, &str)]) -> BTreeMap<String, String> {
    let common = [("node-ip-address", "$MY_POD_IP"), ("disable-usage-stats", "true")];
    let text = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
    let mut all: BTreeMap<_, _> = common.iter().chain(of_role).map(text).collect();
    all.extend(own.clone());
    all
}

fn head_group(view: &TaskView<'_>, own: &HeadGroupSpec) -> Result<Value, BuildError> {
    let part = Part {
        pod: own.k8s_pod.as_ref(),
        runs: Runs::Nothing,
        interruptible: false,
        restart: "Always",
        ..Part::of(HEAD)
    };
    let mut pod = part::pod(view, part)?;
    if let Some(container) = part::container(&mut pod, HEAD) {
        container.env.get_or_insert_default().push(of_field("MY_POD_IP", "status.podIP"));
        let port = |name: &str, port: i32| ContainerPort {
            name: Some(name.to_owned()),
            container_port: port,
            ..Default::default()
        };
        container.ports = Some(vec![port("redis", 6379), port("head", 10001), port("dashboard", 8265)]);
    }
    Ok(json!({
        "rayStartParams": start_parameters(&own.ray_start_params, &[("include-dashboard", "true"), ("dashboard-host", "0.0.0.0")]),
        "serviceType": "NodePort",
        "template": pod,
    }))
}

fn worker_group(view: &TaskView<'_>, own: &WorkerGroupSpec) -> Result<Value, BuildError> {
    let part = Part { pod: own.k8s_pod.as_ref(), runs: Runs::Nothing, restart: "Always", ..Part::of(WORKER) };
    let mut pod = part::pod(view, part)?;
    prepare_worker(&mut pod);
    Ok(json!({
        "groupName": own.group_name,
        "replicas": own.replicas,
        "minReplicas": own.min_replicas.min(own.replicas),
        "maxReplicas": own.max_replicas.max(own.replicas),
        "rayStartParams": start_parameters(&own.ray_start_params, &[]),
        "template": pod,
    }))
}

/// A worker leaves its cluster when its pod is ended, and is told what it may use.
fn prepare_worker(pod: &mut PodTemplateSpec) {
    let Some(container) = part::container(pod, WORKER) else { return };
    let command = vec!["/bin/sh".to_owned(), "-c".to_owned(), "ray stop".to_owned()];
    let stop = LifecycleHandler { exec: Some(ExecAction { command: Some(command) }), ..Default::default() };
    container.lifecycle.get_or_insert_with(|| Lifecycle { pre_stop: Some(stop), ..Default::default() });
    let plain = |name: &str, value: &str| EnvVar {
        name: name.to_owned(),
        value: Some(value.to_owned()),
        ..Default::default()
    };
    let own = [
        plain("RAY_DISABLE_DOCKER_CPU_WARNING", "1"),
        plain("TYPE", "worker"),
        of_resource("CPU_REQUEST", "requests.cpu"),
        of_resource("CPU_LIMITS", "limits.cpu"),
        of_resource("MEMORY_REQUESTS", "requests.memory"),
        of_resource("MEMORY_LIMITS", "limits.memory"),
        of_field("MY_POD_NAME", "metadata.name"),
        of_field("MY_POD_IP", "status.podIP"),
    ];
    container.env.get_or_insert_default().extend(own);
}

fn of_field(name: &str, path: &str) -> EnvVar {
    let field = ObjectFieldSelector { field_path: path.to_owned(), ..Default::default() };
    let source = EnvVarSource { field_ref: Some(field), ..Default::default() };
    EnvVar { name: name.to_owned(), value_from: Some(source), ..Default::default() }
}

fn of_resource(name: &str, resource: &str) -> EnvVar {
    let field = ResourceFieldSelector {
        container_name: Some(WORKER.to_owned()),
        resource: resource.to_owned(),
        ..Default::default()
    };
    let source = EnvVarSource { resource_field_ref: Some(field), ..Default::default() };
    EnvVar { name: name.to_owned(), value_from: Some(source), ..Default::default() }
}

fn autoscaler(view: &TaskView<'_>, own: &AutoscalerOptions) -> Value {
    use autoscaler_options::UpscalingMode;
    let mode = match own.upscaling_mode() {
        UpscalingMode::Unspecified => None,
        UpscalingMode::Default => Some("Default"),
        UpscalingMode::Aggressive => Some("Aggressive"),
        UpscalingMode::Conservative => Some("Conservative"),
    };
    let mut options = Map::new();
    options.extend(mode.map(|mode| ("upscalingMode".to_owned(), json!(mode))));
    if own.idle_timeout_seconds > 0 {
        options.insert("idleTimeoutSeconds".to_owned(), json!(own.idle_timeout_seconds));
    }
    if !own.image.is_empty() {
        options.insert("image".to_owned(), json!(own.image));
    }
    if !own.env.is_empty() {
        let env = own.env.iter().map(|pair| json!({"name": pair.key, "value": pair.value})).collect();
        options.insert("env".to_owned(), env);
    }
    if let Some(resources) = &own.resources {
        options.insert("resources".to_owned(), json!(of_task(resources, view.config)));
    }
    Value::Object(options)
}
