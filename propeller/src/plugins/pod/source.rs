//! What the task itself says of its pod.

use aileron_idl::core::task_template::Target;
use aileron_idl::core::{
    Container as TaskContainer, DataLoadingConfig, K8sObjectMetadata, K8sPod, TaskTemplate,
    container::Architecture,
};
use k8s_openapi::api::core::v1::{Container, ContainerPort, EnvVar, PodSpec};
use serde_json::{Value, json};

use super::super::{BuildError, TaskView};
use super::resources;

/// A pod on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    pub(super) spec: PodSpec,
    /// The container whose end is the pod's.
    pub(super) primary: String,
    pub(super) metadata: K8sObjectMetadata,
    /// How a raw container gets its inputs, if it does.
    pub(super) data: Option<DataLoadingConfig>,
}

impl Source {
    pub(super) fn primary_container(&mut self) -> Option<&mut Container> {
        self.spec.containers.iter_mut().find(|container| container.name == self.primary)
    }
}

/// The pod as the task, or this use of it, has it.
pub(super) fn read(view: &TaskView<'_>) -> Result<Source, BuildError> {
    let task = view.task;
    let mut source = match &task.target {
        Some(Target::Container(container)) => of_container(view, container)?,
        Some(Target::K8sPod(pod)) => of_pod(task, pod)?,
        Some(Target::Sql(_)) => {
            return Err(wrong("the task is a query, which takes a plugin of its database"));
        }
        None if task.r#type == "sidecar" => of_sidecar(task)?,
        None => {
            let why =
                format!("tasks of type `{}` have no container, and no plugin is there for them", task.r#type);
            return Err(wrong(&why));
        }
    };
    if let Some(pod) = view.overrides.and_then(|overrides| overrides.pod_template.as_ref()) {
        override_pod(&mut source, pod)?;
    }
    if source.spec.containers.is_empty() {
        return Err(wrong("the task's pod has no container"));
    }
    if source.primary_container().is_none() {
        let names: Vec<_> = source.spec.containers.iter().map(|container| container.name.as_str()).collect();
        let names = names.join(", ");
        return Err(wrong(&format!(
            "the primary container `{}` is not in the pod, which has {names}",
            source.primary
        )));
    }
    Ok(source)
}

fn of_container(view: &TaskView<'_>, container: &TaskContainer) -> Result<Source, BuildError> {
    if container.image.is_empty() {
        return Err(wrong("the task's container names no image"));
    }
    let name = view.values.names.generated_name.clone();
    let env = container.env.iter().map(|pair| EnvVar {
        name: pair.key.clone(),
        value: Some(pair.value.clone()),
        ..Default::default()
    });
    let ports = container.ports.iter().map(|port| ContainerPort {
        container_port: i32::try_from(port.container_port).unwrap_or(i32::MAX),
        name: Some(port.name.clone()).filter(|name| !name.is_empty()),
        ..Default::default()
    });
    let made = Container {
        name: name.clone(),
        image: Some(container.image.clone()),
        command: some(container.command.clone()),
        args: some(container.args.clone()),
        env: some(env.collect()),
        ports: some(ports.collect()),
        resources: container.resources.as_ref().map(|found| resources::of_task(found, view.config)),
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        image_pull_policy: Some(view.config.image_pull_policy.clone()).filter(|policy| !policy.is_empty()),
        ..Default::default()
    };
    let mut spec = PodSpec { containers: vec![made], ..Default::default() };
    if let Some(architecture) = architecture(container.architecture()) {
        let selector = spec.node_selector.get_or_insert_default();
        selector.insert("kubernetes.io/arch".to_owned(), architecture.to_owned());
    }
    let data = container.data_config.clone().filter(|config| config.enabled);
    Ok(Source { spec, primary: name, metadata: K8sObjectMetadata::default(), data })
}

fn architecture(asked: Architecture) -> Option<&'static str> {
    match asked {
        Architecture::Unknown => None,
        Architecture::Amd64 => Some("amd64"),
        Architecture::Arm64 => Some("arm64"),
        Architecture::ArmV6 | Architecture::ArmV7 => Some("arm"),
    }
}

fn of_pod(task: &TaskTemplate, pod: &K8sPod) -> Result<Source, BuildError> {
    let found = pod.pod_spec.as_ref().ok_or_else(|| wrong("the task's pod has no specification"))?;
    Ok(Source {
        spec: pod_spec(structure(found))?,
        primary: primary(task, &pod.primary_container_name)?,
        metadata: pod.metadata.clone().unwrap_or_default(),
        data: pod.data_config.clone().filter(|config| config.enabled),
    })
}

/// The older forms: all in the task's own settings, or the pod there and its primary container in its
/// configuration.
fn of_sidecar(task: &TaskTemplate) -> Result<Source, BuildError> {
    let custom = task.custom.as_ref().map(structure).unwrap_or_default();
    if task.task_type_version > 0 {
        let (spec, primary) = (pod_spec(custom)?, primary(task, "")?);
        return Ok(Source { spec, primary, ..Default::default() });
    }
    let texts = |name: &str| -> std::collections::BTreeMap<String, String> {
        serde_json::from_value(custom[name].clone()).unwrap_or_default()
    };
    let metadata = K8sObjectMetadata { labels: texts("labels"), annotations: texts("annotations") };
    let named = custom["primaryContainerName"].as_str().unwrap_or_default();
    Ok(Source {
        spec: pod_spec(custom["podSpec"].clone())?,
        primary: primary(task, named)?,
        metadata,
        data: None,
    })
}

fn primary(task: &TaskTemplate, named: &str) -> Result<String, BuildError> {
    let found = Some(named).filter(|name| !name.is_empty());
    let found = found.or_else(|| task.config.get(super::PRIMARY).map(String::as_str));
    let missing =
        || wrong("the task's pod does not say which container is the primary one (`primary_container_name`)");
    found.map(str::to_owned).ok_or_else(missing)
}

/// A pod of this use of the task replaces the task's own; metadata are merged.
fn override_pod(source: &mut Source, pod: &K8sPod) -> Result<(), BuildError> {
    if let Some(found) = &pod.pod_spec {
        source.spec = pod_spec(structure(found))?;
    }
    if !pod.primary_container_name.is_empty() {
        source.primary.clone_from(&pod.primary_container_name);
    }
    if let Some(metadata) = &pod.metadata {
        source.metadata.labels.extend(metadata.labels.clone());
        source.metadata.annotations.extend(metadata.annotations.clone());
    }
    Ok(())
}

pub(super) fn pod_spec(mut value: Value) -> Result<PodSpec, BuildError> {
    // A pod without containers is told as one, not as a wrong shape.
    if let Some(fields) = value.as_object_mut() {
        fields.entry("containers").or_insert_with(|| json!([]));
    }
    serde_json::from_value(value)
        .map_err(|source| BuildError::Shape { place: "the task's pod specification", source })
}

/// A structure as JSON. All its numbers are floats; whole ones are written as Kubernetes wants them.
pub(crate) fn structure(found: &prost_types::Struct) -> Value {
    Value::Object(found.fields.iter().map(|(name, value)| (name.clone(), json(value))).collect())
}

fn json(value: &prost_types::Value) -> Value {
    use prost_types::value::Kind;
    match value.kind.as_ref() {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => Value::Bool(*value),
        Some(Kind::NumberValue(value)) => number(*value),
        Some(Kind::StringValue(value)) => Value::String(value.clone()),
        Some(Kind::ListValue(list)) => list.values.iter().map(json).collect(),
        Some(Kind::StructValue(found)) => structure(found),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the number was seen to be whole and in range")]
fn number(value: f64) -> Value {
    let is_whole = value.fract() == 0.0 && value.abs() < 9.0e15;
    if is_whole { Value::from(value as i64) } else { Value::from(value) }
}

pub(crate) fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

pub(crate) fn wrong(why: &str) -> BuildError {
    BuildError::Task(why.to_owned())
}
