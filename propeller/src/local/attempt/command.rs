//! The command line and environment of a task's process.
//!
//! Real flytekit takes `file://` URIs for `--inputs`, `--output-prefix`, `--raw-output-data-prefix` and
//! `--additional-distribution` (tried with 1.16.31: `pyflyte-fast-execute` unpacks the code into its
//! working directory, `--dest-dir .`, runs `pyflyte-execute` found by `PATH`, and folders that are
//! missing below the prefixes are made). An exception in the task leaves `error.pb` and exit code 0.

use std::ffi::OsString;

use aileron_engine::{ErrorKind, Failure};
use aileron_idl::core::task_template::Target;
use aileron_idl::core::{Container, Identifier, LiteralMap, TaskTemplate};

use super::super::folder::Folder;
use super::super::process::Launch;
use super::{Attempt, Halt, Step};
use crate::container::environment::{Identity, environment};
use crate::container::template::{self, Values};

impl Attempt {
    /// What to run in the attempt's folder. What no attempt could run is a permanent failure here.
    pub(super) async fn command(
        &self,
        task: &TaskTemplate,
        folder: Folder,
        inputs: &LiteralMap,
    ) -> Step<Launch> {
        let container = container(task)?;
        let templates = || container.command.iter().chain(&container.args);
        if template::asks_for_task_template(templates()) {
            let uri = self.run.paths.task_template(&self.place, self.number);
            self.patiently(|| self.shared.settings.storage.put_message(&uri, task)).await?;
        }
        let previous = self.previous_checkpoint().await?;
        let arguments = self.arguments(templates(), inputs, previous.as_deref())?;
        let environment = self.environment(task, container);
        let program = arguments.first().ok_or_else(|| refused("the task's container has no command"))?;
        let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.clone());
        let task_path = self.shared.settings.task_path.as_deref();
        let found = self.shared.programs.check(program, &path.unwrap_or_default(), task_path);
        found.map_err(Halt::Failed)?;
        Ok(Launch { folder, tmp: self.tmp(), arguments, environment })
    }

    /// Where the attempt before left a checkpoint; for the first, that of the execution that is recovered.
    async fn previous_checkpoint(&self) -> Step<Option<String>> {
        match self.number.checked_sub(1) {
            Some(before) => Ok(Some(self.run.paths.checkpoint(&self.place, before))),
            None => self.checkpoint_of_other().await,
        }
    }

    fn arguments<'a>(
        &self,
        templates: impl Iterator<Item = &'a String>,
        inputs: &LiteralMap,
        previous: Option<&str>,
    ) -> Step<Vec<String>> {
        let (paths, node, number) = (&self.run.paths, &self.place, self.number);
        let values = Values {
            input: &self.input_of_command(),
            output_prefix: &paths.attempt(node, number),
            raw_output_prefix: &paths.raw_output(node, number),
            checkpoint_prefix: &paths.checkpoint(node, number),
            previous_checkpoint_prefix: previous,
            generated_name: &paths.generated_name(node, number),
            task_template: &paths.task_template(node, number),
            namespace: &self.run.workflow.metadata.namespace,
            inputs,
        };
        let rendered: Result<Vec<_>, _> = templates.map(|text| template::render(text, &values)).collect();
        rendered.map_err(|error| Halt::Failed(failure("FailedToBuildResource", error.to_string())))
    }

    /// A mapped task that knows its index reads the inputs of the whole array.
    fn input_of_command(&self) -> String {
        match &self.item {
            Some(item) if item.indexed => item.array_inputs.clone(),
            _ => self.run.paths.inputs(&self.place, self.number),
        }
    }

    /// The task path goes before whatever `PATH` the task asks for.
    fn environment(&self, task: &TaskTemplate, container: &Container) -> Vec<(OsString, OsString)> {
        let none = Identifier::default();
        let identity = Identity {
            execution: &self.run.workflow.execution_id,
            workflow: self.run.workflow_id.as_ref().unwrap_or(&none),
            task: task.id.as_ref().unwrap_or(&none),
            attempt: self.number,
            item: self.item.as_ref().map(|item| item.index),
        };
        let execution = &self.run.workflow.execution_config.environment_variables;
        let mut own = environment(&container.env, identity, execution);
        let path = own.remove("PATH").map(OsString::from);
        let mut all = self.shared.settings.inherited();
        all.retain(|(name, _)| !name.to_str().is_some_and(|name| own.contains_key(name)));
        all.extend(own.into_iter().map(|(name, value)| (name.into(), value.into())));
        all.push(("PATH".into(), self.path(path)));
        all
    }

    fn path(&self, own: Option<OsString>) -> OsString {
        let rest = own.unwrap_or_else(|| self.shared.settings.inherited_path());
        match &self.shared.settings.task_path {
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

fn container(task: &TaskTemplate) -> Step<&Container> {
    let container = match &task.target {
        Some(Target::Container(container)) => container,
        Some(Target::K8sPod(_)) => return Err(refused("the task is a pod, which takes Kubernetes")),
        Some(Target::Sql(_)) => return Err(refused("the task is a query, which takes a database plugin")),
        None => {
            let why = format!("tasks of type `{}` have no container to run on this machine", task.r#type);
            return Err(refused(&why));
        }
    };
    if container.data_config.as_ref().is_some_and(|config| config.enabled) {
        return Err(refused("the task's image gets its inputs as files, which takes Kubernetes"));
    }
    Ok(container)
}

fn refused(why: &str) -> Halt {
    Halt::Failed(failure("BadTaskDefinition", why.to_owned()))
}

fn failure(code: &str, message: String) -> Failure {
    Failure { kind: ErrorKind::User, ..Failure::permanent(code, message) }
}
