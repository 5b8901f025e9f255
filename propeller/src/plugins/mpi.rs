//! MPI and Horovod tasks: an `MPIJob`, whose launcher runs the task's command on the slots of its workers.
//!
//! Workers run what the task says of them, or what the operator starts: never the task itself.

use aileron_engine::Timestamp;
use aileron_idl::plugins::DistributedMpiTrainingTask as First;
use aileron_idl::plugins::kubeflow::{DistributedMpiTrainingTask, RunPolicy};
use kube::api::{ApiResource, DynamicObject};
use serde_json::json;

use super::config::Config;
use super::pod::part::{self, Part, Runs};
use super::pod::source::wrong;
use super::training::{self, Role, role};
use super::{BuildError, Plugin, Report, TaskView, custom, job};

const CONTAINER: &str = "mpi";
/// The key of the task's configuration with the command of its workers, in the older form.
const WORKER_COMMAND: &str = "worker_spec_command";

/// The plugin of MPI.
#[derive(Clone, Copy, Debug)]
pub struct MpiPlugin;

struct Training {
    launcher: Role,
    launcher_command: Vec<String>,
    workers: Role,
    worker_command: Vec<String>,
    slots: i32,
    policy: Option<RunPolicy>,
}

impl Plugin for MpiPlugin {
    fn id(&self) -> &'static str {
        "mpi"
    }

    fn task_types(&self) -> &'static [&'static str] {
        &["mpi"]
    }

    fn resource(&self) -> ApiResource {
        job::kind("kubeflow.org", "v1", "MPIJob", "mpijobs")
    }

    fn name_limit(&self) -> usize {
        50
    }

    fn pods(&self, name: &str) -> Option<String> {
        Some(training::pods(name))
    }

    fn build(&self, view: &TaskView<'_>) -> Result<DynamicObject, BuildError> {
        let found = read(view)?;
        if found.workers.replicas < 1 || found.launcher.replicas < 1 {
            return Err(wrong("an MPI job needs a launcher and one worker at least"));
        }
        let launches = match found.launcher_command.as_slice() {
            [] => Runs::Task,
            command => Runs::Command(command),
        };
        let works = match found.worker_command.as_slice() {
            [] => Runs::Nothing,
            command => Runs::Command(command),
        };
        let launcher = part::pod(view, Part { runs: launches, ..found.launcher.part(CONTAINER) })?;
        let worker = part::pod(view, Part { runs: works, ..found.workers.part(CONTAINER) })?;
        let launcher = Role { replicas: 1, ..found.launcher.clone() }.spec(&launcher);
        let spec = json!({
            "slotsPerWorker": found.slots.max(1),
            "runPolicy": training::run_policy(found.policy.as_ref()),
            "mpiReplicaSpecs": {"Launcher": launcher, "Worker": found.workers.spec(&worker)},
        });
        Ok(job::object(view, &self.resource(), &spec))
    }

    fn observe(&self, object: &DynamicObject, config: &Config, now: Timestamp) -> Report {
        training::observe(object, config, now)
    }
}

fn read(view: &TaskView<'_>) -> Result<Training, BuildError> {
    if view.task.task_type_version == 0 {
        let found: First = custom::read(view.task)?;
        let command = view.task.config.get(WORKER_COMMAND).map(String::as_str).unwrap_or_default();
        return Ok(Training {
            launcher: Role::count(found.num_launcher_replicas),
            launcher_command: Vec::new(),
            workers: Role::count(found.num_workers),
            worker_command: command.split_whitespace().map(str::to_owned).collect(),
            slots: found.slots,
            policy: None,
        });
    }
    let found: DistributedMpiTrainingTask = custom::read(view.task)?;
    let command = |role: &Option<aileron_idl::plugins::kubeflow::DistributedMpiTrainingReplicaSpec>| {
        role.as_ref().map(|role| role.command.clone()).unwrap_or_default()
    };
    Ok(Training {
        launcher: role!(found.launcher_replicas),
        launcher_command: command(&found.launcher_replicas),
        workers: role!(found.worker_replicas),
        worker_command: command(&found.worker_replicas),
        slots: found.slots,
        policy: found.run_policy,
    })
}
