//! What is found of an attempt that someone else began: an earlier driver, or a launch that came first.

use std::io;

use aileron_engine::Timestamp;

use super::folder::{Folder, Trace};
use super::process::{self, End, Process};
use super::runner::ProcessAttempt;
use super::slots::Slot;
use super::warm::Over;
use crate::clock;
use crate::run::{Halt, Step};

/// A process to wait for, and the slot it holds.
pub(super) struct Running {
    pub(super) process: Process,
    pub(super) slot: Slot,
    pub(super) since: Timestamp,
    /// When a warm worker started it: its worker tells that it is over before it is gone.
    pub(super) over: Option<Over>,
}

/// An attempt that was begun.
pub(super) enum Begun {
    Running(Running),
    Ended { end: End, since: Timestamp },
}

impl ProcessAttempt<'_> {
    /// What an earlier driver began. A run that this driver began has nothing to find.
    pub(super) async fn find(&self, folder: &Folder) -> Step<Option<Begun>> {
        if !self.attempt.run.resumed {
            return Ok(None);
        }
        self.attempt.patiently_io(|| self.adopt(folder)).await
    }

    /// Takes over what was begun; what runs already gets a slot beyond the limit.
    pub(super) async fn adopt(&self, folder: &Folder) -> io::Result<Option<Begun>> {
        Ok(match process::settled(folder).await? {
            Trace::Unclaimed => None,
            Trace::Running { pid, since } => match Process::adopted(folder.clone(), pid) {
                Ok(process) => {
                    let since = clock::timestamp(since);
                    let slot = self.processes.slots.take_anyway();
                    Some(Begun::Running(Running { process, slot, since, over: None }))
                }
                Err(error) if process::is_gone(&error) => Box::pin(self.adopt(folder)).await?,
                Err(error) => return Err(error),
            },
            Trace::Ended { code, since, at } => {
                let end = End::Exited { code, at: clock::timestamp(at) };
                Some(Begun::Ended { end, since: clock::timestamp(since) })
            }
            Trace::Vanished | Trace::Ending | Trace::Stopped => {
                on_disk(folder, process::kill_orphans).await?;
                self.remove_container().await?;
                Some(Begun::Ended { end: End::Lost, since: clock::now() })
            }
        })
    }

    /// Ends what an earlier driver began, if it is there at all.
    pub(super) async fn end(self) {
        let folder = self.folder();
        let ended = async {
            if let Some(Begun::Running(mut running)) = self.adopt(&folder).await? {
                running.process.terminate(self.processes.settings.grace).await?;
            }
            io::Result::Ok(())
        };
        if let Err(error) = ended.await {
            tracing::warn!(%error, ?folder, "an attempt of an earlier driver may still run");
        }
        self.clean(&Err(Halt::Killed));
    }
}

/// Looks at or changes a folder where waiting for a disk does no harm.
pub(super) async fn on_disk<T: Send + 'static>(
    folder: &Folder,
    act: impl FnOnce(&Folder) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let folder = folder.clone();
    tokio::task::spawn_blocking(move || act(&folder)).await.map_err(io::Error::other)?
}
