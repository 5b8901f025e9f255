//! Tasks as pods.
//!
//! The order in which a pod is assembled decides which of two settings wins, and is Flyte's: what the task
//! says ([`source`]), commands and environment ([`container`]), resources ([`resources`]), the copilot of a raw
//! container ([`copilot`]), scheduling and security ([`schedule`]), the pod template below all of it
//! ([`template`]), GPUs and shared memory ([`extended`]), the image of this use of the task, and last names,
//! labels and annotations ([`stamp`]). [`status`] reads how a pod stands. [`part`] makes the pods of jobs that
//! operators run, in the same order.

#[cfg(test)]
mod cases;
mod container;
mod copilot;
mod extended;
#[cfg(test)]
mod golden;
pub(super) mod part;
pub(crate) mod resources;
mod schedule;
pub(crate) mod source;
pub(crate) mod stamp;
pub(crate) mod status;
mod template;

use aileron_engine::Timestamp;
use aileron_idl::core::TaskTemplate;
use k8s_openapi::api::core::v1::{Pod, PodSpec};
use kube::api::{ApiResource, DynamicObject};

use super::config::Config;
use super::{BuildError, Plugin, Report, TaskView, secrets};
use source::Source;

/// The annotation that names the container whose end is the pod's.
pub const PRIMARY: &str = "primary_container_name";

/// The name of an attempt's pod: of its execution, its node's id among all of the execution's, and its number.
pub fn name(execution: &str, node: &str, attempt: u32) -> String {
    stamp::dns_name(&format!("{execution}-{node}-{attempt}"))
}

/// The plugin of pods.
#[derive(Clone, Copy, Debug)]
pub struct PodPlugin;

impl Plugin for PodPlugin {
    fn id(&self) -> &'static str {
        "container"
    }

    fn task_types(&self) -> &'static [&'static str] {
        &["container", "python-task", "raw-container", "sidecar"]
    }

    fn resource(&self) -> ApiResource {
        ApiResource::erase::<Pod>(&())
    }

    fn build(&self, view: &TaskView<'_>) -> Result<DynamicObject, BuildError> {
        let pod = build(view)?;
        let shape = |source| BuildError::Shape { place: "the task's pod", source };
        serde_json::to_value(pod).and_then(serde_json::from_value).map_err(shape)
    }

    fn observe(&self, object: &DynamicObject, config: &Config, now: Timestamp) -> Report {
        status::observe(object, config, now)
    }
}

/// The pod of an attempt.
fn build(view: &TaskView<'_>) -> Result<Pod, BuildError> {
    let mut source = source::read(view)?;
    assemble(view, &mut source)?;
    Ok(stamp::stamped(view, source))
}

fn assemble(view: &TaskView<'_>, source: &mut Source) -> Result<(), BuildError> {
    container::prepare(view, source)?;
    resources::settle(view, source)?;
    copilot::add(view, source)?;
    schedule::apply(view, source);
    if let Some(template) = view.pod_template {
        template::put_below(source, template)?;
    }
    extended::apply(view, source)?;
    override_image(view, source);
    give_secrets(view, source)
}

/// The secrets that the task asks for, or what asks a webhook for them.
fn give_secrets(view: &TaskView<'_>, source: &mut Source) -> Result<(), BuildError> {
    let asked = view.task.security_context.as_ref().map(|context| context.secrets.as_slice());
    let asked = asked.unwrap_or_default();
    if !view.config.secrets_by_webhook || asked.is_empty() {
        return secrets::inject(&mut source.spec, asked);
    }
    let (label, value) = secrets::request::LABEL;
    source.metadata.labels.insert(label.to_owned(), value.to_owned());
    source.metadata.annotations.extend(secrets::request::annotations(asked));
    Ok(())
}

/// The image of this use of the task, if it has one of its own.
fn override_image(view: &TaskView<'_>, source: &mut Source) {
    let image = view.overrides.map(|overrides| &overrides.container_image).filter(|image| !image.is_empty());
    if let (Some(image), Some(primary)) = (image, source.primary_container()) {
        primary.image = Some(image.clone());
    }
}

/// Whether the task's container knows nothing of Flyte.
fn is_raw(task: &TaskTemplate) -> bool {
    task.r#type == "raw-container"
}

/// All containers of a pod, those that come first too.
fn containers(spec: &mut PodSpec) -> impl Iterator<Item = &mut k8s_openapi::api::core::v1::Container> {
    spec.init_containers.iter_mut().flatten().chain(spec.containers.iter_mut())
}
