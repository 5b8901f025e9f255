//! Spark tasks: a `SparkApplication` in cluster mode. Its driver runs the task, and is never interruptible.
//!
//! Of the task's pod the fields that the operator has of its own are taken; its command and arguments are the
//! application's. What a pod asks for counts where Spark's settings say nothing.

use aileron_engine::{ErrorKind, Failure, Timestamp};
use aileron_idl::core::task_template::Target;
use aileron_idl::plugins::{SparkJob, spark_application};
use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};
use kube::api::{ApiResource, DynamicObject};
use serde_json::{Map, Value, json};

use super::config::Config;
use super::job::{self, Status};
use super::pod::part::{self, Part, Runs};
use super::pod::resources::amount;
use super::pod::source::wrong;
use super::{BuildError, Link, Phase, Plugin, Report, TaskView, custom};
use crate::container::template::render;

const DRIVER: &str = "spark-kubernetes-driver";
const EXECUTOR: &str = "spark-kubernetes-executor";
/// How often the operator submits again what could not be submitted.
const SUBMISSIONS: i64 = 14;
/// The account of drivers, unless the execution names one: they make the executors' pods.
const ACCOUNT: &str = "spark";

/// The plugin of Spark.
#[derive(Clone, Copy, Debug)]
pub struct SparkPlugin;

impl Plugin for SparkPlugin {
    fn id(&self) -> &'static str {
        "spark"
    }

    fn task_types(&self) -> &'static [&'static str] {
        &["spark"]
    }

    fn resource(&self) -> ApiResource {
        job::kind("sparkoperator.k8s.io", "v1beta2", "SparkApplication", "sparkapplications")
    }

    // The operator makes a label and a service of it, `NAME-driver-svc`.
    fn name_limit(&self) -> usize {
        50
    }

    fn pods(&self, name: &str) -> Option<String> {
        Some(format!("sparkoperator.k8s.io/app-name={name}"))
    }

    fn build(&self, view: &TaskView<'_>) -> Result<DynamicObject, BuildError> {
        let job: SparkJob = custom::read(view.task)?;
        if job.main_application_file.is_empty() {
            return Err(wrong("the Spark task names no application file"));
        }
        let driver = Part { interruptible: false, pod: job.driver_pod.as_ref(), ..Part::of(DRIVER) };
        let driver = part::pod(view, Part { runs: Runs::Nothing, ..driver })?;
        let executor = Part { pod: job.executor_pod.as_ref(), runs: Runs::Nothing, ..Part::of(EXECUTOR) };
        let executor = part::pod(view, executor)?;
        let image = driver.spec.as_ref().and_then(|spec| primary(spec, DRIVER)?.image.clone());
        let volumes = volumes([&driver, &executor]);
        let name = super::object_name(&view.values.names.generated_name, self.name_limit());
        let mut spec = json!({
            "type": language(&job),
            "mode": "cluster",
            // Nobody knows it here, and the operator asks for a text.
            "sparkVersion": "",
            "image": image,
            "mainApplicationFile": job.main_application_file,
            "arguments": arguments(view)?,
            "sparkConf": conf(&job, &name),
            "hadoopConf": job.hadoop_conf,
            "restartPolicy": {
                "type": "OnFailure",
                "onSubmissionFailureRetries": SUBMISSIONS,
                "onSubmissionFailureRetryInterval": 60,
                "onFailureRetries": 0,
            },
            "driver": driver_spec(view, &job, &driver)?,
            "executor": executor_spec(&job, &executor)?,
            "volumes": volumes,
        });
        if !job.main_class.is_empty() {
            spec["mainClass"] = json!(job.main_class);
        }
        Ok(job::object(view, &self.resource(), &spec))
    }

    fn observe(&self, object: &DynamicObject, config: &Config, now: Timestamp) -> Report {
        job::observe(object, config, now, |status| Report {
            links: links(status),
            info: executors(status),
            ..read(status)
        })
    }
}

fn read(status: &Status<'_>) -> Report {
    let (since, at) = (status.since("/lastSubmissionAttemptTime"), status.at("/terminationTime"));
    let message = status.text("/applicationState/errorMessage");
    match status.text("/applicationState/state") {
        "" => Report::of(Phase::Queued),
        "SUBMITTED" | "PENDING_SUBMISSION" => Report::of(Phase::Initializing),
        "COMPLETED" => status.succeeded(since, at),
        "FAILED" => status.failed(cause(message), at),
        "SUBMISSION_FAILED" => not_submitted(status, message, at),
        _ => status.running(since),
    }
}

/// The operator tries again what it could not submit, as often as it was told.
fn not_submitted(status: &Status<'_>, message: &str, at: Option<Timestamp>) -> Report {
    let tried = status.value("/submissionAttempts").and_then(Value::as_i64).unwrap_or_default();
    if tried <= SUBMISSIONS && at.is_none() {
        let reason =
            format!("the application could not be submitted, and is tried again: {}", cause(message));
        return Report { reason, ..Report::of(Phase::Initializing) };
    }
    let failure = Failure::system("DownstreamSystemError", status.told(cause(message)));
    status.ended(Failure { kind: ErrorKind::User, ..failure }, at)
}

/// The last cause of a Java exception says what was wrong.
fn cause(message: &str) -> &str {
    message.rfind("Caused by:").map_or(message, |at| &message[at..])
}

fn links(status: &Status<'_>) -> Vec<Link> {
    let addresses = ["/driverInfo/webUIIngressAddress", "/driverInfo/webUIAddress"];
    let found = addresses.into_iter().map(|path| status.text(path)).find(|address| !address.is_empty());
    let uri = |address: &str| {
        if address.contains("://") { address.to_owned() } else { format!("http://{address}") }
    };
    found.map(|address| Link { name: "Spark Driver UI".to_owned(), uri: uri(address) }).into_iter().collect()
}

fn executors(status: &Status<'_>) -> Map<String, Value> {
    let told = [("driver", "/driverInfo/podName"), ("executors", "/executorState")];
    told.into_iter().filter_map(|(name, path)| Some((name.to_owned(), status.value(path)?.clone()))).collect()
}

fn language(job: &SparkJob) -> &'static str {
    match job.application_type() {
        spark_application::Type::Python => "Python",
        spark_application::Type::Java => "Java",
        spark_application::Type::Scala => "Scala",
        spark_application::Type::R => "R",
    }
}

fn arguments(view: &TaskView<'_>) -> Result<Vec<String>, BuildError> {
    let Some(Target::Container(container)) = &view.task.target else {
        return Err(wrong("a Spark task has a container, whose arguments are those of its application"));
    };
    let rendered = container.args.iter().map(|text| Ok(render(text, &view.values)?));
    rendered.collect()
}

/// Spark's own settings; executors' pods are named after the attempt, so that those of two are not taken for one another.
fn conf(job: &SparkJob, name: &str) -> Map<String, Value> {
    let mut all: Map<String, Value> =
        job.spark_conf.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    all.entry("spark.kubernetes.executor.podNamePrefix").or_insert_with(|| json!(name));
    if !job.executor_path.is_empty() {
        all.entry("spark.pyspark.python").or_insert_with(|| json!(job.executor_path));
        all.entry("spark.pyspark.driver.python").or_insert_with(|| json!(job.executor_path));
    }
    all
}

fn driver_spec(view: &TaskView<'_>, job: &SparkJob, pod: &PodTemplateSpec) -> Result<Value, BuildError> {
    let mut spec = role(job, pod, "driver", DRIVER)?;
    spec.entry("serviceAccount").or_insert_with(|| json!(view.execution.service_account.unwrap_or(ACCOUNT)));
    Ok(Value::Object(spec))
}

fn executor_spec(job: &SparkJob, pod: &PodTemplateSpec) -> Result<Value, BuildError> {
    let mut spec = role(job, pod, "executor", EXECUTOR)?;
    if let Some(instances) = number(job, "spark.executor.instances")? {
        spec.insert("instances".to_owned(), json!(instances));
    }
    Ok(Value::Object(spec))
}

/// What the operator has fields for, out of a pod.
fn role(
    job: &SparkJob,
    pod: &PodTemplateSpec,
    role: &str,
    container: &str,
) -> Result<Map<String, Value>, BuildError> {
    let (Some(spec), Some(metadata)) = (&pod.spec, &pod.metadata) else { return Ok(Map::new()) };
    let Some(primary) = primary(spec, container) else { return Ok(Map::new()) };
    let others: Vec<&Container> = spec.containers.iter().filter(|other| other.name != container).collect();
    let mut all = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !is_empty {
            all.insert(name.to_owned(), value);
        }
    };
    put("labels", json!(metadata.labels));
    put("annotations", json!(metadata.annotations));
    put("image", json!(primary.image));
    put("env", json!(primary.env));
    put("envFrom", json!(primary.env_from));
    put("volumeMounts", json!(primary.volume_mounts));
    put("securityContext", json!(primary.security_context));
    put("podSecurityContext", json!(spec.security_context));
    put("affinity", json!(spec.affinity));
    put("tolerations", json!(spec.tolerations));
    put("nodeSelector", json!(spec.node_selector));
    put("schedulerName", json!(spec.scheduler_name));
    put("dnsConfig", json!(spec.dns_config));
    put("hostNetwork", json!(spec.host_network));
    put("priorityClassName", json!(spec.priority_class_name));
    put("initContainers", json!(spec.init_containers));
    put("sidecars", json!(others));
    put("serviceAccount", json!(spec.service_account_name));
    all.extend(size(job, primary, role)?);
    Ok(all)
}

/// Processors and memory: Spark's own settings, or what the container asks for.
fn size(job: &SparkJob, primary: &Container, role: &str) -> Result<Map<String, Value>, BuildError> {
    let mut all = Map::new();
    let resources = primary.resources.clone().unwrap_or_default();
    let asked = |name: &str| resources.requests.as_ref()?.get(name).map(|quantity| quantity.0.clone());
    let most = |name: &str| resources.limits.as_ref()?.get(name).map(|quantity| quantity.0.clone());
    match number(job, &format!("spark.{role}.cores"))? {
        Some(cores) => drop(all.insert("cores".to_owned(), json!(cores))),
        None => {
            all.extend(asked("cpu").map(|cpu| ("coreRequest".to_owned(), json!(cpu))));
            all.extend(most("cpu").map(|cpu| ("coreLimit".to_owned(), json!(cpu))));
        }
    }
    let memory = job.spark_conf.get(&format!("spark.{role}.memory")).cloned();
    let memory = match (memory, asked("memory")) {
        (Some(memory), _) => Some(memory),
        // Java counts in whole units of its own.
        (None, Some(memory)) => {
            Some(format!("{:.0}m", (amount("memory", &memory)? / f64::from(1 << 20)).ceil()))
        }
        (None, None) => None,
    };
    all.extend(memory.map(|memory| ("memory".to_owned(), json!(memory))));
    Ok(all)
}

fn number(job: &SparkJob, name: &str) -> Result<Option<i32>, BuildError> {
    let Some(text) = job.spark_conf.get(name) else { return Ok(None) };
    let wrong = |_| wrong(&format!("`{name}` is `{text}`, which is no whole number"));
    text.trim().parse().map(Some).map_err(wrong)
}

fn primary<'a>(spec: &'a PodSpec, name: &str) -> Option<&'a Container> {
    spec.containers.iter().find(|container| container.name == name)
}

/// The volumes of both roles, each once.
fn volumes(pods: [&PodTemplateSpec; 2]) -> Vec<Value> {
    let all = pods.into_iter().filter_map(|pod| pod.spec.as_ref()?.volumes.as_ref()).flatten();
    let mut found: Vec<Value> = Vec::new();
    for volume in all {
        if !found.iter().any(|known| known["name"] == volume.name.as_str()) {
            found.push(json!(volume));
        }
    }
    found
}
