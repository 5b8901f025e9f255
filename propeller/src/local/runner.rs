//! Running tasks as processes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aileron_engine::AttemptSeen;
use aileron_idl::core::TaskTemplate;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::Settings;
use super::folder::Folder;
use super::images::Present;
use super::limits::{Groups, TaskLimits};
use super::log_size;
use super::metrics::{Metrics, Outcome};
use super::program::Programs;
use super::slots::Slots;
use super::warm::Workers;
use crate::run::{Attempt, Halt, Step, TaskRunner};

/// Most processes that a warm worker keeps ready: more are made no faster.
const SPARES: usize = 2;

/// Runs tasks as child processes.
pub(super) struct Processes {
    pub(super) settings: Arc<Settings>,
    pub(super) slots: Slots,
    pub(super) programs: Programs,
    pub(super) workers: Workers,
    pub(super) groups: Groups,
    pub(super) images: Present,
    pub(super) metrics: Metrics,
}

/// An attempt whose process this driver sees to.
#[derive(Clone, Copy)]
pub(super) struct ProcessAttempt<'a> {
    pub(super) processes: &'a Processes,
    pub(super) attempt: &'a Attempt,
}

impl Processes {
    pub(super) fn new(settings: Arc<Settings>) -> Processes {
        let spares = settings.parallel_attempts.get().min(SPARES);
        Processes {
            workers: Workers::new(settings.warm_workers, spares, settings.warm()),
            images: Present::default(),
            groups: match settings.task_limits {
                TaskLimits::Off => Groups::default(),
                TaskLimits::Asked | TaskLimits::All => Groups::open(&settings.data_dir),
            },
            slots: Slots::new(settings.parallel_attempts),
            settings,
            programs: Programs::default(),
            metrics: Metrics::default(),
        }
    }
}

impl TaskRunner for Processes {
    fn run<'a>(&'a self, attempt: &'a Attempt, task: &'a TaskTemplate) -> BoxFuture<'a, Step<AttemptSeen>> {
        let process = ProcessAttempt { processes: self, attempt };
        async move {
            self.metrics.attempt_started();
            let seen = process.run(task).await;
            self.metrics.attempt_ended(outcome(&seen));
            process.clean(&seen);
            seen
        }
        .boxed()
    }

    fn end<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, ()> {
        ProcessAttempt { processes: self, attempt }.end().boxed()
    }
}

impl ProcessAttempt<'_> {
    pub(super) fn folder(&self) -> Folder {
        let execution = &self.attempt.run.workflow.execution_id;
        let root = self.processes.settings.attempts();
        Folder::of(&root, execution, &self.attempt.place.unique_id, self.attempt.number)
    }

    /// Temporary files last as long as the attempt. The working directory stays after a failure, for
    /// whoever wants to know; the log stays in any case.
    pub(super) fn clean(&self, seen: &Step<AttemptSeen>) {
        if matches!(seen, Err(Halt::Stopping)) {
            return;
        }
        let succeeded = matches!(seen, Ok(AttemptSeen::Succeeded { .. }));
        let work = succeeded.then(|| self.folder().work());
        let of_no_use = [Some(self.tmp()), work];
        let empty = self.maybe_empty();
        let (group, log) = (self.processes.groups.every(&self.short_name()), self.folder().log());
        let most = self.processes.settings.task_log_size;
        let in_image = self.in_image();
        self.attempt.host.tasks.spawn_blocking(move || {
            of_no_use.iter().flatten().for_each(|folder| remove(folder));
            // One that has something in it stays.
            empty.iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
            group.remove_patiently();
            if let Some(in_image) = in_image {
                in_image.remove();
            }
            cut(&log, most);
        });
    }

    /// Folders of objects that were made for an attempt that may have put nothing there.
    fn maybe_empty(&self) -> Vec<PathBuf> {
        let Attempt { run, place, number, .. } = self.attempt;
        let made =
            [run.paths.raw_output(place, *number), run.paths.attempt(place, *number)].map(PathBuf::from);
        let isolated = self.processes.settings.isolation.is_some();
        made.into_iter().filter(|folder| isolated && folder.is_absolute()).collect()
    }

    /// A container outlives its client.
    pub(super) async fn remove_container(&self) -> io::Result<()> {
        let Some(in_image) = self.in_image() else { return Ok(()) };
        tokio::task::spawn_blocking(move || in_image.remove()).await.map_err(io::Error::other)
    }

    pub(super) fn tmp(&self) -> PathBuf {
        self.processes.settings.tmp().join(self.short_name())
    }

    /// A name that no other attempt of this data folder has, and that fits in any path.
    pub(super) fn short_name(&self) -> String {
        let Attempt { run, node, number, .. } = self.attempt;
        format!("{}-{}-{number}", run.id, node.0)
    }
}

fn outcome(seen: &Step<AttemptSeen>) -> Outcome {
    match seen {
        Ok(AttemptSeen::Failed { .. }) | Err(Halt::Failed(_)) => Outcome::Failed,
        Ok(AttemptSeen::Gone) | Err(Halt::Killed) => Outcome::Aborted,
        Ok(_) => Outcome::Succeeded,
        Err(Halt::Stopping) => Outcome::Interrupted,
    }
}

/// Keeps a log within its size; one that is not is tried again.
pub(super) fn cut(log: &Path, most: u64) {
    if let Err(error) = log_size::cut(log, most) {
        tracing::warn!(%error, log = %log.display(), "a log is longer than it may be");
    }
}

fn remove(folder: &Path) {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, folder = %folder.display(), "a folder of no use is left behind");
        }
        _ => {}
    }
}
