//! The controller: which runs are carried, and by whom.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aileron_crd::ExecutionId;
use aileron_engine::{ErrorKind, Failure, RunEventPhase};
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt};
use kube::ResourceExt;
use kube::api::{Api, DynamicObject};
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{self, PAUSE};
use super::checkpoint::Ledger;
use super::journal::{Checkpoints, Known, Standing};
use super::lease::Claim;
use super::objects::Objects;
use super::pauses::Pauses;
use super::runner::{ObjectRunner, Owner, REQUESTS, Watched};
use super::workflows::{self, Edition, Kept, ObjectError, Readable, TERMINATED};
use super::{NET, Settings, WATCH, gc, owned, shard};
use crate::batch::with_batch;
use crate::connectors::with_connectors;
use crate::control::ControlPlane;
use crate::events::Narrator;
use crate::paths::Paths;
use crate::run::{Carried, Host, Inbox, Message, RunId, carry};
use crate::sink::EventSink;
use crate::{clock, plugins, told};

/// How many runs are read at once.
const READS: usize = 16;
/// What a run is told whose object is deleted.
const DELETED: &str = "the workflow's object was deleted";

/// Why the controller cannot work.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// So many shards there cannot be.
    #[error("{0} shards are asked for; there can be from 1 to 32")]
    Shards(u32),
}

/// The driver for a cluster.
pub struct Controller {
    settings: Settings,
    sink: Arc<dyn EventSink>,
    control: Arc<dyn ControlPlane>,
}

/// An object's namespace and name.
type Key = (String, String);

/// A shard's runs, as long as it is ours.
struct Shard {
    settings: Settings,
    host: Arc<Host>,
    checkpoints: Arc<Checkpoints>,
    runner: Arc<ObjectRunner>,
    runs: Mutex<HashMap<Key, UnboundedSender<Message>>>,
    /// How many objects may be read at once.
    reads: Semaphore,
}

/// Numbers of runs in this process.
static NEXT: AtomicI64 = AtomicI64::new(1);

impl Controller {
    /// A controller that reports to this sink, and asks this control plane.
    ///
    /// # Errors
    /// When the settings cannot be.
    pub fn new(
        settings: Settings,
        sink: Arc<dyn EventSink>,
        control: Arc<dyn ControlPlane>,
    ) -> Result<Controller, ControllerError> {
        if !(1..=shard::KEYS).contains(&settings.shards) {
            return Err(ControllerError::Shards(settings.shards));
        }
        Ok(Controller { settings, sink, control })
    }

    /// Carries runs until it is told to stop. Their pods go on; whoever runs the shards next finds them.
    pub async fn run(self, stop: CancellationToken) {
        if let Some(connectors) = &self.settings.connectors {
            tokio::spawn(connectors.clone().discover(stop.clone()));
        }
        let shards = (0..self.settings.shards).map(|number| self.shard(number, &stop));
        join_all(shards).await;
    }

    /// Runs a shard whenever its lease is ours.
    async fn shard(&self, number: u32, stop: &CancellationToken) {
        let Some(namespace) = &self.settings.lease_namespace else {
            return self.carry_shard(number, stop.child_token()).await;
        };
        let (client, identity) = (self.settings.client.clone(), &self.settings.identity);
        let claim = Claim::new(client, namespace, format!("aileron-propeller-{number}"), identity);
        while claim.acquire(stop).await {
            tracing::info!(shard = number, "this propeller runs the shard");
            let ours = stop.child_token();
            let held = async {
                claim.hold().await;
                tracing::warn!(shard = number, "the shard's lease is lost; its runs stop here");
                ours.cancel();
            };
            tokio::select! {
                () = self.carry_shard(number, ours.clone()) => {}
                () = async { held.await; std::future::pending().await } => {}
            }
            if stop.is_cancelled() {
                return claim.give_back().await;
            }
        }
    }

    async fn carry_shard(&self, number: u32, stop: CancellationToken) {
        let selector = shard::selector(number, self.settings.shards);
        let shard = Shard::new(&self.settings, self.control.clone(), selector.as_deref(), stop.clone());
        let shard = Arc::new(shard);
        let tasks = TaskTracker::new();
        let delivery = (shard.checkpoints.clone(), self.sink.clone(), stop.clone());
        tasks.spawn(async move { delivery.0.outbox.deliver(delivery.1.as_ref(), delivery.2).await });
        let Settings { client, namespace, keep_ended, .. } = &self.settings;
        let ended =
            gc::collect(client.clone(), namespace.clone(), selector.clone(), *keep_ended, stop.clone());
        tasks.spawn(ended);
        shard.clone().watch_workflows(selector, &stop).await;
        shard.host.tasks.close();
        shard.host.tasks.wait().await;
        tasks.close();
        tasks.wait().await;
    }
}

impl Shard {
    fn new(
        settings: &Settings,
        control: Arc<dyn ControlPlane>,
        selector: Option<&str>,
        stop: CancellationToken,
    ) -> Shard {
        let client = settings.client.clone();
        let checkpoints = Arc::new(Checkpoints::new(settings, stop.clone()));
        let runner = Arc::new(ObjectRunner {
            client,
            config: settings.plugins.clone(),
            access: settings.objects.clone(),
            plugins: plugins::registry(),
            objects: Objects::default(),
            checkpoints: checkpoints.clone(),
            watched: Watched { namespace: settings.namespace.clone(), labels: labels(selector) },
            requests: Semaphore::new(REQUESTS),
            owners: Mutex::default(),
        });
        let host = Host {
            storage: settings.storage.clone(),
            control,
            journal: checkpoints.clone(),
            runner: with_batch(
                settings.batch.as_ref(),
                with_connectors(settings.connectors.as_ref(), runner.clone()),
            ),
            literals: Default::default(),
            cache_news: Notify::new(),
            log_url_prefix: settings.log_url_prefix.clone(),
            max_nesting: settings.max_nesting,
            stop,
            tasks: TaskTracker::new(),
        };
        Shard {
            settings: settings.clone(),
            host: Arc::new(host),
            checkpoints,
            runner,
            runs: Mutex::default(),
            reads: Semaphore::new(READS),
        }
    }

    /// Watches the metadata of workflows, and carries each until it has ended. What is finished is not seen.
    async fn watch_workflows(self: Arc<Shard>, selector: Option<String>, stop: &CancellationToken) {
        let (label, value) = TERMINATED;
        let live = format!("{label}!={value}");
        let labels = selector.map_or(live.clone(), |shard| format!("{live},{shard}"));
        let config = watcher::Config::default().labels(&labels).any_semantic().timeout(WATCH);
        let watch = || watcher(self.api(), config.clone()).backoff(Pauses::default()).boxed();
        let (mut events, mut listed) = (watch(), HashSet::new());
        let mut net = tokio::time::interval_at(Instant::now() + NET, NET);
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return,
                event = events.try_next() => event,
                _ = net.tick() => {
                    events = watch();
                    continue;
                }
            };
            match event {
                Ok(Some(Event::Init)) => listed.clear(),
                Ok(Some(Event::InitApply(object))) => {
                    listed.insert(key_of(&object));
                    self.heed(&object);
                }
                Ok(Some(Event::InitDone)) => self.missed(&std::mem::take(&mut listed)),
                Ok(Some(Event::Apply(object))) => self.heed(&object),
                Ok(Some(Event::Delete(object))) => self.vanished(key_of(&object)),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(
                        error = told(&error),
                        "the watch of workflows is broken; it is begun again"
                    );
                }
            }
        }
    }

    fn api(&self) -> Api<PartialObjectMeta<DynamicObject>> {
        let (client, resource) = (self.settings.client.clone(), workflows::resource());
        match &self.settings.namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &resource),
            None => Api::all_with(client, &resource),
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<Key, UnboundedSender<Message>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An object that is new is begun; one that is to go is ended.
    fn heed(self: &Arc<Shard>, object: &PartialObjectMeta<DynamicObject>) {
        let key = key_of(object);
        let known = self.runs().get(&key).cloned();
        match known {
            Some(run) if object.metadata.deletion_timestamp.is_some() => abort(&run),
            Some(_) => {}
            None => {
                let (sender, receiver) = unbounded_channel();
                self.runs().insert(key.clone(), sender.clone());
                let inbox = Inbox { receiver, sender };
                self.host.tasks.spawn(self.clone().begin(key, inbox));
            }
        }
    }

    /// An object that is gone though its run has not ended takes its run with it. One that is only not among the live
    /// ones any more was ended by whoever carries it now.
    fn vanished(self: &Arc<Shard>, key: Key) {
        let Some(run) = self.runs().get(&key).cloned() else { return };
        let shard = self.clone();
        self.host.tasks.spawn(async move {
            match shard.checkpoints.standing(&key).await {
                Standing::Gone => abort(&run),
                Standing::Taken(other) => shard.checkpoints.yield_to(&key.1, &other),
                Standing::Ours => {}
            }
        });
    }

    /// What is carried and was not listed may have gone while nobody watched.
    fn missed(self: &Arc<Shard>, listed: &HashSet<Key>) {
        let missed: Vec<_> = self.runs().keys().filter(|key| !listed.contains(*key)).cloned().collect();
        missed.into_iter().for_each(|key| self.vanished(key));
    }

    /// Reads an object, carries its run, and writes its end.
    async fn begin(self: Arc<Shard>, key: Key, inbox: Inbox) {
        let found = tokio::select! {
            () = self.host.stop.cancelled() => None,
            found = self.read(&key) => found,
        };
        if let Some(readable) = found {
            self.carry(&key, readable, inbox).await;
        }
        self.runs().remove(&key);
    }

    /// What there is to run; `None` when there is nothing, or nothing that can be.
    async fn read(&self, key: &Key) -> Option<(Readable, Ledger)> {
        let mut pause = PAUSE.0;
        loop {
            let why = match self.look_in_turn(key).await {
                Ok(found) => return found,
                Err(why) => why,
            };
            tracing::warn!(name = key.1, error = why, ?pause, "a workflow is not read; it is tried again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// One that cannot be read gives its turn to others before it is tried again.
    async fn look_in_turn(&self, key: &Key) -> Result<Option<(Readable, Ledger)>, String> {
        let _turn = self.reads.acquire().await;
        self.look(key).await
    }

    async fn look(&self, (namespace, name): &Key) -> Result<Option<(Readable, Ledger)>, String> {
        let client = &self.settings.client;
        let object = match workflows::api(client, namespace).get_opt(name).await {
            Ok(Some(object)) => object,
            Ok(None) => return Ok(None),
            Err(error) => return Err(told(&error)),
        };
        let mut readable = match workflows::read(&object) {
            Ok(readable) => readable,
            Err(error) => return self.refuse(&object, &error).await.map(|()| None),
        };
        let ledger = match std::mem::replace(&mut readable.state, Kept::None) {
            Kept::None => Ledger::default(),
            Kept::Here(ledger) => *ledger,
            Kept::At(uri) => {
                let bytes = self.settings.storage.get(&uri).await.map_err(|error| told(&error))?;
                let text = String::from_utf8_lossy(&bytes);
                match Ledger::unpacked(&text) {
                    Ok(ledger) => ledger,
                    Err(error) => {
                        return self.refuse(&object, &ObjectError::State(error)).await.map(|()| None);
                    }
                }
            }
        };
        let inputs = workflows::put_inputs_beside(&self.settings.storage, &mut readable.workflow).await;
        if let Err(error) = inputs.map_err(|error| told(&error))? {
            return self.refuse(&object, &error).await.map(|()| None);
        }
        if !readable.edition.is_held() && !readable.aborted {
            // One that has changed since is read again.
            readable.edition = workflows::hold(client, &object).await.map_err(|error| told(&error))?;
        }
        Ok(Some((readable, ledger)))
    }

    /// Says of an object that it cannot be run: in its status, and to whoever launched it. What an earlier propeller
    /// began of it is ended.
    async fn refuse(&self, object: &DynamicObject, error: &ObjectError) -> Result<(), String> {
        let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
        let why = told(error);
        tracing::error!(name, namespace, why, "a workflow cannot be run");
        let client = &self.settings.client;
        owned::delete(client, self.runner.kinds(), object).await.map_err(|error| told(&error))?;
        if let Ok(execution) = serde_json::from_value::<ExecutionId>(object.data["executionId"].clone()) {
            let paths = Paths::of(&self.settings.storage, &execution, "");
            let id = (&execution).into();
            let failure = Failure::permanent("BadSpecificationError", &why);
            let failure = Failure { kind: ErrorKind::User, ..failure };
            let told = Narrator::new(execution, paths, "").run(&RunEventPhase::Failed(failure), clock::now());
            // Those of objects that cannot be run are of no run.
            let number = self.checkpoints.outbox.put(vec![told]);
            self.checkpoints.outbox.until_delivered(&id, number).await;
        }
        let (edition, status) = (Edition::of(object), workflows::refusal(&why));
        let released = workflows::write_status(client, (&namespace, &name), &edition, &status, true).await;
        match released {
            Err(error) if !answer::is_gone(&error) => Err(told(&error)),
            _ => Ok(()),
        }
    }

    async fn carry(&self, (namespace, name): &Key, (readable, ledger): (Readable, Ledger), inbox: Inbox) {
        let id: RunId = NEXT.fetch_add(1, Ordering::Relaxed);
        let Readable { workflow, owner, service_account, aborted, writer, edition, .. } = readable;
        let run = ledger.run(id, workflow);
        let execution = run.workflow.execution_id.clone();
        if ledger.phase().is_terminal() {
            return self.let_go(namespace, name).await;
        }
        self.owners().insert(id, Owner { reference: owner, service_account });
        let known = Known { edition, before: writer };
        self.checkpoints.open(id, execution, (namespace.clone(), name.clone()), ledger, known);
        if aborted {
            abort(&inbox.sender);
        }
        let stop = self.host.stop.clone();
        let (carried, ()) =
            tokio::join!(carry(self.host.clone(), run, true, inbox), self.checkpoints.keep(id, stop));
        if carried == Carried::ToItsEnd {
            tracing::info!(name, namespace, "a run has ended");
        }
        self.checkpoints.close(id);
        self.owners().remove(&id);
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<RunId, Owner>> {
        self.runner.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run that had ended before its object was let go.
    async fn let_go(&self, namespace: &str, name: &str) {
        let mut pause = PAUSE.0;
        while let Err(error) = workflows::release(&self.settings.client, namespace, name).await {
            if answer::is_gone(&error) {
                return;
            }
            tracing::warn!(
                name,
                error = told(&error),
                ?pause,
                "an ended workflow is not let go; it is tried again"
            );
            tokio::select! {
                () = self.host.stop.cancelled() => return,
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE.1),
            }
        }
    }
}

fn key_of(object: &PartialObjectMeta<DynamicObject>) -> Key {
    (object.namespace().unwrap_or_default(), object.name_any())
}

/// By which labels the objects of tasks are told from others.
fn labels(selector: Option<&str>) -> String {
    let of_runs = workflows::EXECUTION;
    selector.map_or_else(|| of_runs.to_owned(), |shard| format!("{of_runs},{shard}"))
}

fn abort(run: &UnboundedSender<Message>) {
    let (noted, _) = oneshot::channel();
    // A run that has just ended needs no abort.
    let _ = run.send(Message::Abort { cause: DELETED.to_owned(), noted });
}
