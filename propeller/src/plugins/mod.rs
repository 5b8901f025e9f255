//! What makes Kubernetes objects of tasks, and reads how they stand: pure functions over plain values.
//!
//! A plugin is a file here (or a folder, when it is long) and a line in [`registry`]. It says which task types it is
//! for and which kind of object it makes; [`Plugin::build`] makes the object of one attempt, [`Plugin::observe`] reads
//! it. Neither has a client, a clock or anything random: the same attempt always gives the same bytes, and what was
//! recorded once can be replayed. Creating, watching and deleting is the driver's (`kubernetes`).
//!
//! What the plugins of operators share: [`custom`] reads the message in a task, [`pod::part`] makes the pods of a job
//! as the task's own would be, [`job`] has the object's metadata and the rules of every operator's status,
//! [`training`] what the three kinds of training jobs have in common.
//!
//! Start reading at [`Plugin`], then [`dask`], the shortest; `docs/plugins/README.md` shows how one is added.

pub mod config;
pub(crate) mod custom;
pub mod dask;
mod job;
pub mod logs;
pub mod mpi;
pub mod pod;
pub mod pytorch;
pub mod ray;
pub mod secrets;
pub mod spark;
pub mod stuck;
pub mod tensorflow;
#[cfg(test)]
mod tests;
mod training;

use std::collections::BTreeMap;

use aileron_crd::{EnvironmentVariables, TaskResources};
use aileron_engine::{ErrorKind, Failure, Timestamp};
use aileron_idl::core::{TaskNodeOverrides, TaskTemplate};
use k8s_openapi::api::core::v1::PodTemplate;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{ApiResource, DynamicObject};

use crate::container::environment::Identity;
use crate::container::objects::Variables;
use crate::container::template::{TemplateError, Values};
use config::Config;

/// Longest name that all kinds of objects take.
const NAME: usize = 253;

/// One attempt of a task, with all that bears on its object.
#[derive(Clone, Copy, Debug)]
pub struct TaskView<'a> {
    /// The task.
    pub task: &'a TaskTemplate,
    /// What this use of the task overrides.
    pub overrides: Option<&'a TaskNodeOverrides>,
    /// What template variables stand for; the object has the generated name among them.
    pub values: Values<'a>,
    /// What the attempt is told about itself.
    pub identity: Identity<'a>,
    /// The node's id in its workflow.
    pub node_id: &'a str,
    /// What the attempt belongs to.
    pub execution: &'a ExecutionView<'a>,
    /// Whether the platform may take it away half-done.
    pub interruptible: bool,
    /// The pod template that the task names, as it is in the cluster.
    pub pod_template: Option<&'a PodTemplate>,
    /// The platform's settings.
    pub config: &'a Config,
}

/// What all attempts of an execution share.
#[derive(Clone, Debug)]
pub struct ExecutionView<'a> {
    /// The object that owns all others of the execution.
    pub owner: OwnerReference,
    /// Labels of the execution.
    pub labels: &'a BTreeMap<String, String>,
    /// Annotations of the execution.
    pub annotations: &'a BTreeMap<String, String>,
    /// What tasks get that ask for nothing, and the most they may have.
    pub resources: &'a TaskResources,
    /// Environment of every task, after the task's own.
    pub environment: &'a EnvironmentVariables,
    /// By what its tasks reach the objects, unless the platform's settings say otherwise.
    pub objects: &'a Variables,
    /// The account that its pods run as, unless they name one.
    pub service_account: Option<&'a str>,
}

/// Why no object can be built for a task; no further attempt would mend it.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The task says something that cannot be.
    #[error("{0}")]
    Task(String),
    /// A command or argument cannot be rendered.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A quantity is none.
    #[error(
        "`{text}` is no quantity of {resource}; write a number with a suffix of Kubernetes, as in 500m or 2Gi"
    )]
    Quantity {
        /// Of what.
        resource: String,
        /// What was found.
        text: String,
    },
    /// A part of the task has not the shape that Kubernetes gives it.
    #[error("{place} is not what Kubernetes takes: {source}")]
    Shape {
        /// Which part.
        place: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Failure {
        let code =
            if matches!(error, BuildError::Task(_)) { "BadTaskDefinition" } else { "FailedToBuildResource" };
        Failure { kind: ErrorKind::User, ..Failure::permanent(code, error.to_string()) }
    }
}

/// How an object stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its phase.
    pub phase: Phase,
    /// Why, for whoever waits; empty when there is nothing to say.
    pub reason: String,
    /// When it has to be looked at again, though nothing changes.
    pub look_again: Option<Timestamp>,
    /// Pages about it that its operator serves.
    pub links: Vec<Link>,
    /// What else is known of it, for its card in the console.
    pub info: serde_json::Map<String, serde_json::Value>,
}

/// A page about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it shows.
    pub name: String,
    /// Its address.
    pub uri: String,
}

/// The phase of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// It waits for room.
    Queued,
    /// It has room, and is being prepared.
    Initializing,
    /// It runs.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// It ended well.
    Succeeded {
        /// When it began.
        since: Timestamp,
        /// When it ended.
        at: Timestamp,
    },
    /// It did not, or never will.
    Failed {
        /// When it began, if it did.
        since: Option<Timestamp>,
        /// When it ended.
        at: Timestamp,
        /// How.
        failure: Failure,
        /// Whether something of it is still there that has to go.
        clean_up: bool,
    },
}

impl Phase {
    /// Whether it will never change again.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Phase::Succeeded { .. } | Phase::Failed { .. })
    }
}

impl Report {
    /// A phase with nothing to say of it.
    pub fn of(phase: Phase) -> Report {
        Report {
            phase,
            reason: String::new(),
            look_again: None,
            links: Vec::new(),
            info: serde_json::Map::new(),
        }
    }
}

/// One way of running tasks on Kubernetes.
pub trait Plugin: Send + Sync + 'static {
    /// Its name in settings and events.
    fn id(&self) -> &'static str;

    /// The task types it is for, where nothing else is configured.
    fn task_types(&self) -> &'static [&'static str];

    /// The kind of the object that it makes.
    fn resource(&self) -> ApiResource;

    /// Longest name of such an object; of a longer one the end is replaced by a digest.
    fn name_limit(&self) -> usize {
        NAME
    }

    /// Which pods an operator makes of the object of this name, as labels select them. While it has not begun to run,
    /// a pod among them that can never start fails it: most operators say nothing of that.
    fn pods(&self, _name: &str) -> Option<String> {
        None
    }

    /// The object of an attempt.
    ///
    /// # Errors
    /// When the task says what cannot be; see [`BuildError`].
    fn build(&self, view: &TaskView<'_>) -> Result<DynamicObject, BuildError>;

    /// How an object stands at an instant. Total: whatever a status holds gives a report, and once it has ended
    /// it stays so.
    fn observe(&self, object: &DynamicObject, config: &Config, now: Timestamp) -> Report;
}

/// All plugins; the first is for task types that no other is for.
pub fn registry() -> Vec<Box<dyn Plugin>> {
    vec![
        Box::new(pod::PodPlugin),
        Box::new(dask::DaskPlugin),
        Box::new(mpi::MpiPlugin),
        Box::new(pytorch::PyTorchPlugin),
        Box::new(ray::RayPlugin),
        Box::new(spark::SparkPlugin),
        Box::new(tensorflow::TensorFlowPlugin),
    ]
}

/// The plugin for a task type; what none is for, the first one runs.
///
/// # Panics
/// Never: there is a first one.
pub fn plugin_of<'a>(plugins: &'a [Box<dyn Plugin>], r#type: &str) -> &'a dyn Plugin {
    let found = plugins.iter().find(|plugin| plugin.task_types().contains(&r#type));
    found.unwrap_or(&plugins[0]).as_ref()
}

/// The name of an attempt's object: Kubernetes takes it, and it is no longer than the kind's names may be.
pub fn object_name(generated: &str, limit: usize) -> String {
    let name = pod::stamp::dns_name(generated);
    if name.len() <= limit {
        return name;
    }
    let digest = crate::digest(name.as_bytes(), 4);
    let kept = name.floor_char_boundary(limit.saturating_sub(digest.len() + 1));
    format!("{}-{digest}", name[..kept].trim_end_matches(['-', '.']))
}
