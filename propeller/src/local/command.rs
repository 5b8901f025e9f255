//! The command line and environment of a task's process.
//!
//! Real flytekit takes `file://` URIs for `--inputs`, `--output-prefix`, `--raw-output-data-prefix` and
//! `--additional-distribution` (tried with 1.16.31: `pyflyte-fast-execute` unpacks the code into its
//! working directory, `--dest-dir .`, runs `pyflyte-execute` found by `PATH`, and folders that are
//! missing below the prefixes are made). An exception in the task leaves `error.pb` and exit code 0.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;

use aileron_engine::{ErrorKind, Failure};
use aileron_idl::core::task_template::Target;
use aileron_idl::core::{Container, LiteralMap, TaskTemplate};
use aileron_telemetry::TraceParent;

use super::folder::Folder;
use super::limits::Limits;
use super::pod::only_container;
use super::process::{Confinement, Launch};
use super::runner::ProcessAttempt;
use super::spark;
use crate::container::environment::environment;
use crate::container::template::{self, Substitutes, Values};
use crate::run::{Halt, Step};

/// By which a task goes on with the trace of its attempt, as OpenTelemetry's libraries read it.
const TRACE: &str = "TRACEPARENT";
/// From how many MB on flytekit lays a value of a task's outputs beside them, and how large one may be at most.
const OFFLOADING: [(&str, &str); 2] = [("_F_L_MIN_SIZE_MB", "10"), ("_F_L_MAX_SIZE_MB", "1000")];

/// The environment of a process.
pub(super) type Variables = Vec<(OsString, OsString)>;

impl ProcessAttempt<'_> {
    /// What to run in the attempt's folder. What no attempt could run is a permanent failure here.
    pub(super) async fn command(
        &self,
        task: &TaskTemplate,
        folder: Folder,
        inputs: &LiteralMap,
    ) -> Step<Launch> {
        let container = container(task)?;
        let templates = || container.command.iter().chain(&container.args);
        let names = self.attempt.substitutes(task, templates()).await?;
        let arguments = arguments(templates(), &names, inputs)?;
        let confinement = self.confinement(&container);
        let (arguments, environment) = match &confinement.in_image {
            None => {
                let (arguments, environment) = self.on_machine(task, &container, arguments)?;
                let within = || async { self.within_walls(&names, arguments.clone()) };
                (self.attempt.patiently_io(within).await?, environment)
            }
            Some(in_image) => {
                self.have(in_image, self.image(&container)?).await?;
                self.in_container(in_image, task, &container, &arguments, &confinement.limits)?
            }
        };
        Ok(Launch { folder, tmp: self.tmp(), arguments, environment, confinement })
    }

    /// The command as it is, once its program was found.
    fn on_machine(
        &self,
        task: &TaskTemplate,
        container: &Container,
        arguments: Vec<String>,
    ) -> Step<(Vec<String>, Variables)> {
        let environment = self.environment(task, container)?;
        let program = arguments.first().ok_or_else(|| refused("the task's container has no command"))?;
        let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.clone());
        let task_path = self.processes.settings.task_path.as_deref();
        let found = self.processes.programs.check(program, &path.unwrap_or_default(), task_path);
        found.map_err(Halt::Failed)?;
        Ok((arguments, environment))
    }

    /// What the attempt is held to; what the node asks for counts before what its task does.
    pub(super) fn confinement(&self, container: &Container) -> Confinement {
        let overrides = self.attempt.overrides.as_ref().and_then(|overrides| overrides.resources.as_ref());
        let asked = overrides.or(container.resources.as_ref());
        let platform = &self.attempt.run.workflow.execution_config.task_resources;
        let limits = Limits::of(self.processes.settings.task_limits, asked, platform);
        let in_image = self.in_image();
        let by_us = if in_image.is_some() { Limits::default() } else { limits.clone() };
        let group = self.processes.groups.of(&self.short_name(), &by_us);
        let memory = by_us.memory.map(|memory| memory.bytes);
        let data = memory.filter(|_| !self.processes.groups.hold_memory());
        Confinement { limits, group, data, in_image }
    }

    /// What the task and the execution set, and what the attempt is told.
    pub(super) fn variables(
        &self,
        task: &TaskTemplate,
        container: &Container,
    ) -> Step<BTreeMap<String, String>> {
        let execution = &self.attempt.run.workflow.execution_config.environment_variables;
        let mut own = environment(&container.env, self.attempt.identity(task), execution);
        for (name, value) in OFFLOADING {
            own.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        if let Some((name, value)) = spark::settings(task).map_err(|error| Halt::Failed(error.into()))? {
            own.entry(name).or_insert(value);
        }
        own.extend(TraceParent::current().map(|trace| (TRACE.to_owned(), trace.to_string())));
        Ok(own)
    }

    /// The task path goes before whatever `PATH` the task asks for.
    fn environment(&self, task: &TaskTemplate, container: &Container) -> Step<Variables> {
        let mut own = self.variables(task, container)?;
        let path = own.remove("PATH").map(OsString::from);
        let mut all = self.processes.settings.inherited(&self.attempt.run.workflow.execution_id);
        all.retain(|(name, _)| !name.to_str().is_some_and(|name| own.contains_key(name)));
        all.extend(own.into_iter().map(|(name, value)| (name.into(), value.into())));
        all.push(("PATH".into(), self.path(path)));
        Ok(all)
    }

    fn path(&self, own: Option<OsString>) -> OsString {
        let rest = own.unwrap_or_else(|| self.processes.settings.inherited_path());
        match &self.processes.settings.task_path {
            None => rest,
            Some(first) => {
                let mut path = first.clone().into_os_string();
                path.push(":");
                path.push(rest);
                path
            }
        }
    }
}

fn arguments<'a>(
    templates: impl Iterator<Item = &'a String>,
    names: &Substitutes,
    inputs: &LiteralMap,
) -> Step<Vec<String>> {
    let values = Values { names, inputs };
    let rendered: Result<Vec<_>, _> = templates.map(|text| template::render(text, &values)).collect();
    rendered.map_err(|error| Halt::Failed(failure("FailedToBuildResource", error.to_string())))
}

/// What the task runs: its container, or the only one of its pod.
pub(super) fn container(task: &TaskTemplate) -> Step<Cow<'_, Container>> {
    let container = match &task.target {
        Some(Target::Container(container)) => Cow::Borrowed(container),
        Some(Target::K8sPod(pod)) => Cow::Owned(only_container(pod).map_err(|why| refused(&why))?),
        Some(Target::Sql(_)) => return Err(refused(&no_connector(task, "the task is a query"))),
        None => return Err(refused(&no_connector(task, "the task has no container to run on this machine"))),
    };
    if container.data_config.as_ref().is_some_and(|config| config.enabled) {
        return Err(refused("the task's image gets its inputs as files, which takes Kubernetes"));
    }
    Ok(container)
}

fn no_connector(task: &TaskTemplate, why: &str) -> String {
    format!("{why}; tasks of type `{}` take a connector that runs them (`connectors`)", task.r#type)
}

pub(super) fn refused(why: &str) -> Halt {
    Halt::Failed(failure("BadTaskDefinition", why.to_owned()))
}

fn failure(code: &str, message: String) -> Failure {
    Failure { kind: ErrorKind::User, ..Failure::permanent(code, message) }
}
