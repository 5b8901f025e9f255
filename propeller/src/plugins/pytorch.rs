//! PyTorch tasks on several nodes: a `PyTorchJob`. With elastic training there is no master: workers find each other.

use aileron_engine::Timestamp;
use aileron_idl::plugins::DistributedPyTorchTrainingTask as First;
use aileron_idl::plugins::kubeflow::{DistributedPyTorchTrainingTask, ElasticConfig, RunPolicy};
use kube::api::{ApiResource, DynamicObject};
use serde_json::{Value, json};

use super::config::Config;
use super::pod::source::wrong;
use super::training::{self, Role, role};
use super::{BuildError, Plugin, Report, TaskView, custom, job};

const CONTAINER: &str = "pytorch";

/// The plugin of `PyTorch`.
#[derive(Clone, Copy, Debug)]
pub struct PyTorchPlugin;

struct Training {
    master: Role,
    workers: Role,
    policy: Option<RunPolicy>,
    elastic: Option<ElasticConfig>,
}

impl Plugin for PyTorchPlugin {
    fn id(&self) -> &'static str {
        "pytorch"
    }

    fn task_types(&self) -> &'static [&'static str] {
        &["pytorch"]
    }

    fn resource(&self) -> ApiResource {
        job::kind("kubeflow.org", "v1", "PyTorchJob", "pytorchjobs")
    }

    // The operator makes services of it, `NAME-worker-NUMBER`.
    fn name_limit(&self) -> usize {
        50
    }

    fn pods(&self, name: &str) -> Option<String> {
        Some(training::pods(name))
    }

    fn build(&self, view: &TaskView<'_>) -> Result<DynamicObject, BuildError> {
        let Training { master, workers, policy, elastic } = read(view)?;
        if workers.replicas < 1 {
            return Err(wrong("a PyTorch job needs one worker at least"));
        }
        let mut spec = json!({
            "runPolicy": training::run_policy(policy.as_ref()),
            "pytorchReplicaSpecs": {"Worker": workers.built(view, CONTAINER)?},
        });
        match &elastic {
            Some(elastic) => spec["elasticPolicy"] = elastic_policy(elastic),
            None => {
                spec["pytorchReplicaSpecs"]["Master"] =
                    Role { replicas: 1, ..master }.built(view, CONTAINER)?;
            }
        }
        Ok(job::object(view, &self.resource(), &spec))
    }

    fn observe(&self, object: &DynamicObject, config: &Config, now: Timestamp) -> Report {
        training::observe(object, config, now)
    }
}

fn read(view: &TaskView<'_>) -> Result<Training, BuildError> {
    if view.task.task_type_version == 0 {
        let found: First = custom::read(view.task)?;
        let elastic = found.elastic_config.map(|elastic| ElasticConfig {
            rdzv_backend: elastic.rdzv_backend,
            min_replicas: elastic.min_replicas,
            max_replicas: elastic.max_replicas,
            nproc_per_node: elastic.nproc_per_node,
            max_restarts: elastic.max_restarts,
        });
        let (master, workers) = (Role::count(1), Role::count(found.workers));
        return Ok(Training { master, workers, policy: None, elastic });
    }
    let found: DistributedPyTorchTrainingTask = custom::read(view.task)?;
    Ok(Training {
        master: role!(found.master_replicas),
        workers: role!(found.worker_replicas),
        policy: found.run_policy,
        elastic: found.elastic_config,
    })
}

fn elastic_policy(elastic: &ElasticConfig) -> Value {
    json!({
        "rdzvBackend": elastic.rdzv_backend,
        "minReplicas": elastic.min_replicas,
        "maxReplicas": elastic.max_replicas,
        "nProcPerNode": elastic.nproc_per_node,
        "maxRestarts": elastic.max_restarts,
    })
}
