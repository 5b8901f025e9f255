//! One attempt from its launch to its end: bind, write inputs, wait for a slot, run, read what it left.
//!
//! Launching is idempotent. After a restart the same steps find a process that runs or has ended, and
//! go on from there.

mod command;
mod inputs;
mod patience;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aileron_engine::{AttemptSeen, Failure, NodeIx, NodeKind, PlanNode, Timestamp};
use aileron_idl::core::{LiteralMap, TaskTemplate};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::clock;
use super::driver::Shared;
use super::folder::{Folder, Trace};
use super::process::{self, End, Process};
use super::run::{Message, RunFacts};
use super::slots::Slot;
use crate::outcome::{self, Expected, Outcome};

/// An attempt that is under way, with all it needs.
pub(super) struct Attempt {
    pub(super) shared: Arc<Shared>,
    pub(super) run: Arc<RunFacts>,
    pub(super) node: NodeIx,
    pub(super) number: u32,
    /// Ids of the nodes it reads, and where their outputs lie.
    pub(super) sources: Vec<(String, String)>,
    /// Cancelled when the attempt is to end.
    pub(super) kill: CancellationToken,
    pub(super) inbox: UnboundedSender<Message>,
}

/// Why an attempt goes no further.
#[derive(Debug)]
enum Halt {
    /// It cannot.
    Failed(Failure),
    /// The engine wants it ended, and it has.
    Killed,
    /// The driver stops. Whoever opens it next will see.
    Stopping,
}

type Step<T> = Result<T, Halt>;

/// A process to wait for, and the slot it holds.
struct Running {
    process: Process,
    slot: Slot,
}

/// What became of trying to have a process.
enum Begun {
    Running(Running),
    Ended(End),
}

impl Attempt {
    /// Carries the attempt to its end and says what is seen of it on the way.
    pub(super) async fn run(self) {
        let seen = match self.plan_node().kind {
            NodeKind::Start => self.start_node().await,
            NodeKind::End => self.end_node().await,
            NodeKind::Task(task) => {
                let seen = self.task(self.run.plan.task(task)).await;
                self.clean(&seen);
                seen
            }
        };
        match seen {
            Ok(seen) => self.tell(seen),
            Err(Halt::Failed(failure)) => {
                self.tell(AttemptSeen::Failed { since: None, at: clock::now(), failure });
            }
            Err(Halt::Killed) => self.tell(AttemptSeen::Gone),
            Err(Halt::Stopping) => {}
        }
    }

    fn plan_node(&self) -> &PlanNode {
        self.run.plan.node(self.node)
    }

    /// The run may have ended meanwhile; then nobody wants to know.
    fn tell(&self, seen: AttemptSeen) {
        drop(self.inbox.send(Message::Seen { node: self.node, attempt: self.number, seen }));
    }

    /// Waits until the attempt is to end, and says why.
    async fn halted(&self) -> Halt {
        tokio::select! {
            biased;
            () = self.kill.cancelled() => Halt::Killed,
            () = self.shared.stop.cancelled() => Halt::Stopping,
        }
    }

    /// What the start node puts out is what the run was given.
    async fn start_node(&self) -> Step<AttemptSeen> {
        let uri = &self.run.workflow.offloaded_inputs;
        let inputs = if uri.is_empty() {
            LiteralMap::default()
        } else {
            self.patiently(|| self.shared.settings.storage.get_message(uri)).await?
        };
        self.put_outputs(inputs).await
    }

    /// What the end node takes in is what the run puts out.
    async fn end_node(&self) -> Step<AttemptSeen> {
        let outputs = self.inputs().await?;
        self.put_outputs(outputs).await
    }

    async fn put_outputs(&self, outputs: LiteralMap) -> Step<AttemptSeen> {
        let uri = self.run.paths.outputs(&self.plan_node().id, self.number);
        self.patiently(|| self.shared.settings.storage.put_message(&uri, &outputs)).await?;
        self.keep(outputs);
        let now = clock::now();
        Ok(AttemptSeen::Succeeded { since: now, at: now, deck: false })
    }

    async fn task(&self, task: &TaskTemplate) -> Step<AttemptSeen> {
        let folder = self.folder();
        let begun = match self.find(&folder).await? {
            Some(begun) => begun,
            None => self.launch(task, &folder).await?,
        };
        let since = clock::now();
        let end = match begun {
            Begun::Running(running) => {
                self.tell(AttemptSeen::Running { since });
                self.wait(running, &folder).await?
            }
            Begun::Ended(end) => end,
        };
        self.conclude(task, &folder, since, end).await
    }

    fn folder(&self) -> Folder {
        let execution = &self.run.workflow.execution_id;
        Folder::of(&self.shared.settings.attempts(), execution, &self.plan_node().id, self.number)
    }

    /// What an earlier driver began. A run that this driver began has nothing to find.
    async fn find(&self, folder: &Folder) -> Step<Option<Begun>> {
        if !self.run.resumed {
            return Ok(None);
        }
        let found = self.patiently_io(|| look(folder.clone())).await?;
        let begun = match found {
            Trace::Unclaimed => return Ok(None),
            Trace::Ended { code, at, .. } => Begun::Ended(End::Exited { code, at: clock::timestamp(at) }),
            Trace::Stopped | Trace::Vanished => {
                self.patiently_io(|| on_disk(folder, process::kill_orphans)).await?;
                Begun::Ended(End::Lost)
            }
            Trace::Running { .. } => self.patiently_io(|| self.adopt(folder)).await?,
        };
        Ok(Some(begun))
    }

    /// Waits for a process that something else started. It may have ended since it was seen.
    async fn adopt(&self, folder: &Folder) -> io::Result<Begun> {
        match look(folder.clone()).await? {
            Trace::Running { pid, .. } => {
                let process = Process::adopted(folder.clone(), pid)?;
                Ok(Begun::Running(Running { process, slot: self.shared.slots.take_anyway() }))
            }
            Trace::Ended { code, at, .. } => Ok(Begun::Ended(End::Exited { code, at: clock::timestamp(at) })),
            Trace::Unclaimed | Trace::Vanished | Trace::Stopped => Ok(Begun::Ended(End::Lost)),
        }
    }

    async fn launch(&self, task: &TaskTemplate, folder: &Folder) -> Step<Begun> {
        let inputs = self.inputs().await?;
        let launch = self.command(task, folder.clone(), &inputs).await?;
        let slot = tokio::select! {
            biased;
            halt = self.halted() => return Err(halt),
            slot = self.shared.slots.wait(self.run.id) => slot,
        };
        let (folder, child) = self
            .patiently_io(|| {
                let launch = launch.clone();
                async { tokio::task::spawn_blocking(move || launch.spawn()).await.map_err(io::Error::other)? }
            })
            .await?;
        let process = Process::started(folder, child).map_err(|error| failed_to_watch(&error))?;
        Ok(Begun::Running(Running { process, slot }))
    }

    /// Waits for the process, or ends it when it is to end.
    async fn wait(&self, mut running: Running, folder: &Folder) -> Step<End> {
        let halt = tokio::select! {
            biased;
            end = running.process.ended() => return self.ended(end, running.slot, folder).await,
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
                Begun::Running(running) => Box::pin(self.wait(running, folder)).await,
                Begun::Ended(end) => Ok(end),
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
        let since = since.min(at);
        let failed = |failure| AttemptSeen::Failed { since: Some(since), at, failure };
        if code != 0 {
            return Ok(failed(self.failure(code, folder).await?));
        }
        match self.outcome(task).await? {
            Outcome::Failure(failure) => Ok(failed(failure)),
            Outcome::Outputs { outputs, deck } => {
                self.keep(outputs);
                Ok(AttemptSeen::Succeeded { since, at, deck })
            }
        }
    }

    async fn outcome(&self, task: &TaskTemplate) -> Step<Outcome> {
        let prefix = self.run.paths.attempt(&self.plan_node().id, self.number);
        let outputs = task.interface.as_ref().and_then(|interface| interface.outputs.as_ref());
        let expected = Expected {
            outputs: outputs.is_some_and(|outputs| !outputs.variables.is_empty()),
            deck: task.metadata.as_ref().is_none_or(|metadata| metadata.generates_deck != Some(false)),
        };
        self.patiently(|| outcome::read(&self.shared.settings.storage, &prefix, expected)).await
    }

    /// What the task wrote about its own end says more than an exit code, unless it was killed.
    async fn failure(&self, code: i32, folder: &Folder) -> Step<Failure> {
        let prefix = self.run.paths.attempt(&self.plan_node().id, self.number);
        let written = self.patiently(|| outcome::read_error(&self.shared.settings.storage, &prefix)).await?;
        match written {
            Some(failure) => Ok(failure),
            None => {
                self.patiently_io(|| on_disk(folder, move |folder| Ok(process::failure(code, folder)))).await
            }
        }
    }

    /// Readers come soon: the outputs are kept at hand.
    fn keep(&self, outputs: LiteralMap) {
        let uri = self.run.paths.outputs(&self.plan_node().id, self.number);
        self.shared.literals.keep(&uri, Arc::new(outputs));
    }

    /// Temporary files last as long as the attempt. The working directory stays after a failure, for
    /// whoever wants to know; the log stays in any case.
    fn clean(&self, seen: &Step<AttemptSeen>) {
        if matches!(seen, Err(Halt::Stopping)) {
            return;
        }
        let succeeded = matches!(seen, Ok(AttemptSeen::Succeeded { .. }));
        let work = succeeded.then(|| self.folder().work());
        let of_no_use = [Some(self.tmp()), work];
        self.shared
            .tasks
            .spawn_blocking(move || of_no_use.iter().flatten().for_each(|folder| remove(folder)));
    }

    fn tmp(&self) -> PathBuf {
        let name = format!("{}-{}-{}", self.run.id, self.node.0, self.number);
        self.shared.settings.tmp().join(name)
    }

    /// Ends an attempt that this driver does not run: one of an earlier driver, if it is there at all.
    pub(super) async fn end(self) {
        let folder = self.folder();
        let ended = async {
            let Begun::Running(mut running) = self.adopt(&folder).await? else {
                return on_disk(&folder, process::kill_orphans).await;
            };
            running.process.terminate(self.shared.settings.grace).await.map(drop)
        };
        if let Err(error) = ended.await {
            tracing::warn!(%error, ?folder, "an attempt of an earlier driver may still run");
        }
        self.clean(&Err(Halt::Killed));
        self.tell(AttemptSeen::Gone);
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

async fn look(folder: Folder) -> io::Result<Trace> {
    on_disk(&folder, Folder::trace).await
}

/// Looks at or changes a folder where waiting for a disk does no harm.
async fn on_disk<T: Send + 'static>(
    folder: &Folder,
    act: impl FnOnce(&Folder) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let folder = folder.clone();
    tokio::task::spawn_blocking(move || act(&folder)).await.map_err(io::Error::other)?
}

fn failed_to_watch(error: &io::Error) -> Halt {
    Halt::Failed(Failure::system("ProcessError", format!("failed to watch the task's process: {error}")))
}
