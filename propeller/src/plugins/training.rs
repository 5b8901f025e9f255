//! What the training jobs of Kubeflow share: roles, the policy of a run, and conditions.
//!
//! A job whose operator wrote two conditions within one second has both true; so a terminal one counts first, and
//! among the others the last of the list.

use aileron_engine::Timestamp;
use aileron_idl::core::Resources;
use aileron_idl::plugins::kubeflow::{CleanPodPolicy, RunPolicy};
use aileron_idl::plugins::{CommonReplicaSpec, RestartPolicy};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use kube::api::DynamicObject;
use serde_json::{Map, Value, json};

use super::config::Config;
use super::job::{self, Status};
use super::pod::part::{self, Part};
use super::{BuildError, Phase, Report, TaskView};

/// What selects the pods of a job.
pub(crate) fn pods(name: &str) -> String {
    format!("training.kubeflow.org/job-name={name}")
}

/// A role as the task has it, in whichever form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Role {
    pub(crate) replicas: i32,
    pub(crate) image: String,
    pub(crate) resources: Option<Resources>,
    pub(crate) restart: RestartPolicy,
}

impl Role {
    /// What the older form of a message and its newer one say together: the newer one counts.
    pub(crate) fn of(
        older: (i32, &str, &Option<Resources>, RestartPolicy),
        common: Option<&CommonReplicaSpec>,
    ) -> Role {
        match common {
            Some(common) => Role {
                replicas: common.replicas,
                image: common.image.clone(),
                resources: common.resources.clone(),
                restart: common.restart_policy(),
            },
            None => {
                let (replicas, image, resources, restart) = older;
                Role { replicas, image: image.to_owned(), resources: resources.clone(), restart }
            }
        }
    }

    /// A role of which only the number is known.
    pub(crate) fn count(replicas: i32) -> Role {
        Role { replicas, ..Role::default() }
    }

    /// What the role has of its own.
    pub(crate) fn part<'a>(&'a self, container: &'a str) -> Part<'a> {
        Part { image: &self.image, resources: self.resources.as_ref(), ..Part::of(container) }
    }

    /// The replicas as the operator wants them.
    pub(crate) fn spec(&self, pod: &PodTemplateSpec) -> Value {
        let restart = match self.restart {
            RestartPolicy::Never => "Never",
            RestartPolicy::OnFailure => "OnFailure",
            RestartPolicy::Always => "Always",
        };
        json!({"replicas": self.replicas, "restartPolicy": restart, "template": pod})
    }

    /// The replicas, each a pod of the task's.
    pub(crate) fn built(&self, view: &TaskView<'_>, container: &str) -> Result<Value, BuildError> {
        Ok(self.spec(&part::pod(view, self.part(container))?))
    }
}

/// Reads a role of any of the three messages.
macro_rules! role {
    ($found:expr) => {{
        #[expect(deprecated, reason = "flytekit writes the older form to this day")]
        $found.as_ref().map_or_else($crate::plugins::training::Role::default, |role| {
            let older = (role.replicas, role.image.as_str(), &role.resources, role.restart_policy());
            $crate::plugins::training::Role::of(older, role.common.as_ref())
        })
    }};
}
pub(crate) use role;

/// What the task says of the run as a whole; what it leaves open is the operator's to choose.
pub(crate) fn run_policy(policy: Option<&RunPolicy>) -> Value {
    let Some(policy) = policy else { return json!({}) };
    let clean = match policy.clean_pod_policy() {
        CleanPodPolicy::CleanpodPolicyNone => "None",
        CleanPodPolicy::CleanpodPolicyRunning => "Running",
        CleanPodPolicy::CleanpodPolicyAll => "All",
    };
    let numbers = [
        ("ttlSecondsAfterFinished", policy.ttl_seconds_after_finished),
        ("activeDeadlineSeconds", policy.active_deadline_seconds),
        ("backoffLimit", policy.backoff_limit),
    ];
    let numbers = numbers.into_iter().filter(|(_, number)| *number > 0);
    let mut all: Map<String, Value> =
        numbers.map(|(name, number)| (name.to_owned(), json!(number))).collect();
    all.insert("cleanPodPolicy".to_owned(), json!(clean));
    Value::Object(all)
}

/// How a job stands, by its conditions.
pub(crate) fn observe(object: &DynamicObject, config: &Config, now: Timestamp) -> Report {
    job::observe(object, config, now, |status| {
        let report = read(status);
        Report { info: status.value("/replicaStatuses").map(replicas).unwrap_or_default(), ..report }
    })
}

fn replicas(statuses: &Value) -> Map<String, Value> {
    [("replicaStatuses".to_owned(), statuses.clone())].into_iter().collect()
}

fn read(status: &Status<'_>) -> Report {
    let conditions =
        status.value("/conditions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let holds = |condition: &&Value| condition["status"] == "True";
    let text = |condition: &Value, name: &str| condition[name].as_str().unwrap_or_default().to_owned();
    let ended = conditions.iter().find(|condition| {
        holds(condition) && matches!(condition["type"].as_str(), Some("Succeeded" | "Failed"))
    });
    let since = status.since("/startTime");
    let Some(condition) = ended.or_else(|| conditions.iter().rfind(holds)) else {
        return Report::of(Phase::Queued);
    };
    let at = status.at("/completionTime");
    match condition["type"].as_str().unwrap_or_default() {
        "Succeeded" => status.succeeded(since, at),
        "Failed" => status.failed(&text(condition, "message"), at),
        "Created" | "Suspended" => Report { reason: text(condition, "message"), ..Report::of(Phase::Queued) },
        _ => status.running(since),
    }
}
