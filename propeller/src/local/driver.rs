//! The driver's handle: start a run, abort it, stop everything.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aileron_crd::{ExecutionId, FlyteWorkflow};
use aileron_engine::{RunEventPhase, RunPhase};
use aileron_idl::aileron::v1::ListWaitingNodesResponse;
use futures::FutureExt;
use futures::future::BoxFuture;
use prometheus_client::registry::Registry;
use rustix::fs::{FlockOperation, flock};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Settings;
use super::images;
use super::logs::LogReader;
use super::outbox::Outbox;
use super::runner::Processes;
use super::store::{Store, StoreError};
use crate::batch::with_batch;
use crate::connectors::with_connectors;
use crate::control::ControlPlane;
use crate::events::Narrator;
use crate::paths::Paths;
use crate::run::{Carried, Host, Inbox, Journal, JournalError, LiveRun, Message, Round, carry};
use crate::sink::EventSink;
use crate::{clock, told, waiting};

/// What a stop may take beyond the tasks' grace: persisting, and a last delivery of events.
const STOP_MARGIN: Duration = Duration::from_secs(1);
/// How long a folder that seems to be in use is tried again, and how often.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_PERIOD: Duration = Duration::from_millis(20);

/// Why the driver could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// Another process drives this data folder.
    #[error("`{0}` is used by another server; stop that one, or choose another data folder")]
    InUse(PathBuf),
    /// The data folder cannot be used.
    #[error("failed to use the data folder `{folder}`")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The driver's state could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The driver was shut down.
    #[error("the driver is stopped")]
    Stopped,
}

/// What the parts of one driver share.
pub(super) struct Shared {
    pub(super) settings: Arc<Settings>,
    pub(super) store: Store,
    pub(super) processes: Arc<Processes>,
    host: Arc<Host>,
    runs: Mutex<HashMap<ExecutionId, UnboundedSender<Message>>>,
    /// Told when events were persisted.
    news: Arc<Notify>,
    closing: CancellationToken,
    delivery: TaskTracker,
    /// Held as long as anything of this driver lives.
    _lock: File,
}

/// The driver's database, and whom to tell of events in it.
struct Kept {
    store: Store,
    news: Arc<Notify>,
}

impl Journal for Kept {
    fn commit(&self, round: Round) -> BoxFuture<'_, Result<(), JournalError>> {
        async move {
            self.store.commit(round).await.map_err(|error| JournalError(told(&error)))?;
            self.news.notify_one();
            Ok(())
        }
        .boxed()
    }
}

/// The one-machine driver. Cheap to clone; dropping it ends nothing, see [`LocalDriver::shutdown`].
#[derive(Clone)]
pub struct LocalDriver {
    shared: Arc<Shared>,
}

impl LocalDriver {
    /// Opens the data folder and goes on with every run that has not ended.
    ///
    /// Tasks that still run since the last time are waited for; those that were lost are run again
    /// without using up a retry.
    pub async fn open(
        mut settings: Settings,
        sink: Arc<dyn EventSink>,
        control: Arc<dyn ControlPlane>,
    ) -> Result<LocalDriver, DriverError> {
        let folder = settings.data_dir.clone();
        let failed = |source| DriverError::Folder { folder: folder.clone(), source };
        std::fs::create_dir_all(settings.attempts()).map_err(failed)?;
        // Folders name attempts in the process table, so they must not depend on where we were started.
        settings.data_dir = settings.data_dir.canonicalize().map_err(failed)?;
        settings.task_path = settings.task_path.map(std::path::absolute).transpose().map_err(failed)?;
        let lock = lock(&settings.data_dir).await?;
        remove_if_there(&settings.warm()).map_err(failed)?;
        if let Some(engine) = settings.containers {
            let settings = settings.clone();
            let swept = tokio::task::spawn_blocking(move || images::sweep(engine, &settings)).await;
            swept.map_err(|error| failed(io::Error::other(error)))?;
        }
        let store = Store::open(&settings.data_dir.join("driver.db")).await?;
        let driver = LocalDriver { shared: Arc::new(Shared::new(settings, store, control, lock)) };
        driver.deliver(sink);
        driver.discover();
        driver.resume().await?;
        Ok(driver)
    }

    /// Takes a run over; once this answers, it will be carried to its end. Starting a known execution
    /// does nothing.
    pub async fn start(&self, workflow: FlyteWorkflow) -> Result<(), DriverError> {
        self.refuse_if_stopped()?;
        let execution = workflow.execution_id.clone();
        let Some(inbox) = self.shared.register(&execution) else { return Ok(()) };
        match self.shared.store.add(&workflow).await {
            Ok(Some(id)) => {
                let run = LiveRun::new(id, workflow);
                self.shared.carry(run, false, inbox);
                Ok(())
            }
            Ok(None) => {
                self.shared.runs().remove(&execution);
                Ok(())
            }
            Err(error) => {
                self.shared.runs().remove(&execution);
                Err(error.into())
            }
        }
    }

    /// Asks for the end of a run; once this answers, that is durable. A run that has ended stays as it
    /// is. One that was never seen is reported as aborted, and will not be started any more.
    pub async fn abort(&self, execution: ExecutionId, cause: String) -> Result<(), DriverError> {
        self.refuse_if_stopped()?;
        let known = self.shared.runs().get(&execution).cloned();
        let Some(run) = known else { return self.abort_unseen(execution, cause).await };
        let (noted, durable) = oneshot::channel();
        if run.send(Message::Abort { cause: cause.clone(), noted }).is_ok() && durable.await.is_ok() {
            return Ok(());
        }
        // It has ended meanwhile and has said so, or its start was not persisted after all.
        self.refuse_if_stopped()?;
        self.abort_unseen(execution, cause).await
    }

    /// What the nodes of a run wait for; `None` when no such run is under way here.
    ///
    /// # Errors
    /// When the driver is stopped.
    pub async fn waiting(
        &self,
        execution: &ExecutionId,
        page: waiting::Page,
    ) -> Result<Option<ListWaitingNodesResponse>, DriverError> {
        self.refuse_if_stopped()?;
        let known = self.shared.runs().get(execution).cloned();
        let Some(run) = known else { return Ok(None) };
        let (answer, told) = oneshot::channel();
        if run.send(Message::Explain { page, answer }).is_err() {
            return Ok(None);
        }
        // One that ends meanwhile has nothing that waits.
        Ok(told.await.ok())
    }

    async fn abort_unseen(&self, execution: ExecutionId, cause: String) -> Result<(), DriverError> {
        let paths = Paths::of(&self.shared.settings.storage, &execution, "");
        let narrator = Narrator::new(execution.clone(), paths, &self.shared.settings.log_url_prefix);
        let event = narrator.run(&RunEventPhase::Aborted(cause.clone()), clock::now());
        self.shared.store.add_ended(execution, RunPhase::Aborted(cause), vec![event]).await?;
        self.shared.news.notify_one();
        Ok(())
    }

    /// Ends every task's processes and stops. Runs go on when the folder is opened again; what was
    /// running is run again then, at no cost. Takes the tasks' grace and at most 3 s more.
    pub async fn shutdown(&self) {
        let shared = &self.shared;
        shared.host.stop.cancel();
        shared.processes.workers.close();
        shared.host.tasks.close();
        let ended = tokio::time::timeout(shared.settings.grace + STOP_MARGIN, shared.host.tasks.wait()).await;
        if ended.is_err() {
            tracing::warn!("some tasks did not end in time; they are found again at the next start");
        }
        shared.processes.groups.close();
        shared.closing.cancel();
        shared.delivery.close();
        if tokio::time::timeout(STOP_MARGIN, shared.delivery.wait()).await.is_err() {
            tracing::warn!("some events are not delivered; they are sent at the next start");
        }
    }

    /// Reads the logs of this driver's tasks.
    pub fn logs(&self) -> LogReader {
        LogReader::new(&self.shared.settings.data_dir)
    }

    /// Shows what this driver counts to whoever scrapes the registry.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.shared.processes.metrics.register(registry);
    }

    /// Sets the gauges to what is now; to be called before the registry is read.
    ///
    /// # Errors
    /// When the driver's state cannot be read.
    pub async fn sample_metrics(&self) -> Result<(), DriverError> {
        Ok(self.shared.processes.metrics.sample(&self.shared).await?)
    }

    fn refuse_if_stopped(&self) -> Result<(), DriverError> {
        if self.shared.host.stop.is_cancelled() { Err(DriverError::Stopped) } else { Ok(()) }
    }

    fn deliver(&self, sink: Arc<dyn EventSink>) {
        let Shared { store, news, closing, delivery, .. } = self.shared.as_ref();
        let (store, news, closing) = (store.clone(), news.clone(), closing.clone());
        delivery.spawn(Outbox { store, sink, news, accepted: None, closing }.run());
    }

    fn discover(&self) {
        let Shared { settings, host, .. } = self.shared.as_ref();
        if let Some(connectors) = settings.connectors.clone() {
            host.tasks.spawn(connectors.discover(host.stop.clone()));
        }
    }

    async fn resume(&self) -> Result<(), DriverError> {
        for run in self.shared.store.live_runs().await? {
            if let Some(inbox) = self.shared.register(&run.workflow.execution_id) {
                self.shared.carry(run, true, inbox);
            }
        }
        let shared = self.shared.clone();
        self.shared.host.tasks.spawn(async move { shared.forget_ended().await });
        Ok(())
    }
}

impl Shared {
    fn new(settings: Settings, store: Store, control: Arc<dyn ControlPlane>, lock: File) -> Shared {
        let (settings, news) = (Arc::new(settings), Arc::<Notify>::default());
        let processes = Arc::new(Processes::new(settings.clone()));
        let host = Host {
            storage: settings.storage.clone(),
            control,
            journal: Arc::new(Kept { store: store.clone(), news: news.clone() }),
            runner: with_batch(
                settings.batch.as_ref(),
                with_connectors(settings.connectors.as_ref(), processes.clone()),
            ),
            literals: Default::default(),
            cache_news: Notify::new(),
            log_url_prefix: settings.log_url_prefix.clone(),
            max_nesting: settings.max_nesting,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        Shared {
            settings,
            store,
            processes,
            host: Arc::new(host),
            runs: Mutex::default(),
            news,
            closing: CancellationToken::new(),
            delivery: TaskTracker::new(),
            _lock: lock,
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<ExecutionId, UnboundedSender<Message>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn runs_under_way(&self) -> usize {
        self.runs().len()
    }

    /// A channel for a run, or `None` when it has one. It comes before the run's row, so that an abort
    /// that overtakes its start reaches it all the same.
    fn register(&self, execution: &ExecutionId) -> Option<Inbox> {
        let mut runs = self.runs();
        if runs.contains_key(execution) {
            return None;
        }
        let (sender, receiver) = unbounded_channel();
        runs.insert(execution.clone(), sender.clone());
        Some(Inbox { receiver, sender })
    }

    fn carry(self: &Arc<Shared>, run: LiveRun, resumed: bool, inbox: Inbox) {
        let (shared, execution) = (self.clone(), run.workflow.execution_id.clone());
        self.host.tasks.spawn(async move {
            if carry(shared.host.clone(), run, resumed, inbox).await == Carried::ToItsEnd {
                shared.run_ended(&execution).await;
            }
        });
    }

    /// Takes note of a run's end, which is persisted.
    async fn run_ended(&self, execution: &ExecutionId) {
        self.runs().remove(execution);
        self.forget_ended().await;
    }

    /// Removes the nodes of ended runs, a few at a time, so that other writes get in between.
    async fn forget_ended(&self) {
        loop {
            match self.store.forget_some().await {
                Ok(true) if !self.host.stop.is_cancelled() => {}
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(error = told(&error), "nodes of ended runs are removed later");
                    return;
                }
            }
        }
    }
}

/// What workers of an earlier driver left; those that still have attempts need it no more.
fn remove_if_there(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Locks a folder. A driver that has just ended may still seem to have it: what it had started shares its files until
/// that is a program of its own.
async fn lock(folder: &Path) -> Result<File, DriverError> {
    let until = Instant::now() + LOCK_PATIENCE;
    loop {
        match try_lock(folder) {
            Err(DriverError::InUse(_)) if Instant::now() < until => tokio::time::sleep(LOCK_PERIOD).await,
            done => return done,
        }
    }
}

fn try_lock(folder: &Path) -> Result<File, DriverError> {
    let failed = |source| DriverError::Folder { folder: folder.to_owned(), source };
    let file = File::create(folder.join(OsStr::new("driver.lock"))).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(DriverError::InUse(folder.to_owned())),
        Err(error) => Err(failed(error.into())),
    }
}
