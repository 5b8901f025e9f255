//! What makes Kubernetes objects of tasks, and reads how they stand: pure functions over plain values.
//!
//! A plugin is a folder here and a line in [`registry`]. It says which task types it is for and which kind of
//! object it makes; [`Plugin::build`] makes the object of one attempt, [`Plugin::observe`] reads it. Neither
//! has a client, a clock or anything random: the same attempt always gives the same bytes, and what was
//! recorded once can be replayed. Creating, watching and deleting is the driver's (`kubernetes`).
//!
//! Start reading at [`Plugin`], then [`pod`].

pub mod config;
pub mod pod;
pub mod secrets;

use std::collections::BTreeMap;

use aileron_crd::{EnvironmentVariables, TaskResources};
use aileron_engine::{ErrorKind, Failure, Timestamp};
use aileron_idl::core::{TaskNodeOverrides, TaskTemplate};
use k8s_openapi::api::core::v1::PodTemplate;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{ApiResource, DynamicObject};

use crate::container::environment::Identity;
use crate::container::template::{TemplateError, Values};
use config::Config;

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
        Report { phase, reason: String::new(), look_again: None }
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
    vec![Box::new(pod::PodPlugin)]
}
