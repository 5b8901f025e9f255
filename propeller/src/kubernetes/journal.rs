//! What is kept of runs: in memory at once, in their objects about every second, their events in order at the
//! control plane.
//!
//! A round is not written before its effects are carried out: every effect has a name that follows from what it
//! is about, so what a crash loses is found again (pods by their names, outputs in the store). What may not be is
//! that a state is kept whose events nobody got. So a state is written only once the events that led to it are
//! delivered; while the control plane is away runs go on, and their objects stay as they were.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aileron_crd::ExecutionId;
use aileron_engine::RunPhase;
use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_storage::Storage;
use futures::FutureExt;
use futures::future::BoxFuture;
use kube::Client;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answer::{self, PAUSE};
use super::checkpoint::{self, Checkpoint, Ledger, Progress, VERSION};
use super::outbox::Outbox;
use super::workflows::Edition;
use super::{Settings, workflows};
use crate::run::{Journal, JournalError, Round, RunId};
use crate::told;

/// How long the last writes, and the last deliveries, may take when the driver stops.
pub(super) const LAST: Duration = Duration::from_secs(2);

/// All runs' states and events.
pub(super) struct Checkpoints {
    client: Client,
    storage: Storage,
    interval: Duration,
    inline_state: usize,
    /// This propeller's name.
    identity: String,
    runs: Mutex<HashMap<RunId, Arc<Kept>>>,
    /// Their events, until the control plane has them.
    pub(super) outbox: Outbox,
    /// Cancelled when another propeller was seen to carry one of these runs.
    superseded: CancellationToken,
}

/// One run's.
struct Kept {
    execution: ExecutionId,
    namespace: String,
    name: String,
    ledger: Mutex<Taken>,
    changed: Notify,
    object: Mutex<Known>,
    /// How many of its rounds are in its object.
    kept: watch::Sender<u64>,
}

/// What is known of a run's object. A state is written only over what is known, so that one who was held up since it
/// read the object writes nothing over a successor's.
pub(super) struct Known {
    pub(super) edition: Edition,
    /// Who wrote its state before us.
    pub(super) before: Option<String>,
}

/// Whose an object is.
pub(super) enum Standing {
    /// This propeller's, or whoever's it was when this one began.
    Ours,
    /// Another propeller writes it.
    Taken(String),
    /// It is not there.
    Gone,
}

/// Why a state was not written.
enum Failure {
    /// It is tried again.
    Passing(String),
    /// Another propeller writes the run's states: this one has no business with it any more.
    Superseded(String),
}

struct Taken {
    ledger: Ledger,
    /// The number of its last event.
    events: u64,
    /// How many rounds there were.
    rounds: u64,
    /// How often it was written.
    written: u64,
}

/// A state and how far the run is with it.
struct Snapshot {
    text: String,
    phase: RunPhase,
    progress: Progress,
    /// The number of the last event that led to it.
    events: u64,
    /// How many rounds led to it.
    rounds: u64,
    turn: u64,
}

impl Journal for Checkpoints {
    fn commit(&self, round: Round) -> BoxFuture<'_, Result<(), JournalError>> {
        async move {
            let Some(kept) = self.runs().get(&round.run).cloned() else {
                return Err(JournalError("the run is not this driver's any more".to_owned()));
            };
            self.outbox.wait_for_room(&WorkflowExecutionIdentifier::from(&kept.execution)).await;
            let mut round = round;
            let events = std::mem::take(&mut round.events);
            {
                let mut taken = lock(&kept.ledger);
                taken.events = self.outbox.put(events);
                taken.rounds += 1;
                taken.ledger.take(round);
            }
            kept.changed.notify_one();
            Ok(())
        }
        .boxed()
    }
}

impl Checkpoints {
    pub(super) fn new(settings: &Settings, stop: CancellationToken) -> Checkpoints {
        Checkpoints {
            client: settings.client.clone(),
            storage: settings.storage.clone(),
            interval: settings.checkpoint_interval,
            inline_state: settings.inline_state,
            identity: settings.identity.clone(),
            runs: Mutex::default(),
            outbox: Outbox::default(),
            superseded: stop,
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, Arc<Kept>>> {
        lock(&self.runs)
    }

    /// Begins to keep a run, from a state of an object that is known.
    pub(super) fn open(
        &self,
        run: RunId,
        execution: ExecutionId,
        (namespace, name): (String, String),
        ledger: Ledger,
        known: Known,
    ) {
        let ledger = Mutex::new(Taken { ledger, events: 0, rounds: 0, written: 0 });
        let object = Mutex::new(known);
        let (changed, kept) = (Notify::new(), watch::Sender::new(0));
        let kept = Kept { execution, namespace, name, ledger, changed, object, kept };
        self.runs().insert(run, Arc::new(kept));
    }

    /// Keeps a run no longer.
    pub(super) fn close(&self, run: RunId) {
        self.runs().remove(&run);
    }

    /// Waits until all rounds of a run that there were are in its object, or it is not kept any more.
    pub(super) async fn until_kept(&self, run: RunId) {
        let Some(kept) = self.runs().get(&run).cloned() else { return };
        let rounds = lock(&kept.ledger).rounds;
        // The sender lives as long as this.
        let _ = kept.kept.subscribe().wait_for(|done| *done >= rounds).await;
    }

    /// Writes a run's state into its object whenever it has changed, at most once an interval, until the run has
    /// ended and that is written; or until the driver stops.
    pub(super) async fn keep(&self, run: RunId, stop: CancellationToken) {
        let Some(kept) = self.runs().get(&run).cloned() else { return };
        // One that ends before the first interval is written once.
        let mut last = Instant::now();
        loop {
            let pause = self.interval.saturating_sub(last.elapsed());
            tokio::select! {
                () = stop.cancelled() => return self.keep_last(&kept).await,
                () = self.settled(&kept, pause) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                ended = self.write(&kept) => if ended { return },
            }
            last = Instant::now();
        }
    }

    /// Waits for a change; then for the pause, unless the run has ended.
    async fn settled(&self, kept: &Kept, pause: Duration) {
        kept.changed.notified().await;
        let due = Instant::now() + pause;
        while !lock(&kept.ledger).ledger.phase().is_terminal() {
            tokio::select! {
                () = tokio::time::sleep_until(due) => return,
                () = kept.changed.notified() => {}
            }
        }
    }

    /// One last time, if that is quick: whoever goes on has less to find out.
    async fn keep_last(&self, kept: &Kept) {
        if tokio::time::timeout(LAST, self.write(kept)).await.is_err() {
            tracing::info!(name = kept.name, "a run's last steps are not kept; they are found again");
        }
    }

    /// Writes the state as it is now, however long that takes. Says whether the run has ended with it, or is another
    /// propeller's.
    async fn write(&self, kept: &Kept) -> bool {
        let mut pause = PAUSE.0;
        loop {
            let error = match kept.snapshot() {
                Ok(snapshot) => {
                    self.outbox.until_delivered(&(&kept.execution).into(), snapshot.events).await;
                    let (ended, rounds) = (snapshot.phase.is_terminal(), snapshot.rounds);
                    match self.put(kept, snapshot).await {
                        Ok(()) => {
                            kept.kept.send_replace(rounds);
                            return ended;
                        }
                        Err(Failure::Passing(error)) => error,
                        Err(Failure::Superseded(other)) => {
                            self.yield_to(&kept.name, &other);
                            return true;
                        }
                    }
                }
                Err(error) => told(&error),
            };
            tracing::warn!(name = kept.name, error, ?pause, "a run's state is not kept; it is tried again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Stops, because another propeller has taken over.
    pub(super) fn yield_to(&self, name: &str, other: &str) {
        tracing::error!(name, other, "another propeller carries the run; this one stops");
        self.superseded.cancel();
    }

    /// Whose a run's object is now, however long the API server does not answer; the driver's stop ends that.
    pub(super) async fn standing(&self, (namespace, name): &(String, String)) -> Standing {
        let mut pause = PAUSE.0;
        loop {
            match workflows::writer(&self.client, namespace, name).await {
                Ok((writer, _)) => return self.judged((namespace, name), writer),
                Err(error) if answer::is_gone(&error) => return Standing::Gone,
                Err(error) => tracing::warn!(name, error = told(&error), "a workflow is not looked at"),
            }
            tokio::select! {
                () = self.superseded.cancelled() => return Standing::Ours,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE.1),
            }
        }
    }

    fn judged(&self, (namespace, name): (&str, &str), writer: Option<String>) -> Standing {
        let is_it = |kept: &&Arc<Kept>| kept.name == name && kept.namespace == namespace;
        let kept = self.runs().values().find(is_it).cloned();
        let before = kept.and_then(|kept| lock(&kept.object).before.clone());
        let other = writer.filter(|writer| *writer != self.identity && Some(writer) != before.as_ref());
        other.map_or(Standing::Ours, Standing::Taken)
    }

    async fn put(&self, kept: &Kept, snapshot: Snapshot) -> Result<(), Failure> {
        let passing = |error: &dyn std::error::Error| Failure::Passing(told(error));
        let Snapshot { text, phase, progress, turn, .. } = snapshot;
        let writer = self.identity.clone();
        let mut checkpoint = Checkpoint { version: VERSION, writer, state: None, state_uri: None };
        if text.len() <= self.inline_state {
            checkpoint.state = Some(text);
        } else {
            let uri = checkpoint::place(&self.storage, &kept.execution, (&self.identity, turn));
            self.storage.put(&uri, text.into_bytes()).await.map_err(|error| passing(&error))?;
            checkpoint.state_uri = Some(uri);
        }
        let status = workflows::status(&phase, progress, &checkpoint);
        let place = (kept.namespace.as_str(), kept.name.as_str());
        let (edition, has_ended) = (lock(&kept.object).edition.clone(), phase.is_terminal());
        let written = workflows::write_status(&self.client, place, &edition, &status, has_ended).await;
        match written {
            Ok(edition) => {
                lock(&kept.object).edition = edition;
                Ok(())
            }
            Err(kube::Error::Api(answer)) if answer.code == 409 => Err(self.look_again(kept).await),
            // Whoever deleted the object does not want to know.
            Err(error) if answer::is_gone(&error) => Ok(()),
            Err(error) => Err(passing(&error)),
        }
    }

    /// Someone changed the object: a user, or a propeller that took over.
    async fn look_again(&self, kept: &Kept) -> Failure {
        match workflows::writer(&self.client, &kept.namespace, &kept.name).await {
            Ok((writer, edition)) => {
                let mut known = lock(&kept.object);
                known.edition = edition;
                match writer
                    .filter(|writer| *writer != self.identity && Some(writer) != known.before.as_ref())
                {
                    Some(other) => Failure::Superseded(other),
                    None => Failure::Passing("the object was changed meanwhile".to_owned()),
                }
            }
            Err(error) => Failure::Passing(told(&error)),
        }
    }
}

impl Kept {
    fn snapshot(&self) -> Result<Snapshot, serde_json::Error> {
        let mut taken = lock(&self.ledger);
        taken.written += 1;
        Ok(Snapshot {
            text: taken.ledger.packed()?,
            phase: taken.ledger.phase().clone(),
            progress: taken.ledger.progress(),
            events: taken.events,
            rounds: taken.rounds,
            turn: taken.written,
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
