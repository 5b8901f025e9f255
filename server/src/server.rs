//! The control plane as a value: opened once, cloned into whoever serves it.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aileron_crd::{ExecutionEvent, ExecutionId};
use aileron_idl::admin::{
    Execution, ExecutionClosure, ExecutionCreateRequest, ExecutionTerminateRequest, LaunchPlan,
    NodeExecution, NodeExecutionGetRequest, ObjectGetRequest, Project, WorkflowClosure,
};
use aileron_idl::core::{
    Identifier, Literal, LiteralType, NodeExecutionIdentifier, SignalIdentifier, WorkflowExecutionIdentifier,
};
use axum::middleware::{from_fn, from_fn_with_state};
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::Layer as _;

use crate::access::{Access, AccessError};
use crate::api::public_url;
use crate::bell::Bell;
use crate::catalog::Catalog;
use crate::error::ServiceError;
use crate::executor::Executor;
use crate::front::{Front, FrontMetrics, Tls, TlsError};
use crate::metrics::Metrics;
use crate::notifications::NotificationsError;
use crate::notifications::notifier::{self, Notifier};
use crate::recorder::Recorder;
use crate::scheduler::{Clock, WallClock};
use crate::service::admit_object::ObjectWish;
use crate::settings::Settings;
use crate::signing::Signer;
use crate::store::attributes::{AttributesRow, Place};
use crate::store::cache::Cache;
use crate::store::launch_plans::LaunchPlanRow;
use crate::store::outbox::DataPlane;
use crate::store::tasks::TaskRow;
use crate::store::workflows::WorkflowRow;
use crate::store::{Store, StoreError, outbox, projects};
use crate::{api, cluster, front, identity, launcher, scheduler};

/// Why a control plane could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder or a file in it cannot be used.
    #[error("failed to use `{path}`")]
    Folder {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Who may do what cannot be told.
    #[error("failed to set up access")]
    Access(#[from] AccessError),
    /// Nobody can be told of the ends of executions.
    #[error("failed to set up notifications")]
    Notifications(#[from] NotificationsError),
    /// TLS cannot be served.
    #[error("failed to set up TLS")]
    Tls(#[from] TlsError),
    /// The metadata store cannot be opened or migrated.
    #[error("failed to open the metadata store {database}")]
    Store {
        /// Which database; without a password.
        database: String,
        /// What it said.
        source: StoreError,
    },
}

/// A control plane. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Server {
    pub(crate) app: Arc<App>,
}

/// What every use-case has at hand.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    /// Takes in what is reported.
    pub(crate) recorder: Recorder,
    pub(crate) executor: Arc<dyn Executor>,
    /// Whom the executor hands over to.
    pub(crate) data_plane: DataPlane,
    pub(crate) signer: Signer,
    pub(crate) access: Access,
    /// Rung when an execution is to be handed over.
    pub(crate) wake_launcher: Notify,
    /// Rung when a schedule begins.
    pub(crate) wake_scheduler: Notify,
    /// Rung when an execution has ended.
    pub(crate) wake_notifier: Notify,
    pub(crate) notifier: Notifier,
    pub(crate) caches: Caches,
    /// Rung when a signal is set.
    pub(crate) signals_set: Bell<SignalIdentifier>,
    /// Rung when an execution's phase may have changed.
    pub(crate) executions_changed: Bell<WorkflowExecutionIdentifier>,
    /// Rung when something of an execution was reported.
    pub(crate) rows_changed: Bell<WorkflowExecutionIdentifier>,
    /// Cancelled when the server is to stop: what would last for ever ends.
    pub(crate) stopping: CancellationToken,
    /// What requests pass before they come here.
    pub(crate) front: Arc<Front>,
    pub(crate) metrics: Metrics,
}

/// What is asked for again and again. All but projects, executions and attributes never change once they are there.
pub(crate) struct Caches {
    pub(crate) projects: Cache<String, Arc<Project>>,
    pub(crate) tasks: Cache<Identifier, Arc<TaskRow>>,
    pub(crate) workflows: Cache<i64, Arc<WorkflowRow>>,
    pub(crate) closures: Cache<String, Arc<WorkflowClosure>>,
    /// For launching: the state in it may be old.
    pub(crate) launch_plans: Cache<Identifier, Arc<LaunchPlanRow>>,
    pub(crate) executions: Cache<WorkflowExecutionIdentifier, Arc<Execution>>,
    /// What is set on places and above them.
    pub(crate) attributes: Cache<Place, Arc<[AttributesRow]>>,
}

impl Caches {
    /// What may change is only remembered when nobody else changes it.
    fn new(shared: bool) -> Caches {
        let unshared = |bound| if shared { 0 } else { bound };
        Caches {
            projects: Cache::new(unshared(1000)),
            tasks: Cache::new(1000),
            workflows: Cache::new(500),
            closures: Cache::new(100),
            launch_plans: Cache::new(500),
            executions: Cache::new(unshared(10_000)),
            attributes: Cache::new(unshared(1000)),
        }
    }
}

impl Server {
    /// Opens the metadata store and the signing key in the data folder, and seeds the projects.
    /// What was accepted and not handed over before a stop is handed over again by the launcher.
    ///
    /// # Errors
    /// When the folder or the store in it cannot be used.
    pub async fn open(settings: Settings, executor: Arc<dyn Executor>) -> Result<Server, OpenError> {
        let folder = |path: PathBuf| move |source| OpenError::Folder { path, source };
        tokio::fs::create_dir_all(&settings.data_dir).await.map_err(folder(settings.data_dir.clone()))?;
        let key = settings.data_dir.join("signing.key");
        let signer = Signer::open(&key).map_err(folder(key))?;
        let cluster = match &settings.cluster {
            Some(name) => name.clone(),
            None => {
                let kept = settings.data_dir.join("cluster");
                cluster::own(&kept).await.map_err(folder(kept))?
            }
        };
        let store = match ready_store(&settings, &cluster).await {
            Ok(store) => store,
            Err(source) => return Err(OpenError::Store { database: settings.database.to_string(), source }),
        };
        let authentication = settings.authentication.clone();
        let roles = settings.roles_file.clone();
        let access = Access::open(authentication, roles, &settings.public_url, settings.max_caller_rate)?;
        let notifier = Notifier::open(settings.notifications.clone())?;
        let tls = settings.tls.clone().map(Tls::open).transpose()?;
        let front = Arc::new(Front {
            limits: settings.limits.clone(),
            cors_origins: settings.cors_origins.clone(),
            has_callers: access.is_on(),
            metrics: FrontMetrics::default(),
            tls,
        });
        let data_plane = DataPlane { name: cluster, labels: settings.cluster_labels.clone() };
        let shared = store.is_shared();
        let recorder = Recorder::start(&store);
        let app = App {
            settings,
            store,
            recorder,
            executor,
            data_plane,
            signer,
            access,
            wake_launcher: Notify::new(),
            wake_scheduler: Notify::new(),
            wake_notifier: Notify::new(),
            notifier,
            caches: Caches::new(shared),
            signals_set: Bell::new(shared),
            executions_changed: Bell::new(shared),
            rows_changed: Bell::new(shared),
            stopping: CancellationToken::new(),
            front,
            metrics: Metrics::default(),
        };
        Ok(Server { app: Arc::new(app) })
    }

    /// Serves routes on a listener until `shutdown` completes; then requests in flight have a while to
    /// end. The routes may be more than [`router`](Server::router): all are held to the same limits, each
    /// request has an id, and each caller is known where callers are told apart.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub async fn serve(
        &self,
        listener: TcpListener,
        routes: axum::Router,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<()> {
        let stopping = self.app.stopping.clone();
        let shutdown = async move {
            shutdown.await;
            stopping.cancel();
        };
        let named = from_fn(public_url::remember).layer(routes);
        let routes = from_fn_with_state(self.app.clone(), identity::authenticate).layer(named);
        front::serve(self.app.front.clone(), listener, routes, shutdown).await
    }

    /// Shows what this server counts to whoever scrapes the registry.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.app.front.metrics.register(registry);
        self.app.metrics.register(registry);
        self.app.store.metrics().register(registry);
    }

    /// Sets the gauges to what is now; to be called before the registry is read.
    ///
    /// # Errors
    /// When the metadata store cannot be read.
    pub async fn sample_metrics(&self) -> Result<(), StoreError> {
        self.app.metrics.sample(&self.app).await
    }

    /// Everything that is served on the port: gRPC, gRPC-web, REST, file transfer, `/healthcheck`.
    /// More routes can be merged into it; it has no fallback.
    pub fn router(&self) -> axum::Router {
        api::router(&self.app)
    }

    /// Records what the data plane reports, in order and in one transaction; one answer an event.
    /// An event that was recorded before answers [`ServiceError::RepeatedEvent`].
    pub async fn record_events(&self, events: Vec<ExecutionEvent>) -> Vec<Result<(), ServiceError>> {
        self.app.record_events(events).await
    }

    /// Waits until a signal has a value; it is made known, of this type, when it is not.
    ///
    /// # Errors
    /// When its execution is not known, or the store cannot be read.
    pub async fn wait_for_signal(
        &self,
        id: SignalIdentifier,
        r#type: LiteralType,
    ) -> Result<Literal, ServiceError> {
        self.app.wait_for_signal(id, r#type).await
    }

    /// Waits until an execution has ended, and says how.
    ///
    /// # Errors
    /// When it is not known, or the store cannot be read.
    pub async fn wait_for_end(
        &self,
        id: WorkflowExecutionIdentifier,
    ) -> Result<ExecutionClosure, ServiceError> {
        self.app.wait_for_end(&id).await
    }

    /// Executions that this server's data plane was given, that have not ended and of which nothing was told for so long.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn under_way(&self, quiet: Duration) -> Result<Vec<ExecutionId>, ServiceError> {
        self.app.under_way(quiet).await
    }

    /// A registered launch plan.
    ///
    /// # Errors
    /// As the RPC GetLaunchPlan answers.
    pub async fn launch_plan(&self, id: Identifier) -> Result<LaunchPlan, ServiceError> {
        self.app.get_launch_plan(ObjectGetRequest { id: Some(id) }).await
    }

    /// A node execution, as the RPC GetNodeExecution answers it; `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn node_execution(
        &self,
        id: NodeExecutionIdentifier,
    ) -> Result<Option<NodeExecution>, ServiceError> {
        match self.app.get_node_execution(NodeExecutionGetRequest { id: Some(id) }).await {
            Ok(node) => Ok(Some(node)),
            Err(ServiceError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Accepts an execution, as the RPC CreateExecution does.
    ///
    /// # Errors
    /// As the RPC answers.
    pub async fn create_execution(&self, request: ExecutionCreateRequest) -> Result<(), ServiceError> {
        self.app.create_execution(request).await.map(drop)
    }

    /// Begins the end of an execution, as the RPC TerminateExecution does.
    ///
    /// # Errors
    /// As the RPC answers.
    pub async fn terminate_execution(
        &self,
        id: WorkflowExecutionIdentifier,
        cause: String,
    ) -> Result<(), ServiceError> {
        let request = ExecutionTerminateRequest { id: Some(id), cause };
        self.app.terminate_execution(request).await.map(drop)
    }

    /// What namespaces of a project's domain are filled with: its attributes of cluster resources.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn cluster_resources(
        &self,
        project: &str,
        domain: &str,
    ) -> Result<BTreeMap<String, String>, ServiceError> {
        let place = Place { project: project.to_owned(), domain: domain.to_owned(), workflow: String::new() };
        Ok(self.app.matched(&place).await?.cluster_resources())
    }

    /// Whether `user:NAME`, `client:NAME` or a run ([`RunKey`](crate::RunKey)) may do something with the object of a key, or with all whose keys begin so.
    ///
    /// # Errors
    /// When they may not, or it cannot be told.
    pub async fn admit_object(&self, who: &str, wish: ObjectWish, key: &str) -> Result<(), ServiceError> {
        self.app.admit_object(who, wish, key).await
    }

    /// The catalog of cached outputs, for a data plane in this process.
    pub fn catalog(&self) -> Catalog {
        Catalog::new(self.app.clone())
    }

    /// Hands accepted executions to the executor until `stop` is cancelled.
    pub async fn run_launcher(&self, stop: CancellationToken) {
        launcher::run(&self.app, stop).await;
    }

    /// Tells people of the ends of executions, until `stop` is cancelled. Servers on one store may all do so: they share
    /// the work.
    pub async fn run_notifier(&self, stop: CancellationToken) {
        notifier::run(&self.app, stop).await;
    }

    /// Launches what the schedules of active launch plans ask for, until `stop` is cancelled. Servers
    /// on one store may all do so: each tick becomes one execution.
    pub async fn run_scheduler(&self, stop: CancellationToken) {
        self.run_scheduler_by(&WallClock, stop).await;
    }

    /// As [`run_scheduler`](Server::run_scheduler), by another clock than the machine's.
    pub async fn run_scheduler_by(&self, clock: &dyn Clock, stop: CancellationToken) {
        scheduler::run(&self.app, clock, stop).await;
    }
}

/// The store with its projects, and what was accepted and not handed over to be handed over again.
async fn ready_store(settings: &Settings, cluster: &str) -> Result<Store, StoreError> {
    let store = Store::open_with(&settings.database, settings.query_timeout).await?;
    for name in &settings.projects {
        seed(&store, name).await?;
    }
    let cluster = cluster.to_owned();
    store.write(|db| Box::pin(async move { outbox::begin_again(db, &cluster).await })).await?;
    Ok(store)
}

async fn seed(store: &Store, name: &str) -> Result<(), StoreError> {
    if projects::find(store.readers(), name).await?.is_some() {
        return Ok(());
    }
    let project = projects::seeded(name);
    match store.write(move |db| Box::pin(async move { projects::insert(db, &project).await })).await {
        // Another server that starts was faster.
        Err(StoreError::Duplicate(_)) => Ok(()),
        seeded => seeded,
    }
}

/// How often the launcher looks without being rung.
pub(crate) const LAUNCHER_PERIOD: Duration = Duration::from_secs(5);
