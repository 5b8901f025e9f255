//! A task node's attempt: a process, waited for, and what it left.

use std::io;
use std::time::Duration;

use aileron_engine::{AttemptSeen, Failure, Timestamp};
use aileron_idl::core::TaskTemplate;

use super::command::container;
use super::exit;
use super::folder::Folder;
use super::found::{Begun, Running, on_disk};
use super::packages::hinted;
use super::process::{End, Launch, Process};
use super::runner::{self, ProcessAttempt};
use super::slots::Slot;
use super::warm::Over;
use crate::clock;
use crate::run::{Halt, Step, TaskOutcome};

/// How often the log of a running task is held to its size.
const LOG_LOOK: Duration = Duration::from_secs(1);

impl ProcessAttempt<'_> {
    pub(super) async fn run(&self, task: &TaskTemplate) -> Step<AttemptSeen> {
        let folder = self.folder();
        let begun = match self.find(&folder).await? {
            Some(begun) => begun,
            None => self.launch(task, &folder).await?,
        };
        let (end, since) = match begun {
            Begun::Running(running) => {
                let since = running.since;
                self.attempt.tell(AttemptSeen::Running { since });
                (self.wait(running, &folder).await?, since)
            }
            Begun::Ended { end, since } => (end, since),
        };
        self.conclude(task, &folder, since, end).await
    }

    async fn launch(&self, task: &TaskTemplate, folder: &Folder) -> Step<Begun> {
        let inputs = self.attempt.inputs().await?;
        let launch = self.command(task, folder.clone(), &inputs).await?;
        let slot = tokio::select! {
            biased;
            halt = self.attempt.halted() => return Err(halt),
            slot = self.processes.slots.wait(self.attempt.run.id) => slot,
        };
        match self.launch_warm(&launch, folder, slot).await? {
            Ok(begun) => Ok(begun),
            Err(slot) => Ok(Begun::Running(self.launch_cold(&launch, folder, slot).await?)),
        }
    }

    /// By a warm worker; the slot comes back when none takes the attempt.
    async fn launch_warm(&self, launch: &Launch, folder: &Folder, slot: Slot) -> Step<Result<Begun, Slot>> {
        let Some(over) = self.processes.workers.run(launch).await else { return Ok(Err(slot)) };
        // What a worker has started it has claimed. The slot that it is found with replaces ours.
        let mut begun = self.attempt.patiently_io(|| self.adopt(folder)).await?;
        if let Some(Begun::Running(running)) = &mut begun {
            running.over = Some(over);
        }
        Ok(begun.ok_or(slot))
    }

    async fn launch_cold(&self, launch: &Launch, folder: &Folder, slot: Slot) -> Step<Running> {
        // A short task may be over before the one who starts it hears of it.
        let spawn = || {
            let (launch, since) = (launch.clone(), clock::now());
            async move {
                let spawned = tokio::task::spawn_blocking(move || launch.spawn()).await;
                Ok((spawned.map_err(io::Error::other)??, since))
            }
        };
        let (child, since) = self.attempt.patiently_io(spawn).await?;
        let process = Process::started(folder.clone(), child).map_err(|error| failed_to_watch(&error))?;
        Ok(Running { process, slot, since, over: None })
    }

    /// Waits for the process, or ends it when it is to end.
    async fn wait(&self, mut running: Running, folder: &Folder) -> Step<End> {
        let halt = loop {
            tokio::select! {
                biased;
                gone = running.process.gone() => {
                    gone.map_err(|error| failed_to_watch(&error))?;
                    let end = running.process.ended().await;
                    return self.ended(end, running.slot, folder).await;
                }
                () = told(&mut running.over) => {
                    if let Some(end) = running.process.noted().await.map_err(|error| failed_to_watch(&error))? {
                        return Ok(end);
                    }
                }
                halt = self.attempt.halted() => break halt,
                () = tokio::time::sleep(LOG_LOOK) => self.cut_log(folder).await,
            }
        };
        if matches!(halt, Halt::Stopping)
            && let Err(error) = on_disk(folder, Folder::mark_stopped).await
        {
            tracing::warn!(%error, ?folder, "a task that is ended with the driver will look as if it failed");
        }
        let end = running.process.terminate(self.processes.settings.grace).await;
        end.map_err(|error| failed_to_watch(&error))?;
        self.remove_container().await.map_err(|error| failed_to_watch(&error))?;
        Err(halt)
    }

    async fn cut_log(&self, folder: &Folder) {
        let (log, most) = (folder.log(), self.processes.settings.task_log_size);
        if let Err(error) = tokio::task::spawn_blocking(move || runner::cut(&log, most)).await {
            tracing::warn!(%error, "a log was not looked at");
        }
    }

    /// An attempt that another process has is that process's: wait for it instead.
    async fn ended(&self, end: io::Result<End>, slot: Slot, folder: &Folder) -> Step<End> {
        drop(slot);
        match end.map_err(|error| failed_to_watch(&error))? {
            End::NotClaimed => match self.attempt.patiently_io(|| self.adopt(folder)).await? {
                Some(Begun::Running(running)) => Box::pin(self.wait(running, folder)).await,
                Some(Begun::Ended { end, .. }) => Ok(end),
                None => Ok(End::Lost),
            },
            end => Ok(end),
        }
    }

    async fn conclude(
        &self,
        task: &TaskTemplate,
        folder: &Folder,
        since: Timestamp,
        end: End,
    ) -> Step<AttemptSeen> {
        let (code, at) = match end {
            End::Exited { code, at } => (code, at),
            End::NotClaimed | End::Lost => return Ok(AttemptSeen::Lost { at: clock::now() }),
        };
        let container = container(task)?;
        let confinement = self.confinement(&container);
        let ended = match code {
            0 => TaskOutcome::Well,
            code => {
                let failure = || {
                    let confinement = confinement.clone();
                    on_disk(folder, move |folder| Ok(exit::failure(code, folder, &confinement)))
                };
                TaskOutcome::Badly(self.attempt.patiently_io(failure).await?)
            }
        };
        match self.attempt.conclude(task, (since, at), ended).await? {
            AttemptSeen::Failed { since, at, failure } => {
                let explain = || {
                    let (confinement, failure) = (confinement.clone(), failure.clone());
                    on_disk(folder, move |_| Ok(exit::explained(failure, &confinement)))
                };
                let failure = self.attempt.patiently_io(explain).await?;
                let failure = hinted(&task.r#type, failure);
                Ok(AttemptSeen::Failed { since, at, failure })
            }
            seen => Ok(seen),
        }
    }
}

/// Waits until a worker tells that an attempt is over, once; for ever when none does.
async fn told(over: &mut Option<Over>) {
    let heard = match over {
        Some(over) => over.await,
        None => std::future::pending().await,
    };
    *over = None;
    if heard.is_err() {
        std::future::pending::<()>().await;
    }
}

fn failed_to_watch(error: &io::Error) -> Halt {
    Halt::Failed(Failure::system("ProcessError", format!("failed to watch the task's process: {error}")))
}
