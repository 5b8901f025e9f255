//! What the container of an attempt is made of.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aileron_idl::core::{Container, TaskTemplate};

use super::{Contents, InImage};
use crate::local::command::{Variables, refused};
use crate::local::limits::Limits;
use crate::local::runner::ProcessAttempt;
use crate::run::Step;

/// The command of flytekit's that unpacks a program where it is, and then runs another.
const UNPACKING: &str = "pyflyte-fast-execute";

impl ProcessAttempt<'_> {
    /// The attempt's container, when tasks run in their images.
    pub(in crate::local) fn in_image(&self) -> Option<InImage> {
        let settings = &self.processes.settings;
        let engine = settings.containers?;
        Some(InImage::new(engine, settings, &self.short_name(), &self.folder()))
    }

    /// The image is the node's, if it names one.
    pub(in crate::local) fn image<'t>(&'t self, container: &'t Container) -> Step<&'t str> {
        let overrides = self.attempt.overrides.as_ref().map(|overrides| overrides.container_image.as_str());
        match overrides.filter(|image| !image.is_empty()).unwrap_or(&container.image) {
            "" => Err(refused("the task names no image, and tasks run in their images here")),
            image => Ok(image),
        }
    }

    /// The command line of the container's client, for what the task's container runs.
    pub(in crate::local) fn in_container(
        &self,
        in_image: &InImage,
        task: &TaskTemplate,
        container: &Container,
        arguments: &[String],
        limits: &Limits,
    ) -> Step<(Vec<String>, Variables)> {
        let settings = &self.processes.settings;
        let execution = &self.attempt.run.workflow.execution_id;
        let mut variables: BTreeMap<_, _> = settings.objects.of(execution).into_iter().collect();
        variables.extend(self.variables(task, container)?);
        let (tmp, work) = (self.tmp(), self.folder().work());
        variables.insert("TMPDIR".to_owned(), tmp.to_string_lossy().into_owned());
        let (command, arguments) = arguments.split_at(container.command.len());
        // A program that comes from outside of the image is unpacked into a folder of the attempt's.
        let unpacks = command.iter().chain(arguments).next().is_some_and(|program| program == UNPACKING);
        let work = unpacks.then_some(work);
        let objects = [settings.storage.root(), self.attempt.run.paths.raw_root()].map(PathBuf::from);
        let objects = objects.into_iter().filter(|folder| folder.is_absolute() && folder.is_dir());
        let mut folders: Vec<_> = objects.chain([tmp]).chain(work.clone()).collect();
        folders.sort();
        folders.dedup();
        Ok(in_image.line(&Contents {
            image: self.image(container)?,
            command,
            arguments,
            variables: &variables,
            folders,
            work: work.as_deref(),
            limits,
        }))
    }
}
