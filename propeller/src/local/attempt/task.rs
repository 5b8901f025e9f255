//! A task node's attempt: a process, waited for, and what it left.

use std::io;

use aileron_engine::{AttemptSeen, Failure, Timestamp};
use aileron_idl::core::TaskTemplate;

use super::super::folder::Folder;
use super::super::process::{End, Process};
use super::super::slots::Slot;
use super::super::{clock, exit};
use super::found::{Begun, Running, on_disk};
use super::{Attempt, Halt, Step};
use crate::outcome::{self, Expected, Outcome};

impl Attempt {
    pub(super) async fn task(&self, task: &TaskTemplate) -> Step<AttemptSeen> {
        let folder = self.folder();
        let begun = match self.find(&folder).await? {
            Some(begun) => begun,
            None => Begun::Running(self.launch(task, &folder).await?),
        };
        let (end, since) = match begun {
            Begun::Running(running) => {
                let since = running.since;
                self.tell(AttemptSeen::Running { since });
                (self.wait(running, &folder).await?, since)
            }
            Begun::Ended { end, since } => (end, since),
        };
        self.conclude(task, &folder, since, end).await
    }

    async fn launch(&self, task: &TaskTemplate, folder: &Folder) -> Step<Running> {
        let inputs = self.inputs().await?;
        let launch = self.command(task, folder.clone(), &inputs).await?;
        let slot = tokio::select! {
            biased;
            halt = self.halted() => return Err(halt),
            slot = self.shared.slots.wait(self.run.id) => slot,
        };
        // A short task may be over before the one who starts it hears of it.
        let spawn = || {
            let (launch, since) = (launch.clone(), clock::now());
            async move {
                let spawned = tokio::task::spawn_blocking(move || launch.spawn()).await;
                Ok((spawned.map_err(io::Error::other)??, since))
            }
        };
        let (child, since) = self.patiently_io(spawn).await?;
        let process = Process::started(folder.clone(), child).map_err(|error| failed_to_watch(&error))?;
        Ok(Running { process, slot, since })
    }

    /// Waits for the process, or ends it when it is to end.
    async fn wait(&self, mut running: Running, folder: &Folder) -> Step<End> {
        let halt = tokio::select! {
            biased;
            gone = running.process.gone() => {
                gone.map_err(|error| failed_to_watch(&error))?;
                let end = running.process.ended().await;
                return self.ended(end, running.slot, folder).await;
            }
            halt = self.halted() => halt,
        };
        if matches!(halt, Halt::Stopping)
            && let Err(error) = on_disk(folder, Folder::mark_stopped).await
        {
            tracing::warn!(%error, ?folder, "a task that is ended with the driver will look as if it failed");
        }
        let end = running.process.terminate(self.shared.settings.grace).await;
        end.map_err(|error| failed_to_watch(&error))?;
        Err(halt)
    }

    /// An attempt that another process has is that process's: wait for it instead.
    async fn ended(&self, end: io::Result<End>, slot: Slot, folder: &Folder) -> Step<End> {
        drop(slot);
        match end.map_err(|error| failed_to_watch(&error))? {
            End::NotClaimed => match self.patiently_io(|| self.adopt(folder)).await? {
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
        // The file system's clock is coarser than ours.
        let at = at.max(since);
        let failed = |failure| AttemptSeen::Failed { since: Some(since), at, failure };
        if code != 0 {
            return Ok(failed(self.failure(code, folder).await?));
        }
        match self.outcome(task).await? {
            Outcome::Failure(failure) => Ok(failed(failure)),
            Outcome::Workflow(spec) => match self.grown(task, *spec, (since, at)).await {
                Err(Halt::Failed(failure)) => Ok(failed(failure)),
                grown => grown,
            },
            Outcome::Outputs { outputs, deck } => {
                self.keep(outputs);
                Ok(AttemptSeen::Succeeded { since, at, deck })
            }
        }
    }

    async fn outcome(&self, task: &TaskTemplate) -> Step<Outcome> {
        let prefix = self.run.paths.attempt(&self.place, self.number);
        let outputs = task.interface.as_ref().and_then(|interface| interface.outputs.as_ref());
        let expected = Expected {
            outputs: outputs.is_some_and(|outputs| !outputs.variables.is_empty()),
            deck: may_leave_deck(task),
        };
        self.patiently(|| outcome::read(&self.shared.settings.storage, &prefix, expected)).await
    }

    /// What the task wrote about its own end says more than an exit code.
    async fn failure(&self, code: i32, folder: &Folder) -> Step<Failure> {
        let prefix = self.run.paths.attempt(&self.place, self.number);
        let written = self.patiently(|| outcome::read_error(&self.shared.settings.storage, &prefix)).await?;
        match written {
            Some(failure) => Ok(failure),
            None => {
                self.patiently_io(|| on_disk(folder, move |folder| Ok(exit::failure(code, folder)))).await
            }
        }
    }
}

/// Whether the task says nothing else about decks.
pub(super) fn may_leave_deck(task: &TaskTemplate) -> bool {
    task.metadata.as_ref().is_none_or(|metadata| metadata.generates_deck != Some(false))
}

fn failed_to_watch(error: &io::Error) -> Halt {
    Halt::Failed(Failure::system("ProcessError", format!("failed to watch the task's process: {error}")))
}
