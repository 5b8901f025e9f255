//! Pods of a job that an operator runs: each is the task's own pod, but for what its role says.

use aileron_idl::core::{K8sObjectMetadata, K8sPod, Resources, TaskNodeOverrides};
use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};

use super::super::{BuildError, TaskView};
use super::source::{self, Source, some, structure};
use super::{assemble, resources, stamp, template};

/// What a role has of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    /// What the operator wants its container to be called.
    pub(crate) container: &'a str,
    /// Its image; empty for the task's.
    pub(crate) image: &'a str,
    /// What it asks for; without anything in it, the task's.
    pub(crate) resources: Option<&'a Resources>,
    /// A pod that is laid over the task's.
    pub(crate) pod: Option<&'a K8sPod>,
    pub(crate) runs: Runs<'a>,
    /// When its container is started again, if the pod says nothing.
    pub(crate) restart: &'a str,
    /// Whether the platform may take it away half-done, if it may take the task's pods.
    pub(crate) interruptible: bool,
}

/// What the container of a role runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runs<'a> {
    /// The task's command and arguments.
    Task,
    /// What the operator, or the image, starts.
    Nothing,
    /// This command, without arguments.
    Command(&'a [String]),
    /// These arguments of the image's command.
    Arguments(&'a [&'a str]),
}

impl<'a> Part<'a> {
    /// A role that is the task's pod, with its container called so.
    pub(crate) fn of(container: &'a str) -> Part<'a> {
        Part {
            container,
            image: "",
            resources: None,
            pod: None,
            runs: Runs::Task,
            restart: "Never",
            interruptible: true,
        }
    }
}

/// The pod of a role.
pub(crate) fn pod(view: &TaskView<'_>, part: Part<'_>) -> Result<PodTemplateSpec, BuildError> {
    let own_resources = part.resources.filter(|found| !found.requests.is_empty() || !found.limits.is_empty());
    // What this use of the task overrides is overridden by what its role says.
    let overrides = view.overrides.map(|overrides| less(overrides, own_resources.is_some(), part.image));
    let interruptible = view.interruptible && part.interruptible;
    let view = TaskView { interruptible, overrides: overrides.as_ref(), ..*view };
    let mut source = source::read(&view)?;
    source.data = None;
    dress(&view, &mut source, part, own_resources);
    if let Some(pod) = part.pod {
        lay_over(&mut source, pod, part.container)?;
    }
    assemble(&view, &mut source)?;
    let metadata = stamp::metadata_of_part(&view, &source.metadata);
    Ok(PodTemplateSpec { metadata: Some(metadata), spec: Some(source.spec) })
}

/// The container of a role in its pod.
pub(crate) fn container<'a>(pod: &'a mut PodTemplateSpec, name: &str) -> Option<&'a mut Container> {
    pod.spec.as_mut()?.containers.iter_mut().find(|container| container.name == name)
}

fn less(overrides: &TaskNodeOverrides, resources: bool, image: &str) -> TaskNodeOverrides {
    let mut overrides = overrides.clone();
    if resources {
        overrides.resources = None;
    }
    if !image.is_empty() {
        overrides.container_image.clear();
    }
    overrides
}

fn dress(view: &TaskView<'_>, source: &mut Source, part: Part<'_>, own_resources: Option<&Resources>) {
    source.spec.restart_policy.get_or_insert_with(|| part.restart.to_owned());
    if let Some(primary) = source.primary_container() {
        part.container.clone_into(&mut primary.name);
        if !part.image.is_empty() {
            primary.image = Some(part.image.to_owned());
        }
        if let Some(resources) = own_resources {
            primary.resources = Some(resources::of_task(resources, view.config));
        }
        let (command, args) = match part.runs {
            Runs::Task => (primary.command.take(), primary.args.take()),
            Runs::Nothing => (None, None),
            Runs::Command(command) => (some(command.to_vec()), None),
            Runs::Arguments(args) => (None, Some(args.iter().map(|&arg| arg.to_owned()).collect())),
        };
        (primary.command, primary.args) = (command.and_then(some), args.and_then(some));
    }
    part.container.clone_into(&mut source.primary);
}

/// Lays a pod over another: what it says wins, lists are joined, containers of one name are one, resources are the
/// upper one's alone. Its primary container is the role's, whatever it is called.
fn lay_over(source: &mut Source, pod: &K8sPod, role: &str) -> Result<(), BuildError> {
    if let Some(K8sObjectMetadata { labels, annotations }) = &pod.metadata {
        source.metadata.labels.extend(labels.clone());
        source.metadata.annotations.extend(annotations.clone());
    }
    let Some(found) = &pod.pod_spec else { return Ok(()) };
    let mut over = source::pod_spec(structure(found))?;
    let own = std::mem::take(&mut source.spec.containers);
    let mut laid = std::mem::take(&mut over.containers);
    for container in &mut laid {
        if container.name == pod.primary_container_name {
            role.clone_into(&mut container.name);
        }
    }
    let mut merged: PodSpec = template::merged(&source.spec, &over)?;
    for mut under in own {
        let place = laid.iter().position(|container| container.name == under.name);
        let over = place.map(|place| laid.remove(place));
        // What it asks for is all that it asks for.
        if over.as_ref().is_some_and(|over| over.resources.is_some()) {
            under.resources = None;
        }
        merged.containers.push(match over {
            Some(over) => template::merged(&under, &over)?,
            None => under,
        });
    }
    merged.containers.append(&mut laid);
    source.spec = merged;
    Ok(())
}
