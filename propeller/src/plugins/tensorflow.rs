//! TensorFlow tasks on several nodes: a `TFJob` of workers, and of chiefs, parameter servers and evaluators if asked for.

use aileron_engine::Timestamp;
use aileron_idl::plugins::DistributedTensorflowTrainingTask as First;
use aileron_idl::plugins::kubeflow::{DistributedTensorflowTrainingTask, RunPolicy};
use kube::api::{ApiResource, DynamicObject};
use serde_json::{Map, Value, json};

use super::config::Config;
use super::pod::source::wrong;
use super::training::{self, Role, role};
use super::{BuildError, Plugin, Report, TaskView, custom, job};

const CONTAINER: &str = "tensorflow";

/// The plugin of TensorFlow.
#[derive(Clone, Copy, Debug)]
pub struct TensorFlowPlugin;

impl Plugin for TensorFlowPlugin {
    fn id(&self) -> &'static str {
        "tensorflow"
    }

    fn task_types(&self) -> &'static [&'static str] {
        &["tensorflow"]
    }

    fn resource(&self) -> ApiResource {
        job::kind("kubeflow.org", "v1", "TFJob", "tfjobs")
    }

    // The operator makes services of it, `NAME-evaluator-NUMBER`.
    fn name_limit(&self) -> usize {
        48
    }

    fn pods(&self, name: &str) -> Option<String> {
        Some(training::pods(name))
    }

    fn build(&self, view: &TaskView<'_>) -> Result<DynamicObject, BuildError> {
        let (roles, policy) = read(view)?;
        if !roles.iter().any(|(name, role)| *name == "Worker" && role.replicas > 0) {
            return Err(wrong("a TensorFlow job needs one worker at least"));
        }
        let mut specs = Map::new();
        for (name, role) in roles.iter().filter(|(_, role)| role.replicas > 0) {
            specs.insert((*name).to_owned(), role.built(view, CONTAINER)?);
        }
        let policy = training::run_policy(policy.as_ref());
        let spec = json!({"runPolicy": policy, "tfReplicaSpecs": Value::Object(specs)});
        Ok(job::object(view, &self.resource(), &spec))
    }

    fn observe(&self, object: &DynamicObject, config: &Config, now: Timestamp) -> Report {
        training::observe(object, config, now)
    }
}

type Roles = [(&'static str, Role); 4];

fn read(view: &TaskView<'_>) -> Result<(Roles, Option<RunPolicy>), BuildError> {
    if view.task.task_type_version == 0 {
        let found: First = custom::read(view.task)?;
        let roles = [
            ("Worker", Role::count(found.workers)),
            ("PS", Role::count(found.ps_replicas)),
            ("Chief", Role::count(found.chief_replicas)),
            ("Evaluator", Role::count(found.evaluator_replicas)),
        ];
        return Ok((roles, None));
    }
    let found: DistributedTensorflowTrainingTask = custom::read(view.task)?;
    let roles = [
        ("Worker", role!(found.worker_replicas)),
        ("PS", role!(found.ps_replicas)),
        ("Chief", role!(found.chief_replicas)),
        ("Evaluator", role!(found.evaluator_replicas)),
    ];
    Ok((roles, found.run_policy))
}
