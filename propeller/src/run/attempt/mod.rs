//! One attempt from its launch to its end: bind, write inputs, run, read what it left.
//!
//! Launching is idempotent. After a restart the same steps find what runs or has ended, and go on from there.

mod array;
mod cache;
mod child;
mod dynamic;
mod echo;
mod ends;
mod gate;
mod guard;
mod inputs;
mod job;
mod outcome;
mod parent;
mod patience;
mod recovery;
mod template;

use std::sync::Arc;

use aileron_engine::{AttemptSeen, CacheRule, Failure, NodeIx, Place};
use aileron_idl::core::{Binding, LiteralMap, TaskNodeOverrides, TaskTemplate};
use aileron_telemetry::{TraceParent, span};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::carry::{Facts, Message, RunFacts, Waits};
use super::host::Host;
use crate::clock;
use echo::is_echo;

pub(super) use array::{Harvest, Item, Lists, Outputs};
pub(super) use guard::Act;
pub(super) use job::Job;
pub(crate) use outcome::TaskOutcome;

/// An attempt that is under way, with all it needs.
pub(crate) struct Attempt {
    pub(crate) host: Arc<Host>,
    pub(crate) run: Arc<RunFacts>,
    pub(crate) node: NodeIx,
    pub(crate) number: u32,
    pub(crate) place: Place,
    /// The node's id in its workflow.
    pub(crate) node_id: String,
    pub(super) job: Job,
    /// How the node uses the cache, if it does.
    pub(super) cache: Option<CacheRule>,
    /// Where the inputs come from.
    pub(super) bindings: Vec<Binding>,
    /// The item that it is for, if it is for one.
    pub(crate) item: Option<Item>,
    /// For a start node, where the inputs of its workflow lie: empty when it has none, `None` when it has
    /// none to ask for.
    pub(super) workflow_inputs: Option<String>,
    /// What the failure node is told.
    pub(super) failure: Option<Failure>,
    /// Ids of the nodes it reads, and where their outputs lie.
    pub(super) sources: Vec<(String, String)>,
    /// Resources and image that this use of the task overrides.
    pub(crate) overrides: Option<Box<TaskNodeOverrides>>,
    /// Whether the platform may take it away half-done.
    pub(crate) interruptible: bool,
    /// Cancelled when the attempt is to end.
    pub(crate) kill: CancellationToken,
    pub(super) inbox: UnboundedSender<Message>,
}

/// Why an attempt goes no further.
#[derive(Debug)]
pub(crate) enum Halt {
    /// It cannot.
    Failed(Failure),
    /// The engine wants it ended, and it has.
    Killed,
    /// The driver stops. Whoever opens it next will see.
    Stopping,
}

/// What a step gives, or why there is no further one.
pub(crate) type Step<T> = Result<T, Halt>;

impl Attempt {
    /// Carries the attempt to its end and says what is seen of it on the way.
    pub(super) async fn run(self: Arc<Self>) {
        let seen = match &self.job {
            Job::Start => self.start_node().await,
            Job::End => self.end_node().await,
            Job::Open => self.open().await,
            Job::Choose(block) => self.choose(block).await,
            Job::Spread(bound) => self.spread(bound).await,
            Job::Gate(gate) => self.gate(gate).await,
            Job::Child(launch_plan) => self.child(launch_plan).instrument(self.span()).await,
            Job::Task(task) if is_echo(task) => self.echo(task).await,
            Job::Task(task) => self.reserved_task(task).instrument(self.span()).await,
        };
        let has_ended = seen.is_ok();
        self.tell_of(seen);
        if has_ended && matches!(self.job, Job::Task(_)) {
            self.host.runner.tidy(&self).await;
        }
    }

    /// Ends an attempt that this driver does not run: one of an earlier driver, if it is there at all.
    pub(super) async fn end(self: Arc<Self>) {
        self.end_what_runs().await;
        self.tell(AttemptSeen::Gone);
    }

    async fn end_what_runs(&self) {
        match &self.job {
            Job::Task(task) if is_echo(task) => {}
            Job::Task(_) => self.host.runner.end(self).await,
            Job::Child(_) => {
                self.halt_child(Halt::Killed).await;
            }
            _ => {}
        }
    }

    /// The attempt as a part of the trace that the execution goes on with.
    fn span(&self) -> Span {
        let (workflow, node) = (&self.run.workflow, &self.place.unique_id);
        let span = span!("attempt", exec.id = %workflow.execution_id.name, node, attempt = self.number);
        let parent = workflow.metadata.annotations.get(TraceParent::NAME);
        if let Some(parent) = parent.and_then(|text| TraceParent::parse(text)) {
            parent.adopt(&span);
        }
        span
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
    pub(crate) fn tell(&self, seen: AttemptSeen) {
        drop(self.inbox.send(Message::Seen { node: self.node, attempt: self.number, seen }));
    }

    /// Tells what the attempt waits for before it runs.
    pub(crate) fn tell_waits(&self, waits: Waits) {
        drop(self.inbox.send(Message::Waits { node: self.node, attempt: self.number, waits }));
    }

    /// Waits until the run has persisted what it was told, or has ended.
    pub(crate) async fn persisted(&self) {
        let (noted, persisted) = oneshot::channel();
        drop(self.inbox.send(Message::Persist { noted }));
        // A run that has ended answers nobody.
        let _ = persisted.await;
    }

    /// Tells what is known of the attempt beside how far it is.
    pub(crate) fn tell_facts(&self, facts: Facts) {
        drop(self.inbox.send(Message::Facts { node: self.node, attempt: self.number, facts }));
    }

    /// The type of its task; empty when it is for none.
    pub(crate) fn task_type(&self) -> &str {
        match &self.job {
            Job::Task(task) => &task.r#type,
            _ => "",
        }
    }

    /// Its task, if it is for one.
    pub(crate) fn task(&self) -> Option<&Arc<TaskTemplate>> {
        match &self.job {
            Job::Task(task) => Some(task),
            _ => None,
        }
    }

    /// Waits until the attempt is to end, and says why.
    pub(crate) async fn halted(&self) -> Halt {
        tokio::select! {
            biased;
            () = self.kill.cancelled() => Halt::Killed,
            () = self.host.stop.cancelled() => Halt::Stopping,
        }
    }

    /// Readers come soon: the outputs are kept at hand.
    pub(crate) fn keep(&self, outputs: LiteralMap) {
        let uri = self.run.paths.outputs(&self.place, self.number);
        self.host.literals.keep(&uri, Arc::new(outputs));
    }
}
