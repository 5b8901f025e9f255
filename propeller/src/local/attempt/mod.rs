//! One attempt from its launch to its end: bind, write inputs, wait for a slot, run, read what it left.
//!
//! Launching is idempotent. After a restart the same steps find a process that runs or has ended, and
//! go on from there.

mod array;
mod cache;
mod child;
mod command;
mod dynamic;
mod ends;
mod found;
mod gate;
mod inputs;
mod job;
mod parent;
mod patience;
mod recovery;
mod task;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aileron_engine::{AttemptSeen, CacheRule, Failure, NodeIx, Place};
use aileron_idl::core::{Binding, LiteralMap};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::clock;
use super::driver::Shared;
use super::folder::Folder;
use super::metrics::Outcome;
use super::run::{Message, RunFacts};

pub(super) use array::{Harvest, Item, Lists, Outputs};
pub(super) use job::Job;

/// An attempt that is under way, with all it needs.
pub(super) struct Attempt {
    pub(super) shared: Arc<Shared>,
    pub(super) run: Arc<RunFacts>,
    pub(super) node: NodeIx,
    pub(super) number: u32,
    pub(super) place: Place,
    /// The node's id in its workflow.
    pub(super) node_id: String,
    pub(super) job: Job,
    /// How the node uses the cache, if it does.
    pub(super) cache: Option<CacheRule>,
    /// Where the inputs come from.
    pub(super) bindings: Vec<Binding>,
    /// The item that it is for, if it is for one.
    pub(super) item: Option<Item>,
    /// For a start node, where the inputs of its workflow lie: empty when it has none, `None` when it has
    /// none to ask for.
    pub(super) workflow_inputs: Option<String>,
    /// What the failure node is told.
    pub(super) failure: Option<Failure>,
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

impl Attempt {
    /// Carries the attempt to its end and says what is seen of it on the way.
    pub(super) async fn run(self) {
        let seen = match &self.job {
            Job::Start => self.start_node().await,
            Job::End => self.end_node().await,
            Job::Open => self.open().await,
            Job::Choose(block) => self.choose(block).await,
            Job::Spread(bound) => self.spread(bound).await,
            Job::Gate(gate) => self.gate(gate).await,
            Job::Child(launch_plan) => self.child(launch_plan).await,
            Job::Task(task) => {
                self.shared.metrics.attempt_started();
                let seen = self.reserved_task(task).await;
                self.shared.metrics.attempt_ended(outcome(&seen));
                self.clean(&seen);
                seen
            }
        };
        self.tell_of(seen);
    }

    fn tell_of(&self, seen: Step<AttemptSeen>) {
        match seen {
            Ok(seen) => self.tell(seen),
            Err(Halt::Failed(failure)) => {
                self.tell(AttemptSeen::Failed { since: None, at: clock::now(), failure });
            }
            Err(Halt::Killed) => self.tell(AttemptSeen::Gone),
            Err(Halt::Stopping) => {}
        }
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

    fn folder(&self) -> Folder {
        let execution = &self.run.workflow.execution_id;
        Folder::of(&self.shared.settings.attempts(), execution, &self.place.unique_id, self.number)
    }

    /// Readers come soon: the outputs are kept at hand.
    fn keep(&self, outputs: LiteralMap) {
        let uri = self.run.paths.outputs(&self.place, self.number);
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
}

fn outcome(seen: &Step<AttemptSeen>) -> Outcome {
    match seen {
        Ok(AttemptSeen::Failed { .. }) | Err(Halt::Failed(_)) => Outcome::Failed,
        Ok(AttemptSeen::Gone) | Err(Halt::Killed) => Outcome::Aborted,
        Ok(_) => Outcome::Succeeded,
        Err(Halt::Stopping) => Outcome::Interrupted,
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
