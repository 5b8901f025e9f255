//! A namespace of a cluster, controllers in it, and a control plane that remembers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aileron_crd::ExecutionEvent;
use aileron_idl::admin::{ExecutionClosure, ExecutionCreateRequest, LaunchPlan, NodeExecution};
use aileron_idl::core::{
    ExecutionError, Identifier, Literal, LiteralMap, LiteralType, NodeExecutionIdentifier, SignalIdentifier,
    WorkflowExecutionIdentifier, node_execution, task_execution, workflow_execution,
};
use aileron_idl::datacatalog::{DatasetId, Reservation, ReservationId};
use aileron_idl::event::{task_execution_event, workflow_execution_event};
use aileron_propeller::catalog::{Cached, Catalog};
use aileron_propeller::control::{ControlError, ControlPlane};
use aileron_propeller::kubernetes::{Controller, Settings};
use aileron_propeller::sink::{EventSink, SinkError};
use aileron_storage::Storage;
use aileron_test_cluster::{Cluster, Nodes};
use futures::future::BoxFuture;
use http_body::Body as _;
use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, PostParams};
use kube::client::ClientBuilder;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::ObjectMeta;
use kube::{Client, Config, ResourceExt};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::util::MapRequestLayer;

use crate::flow::Flow;

/// Nothing here takes this long unless it hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// Remembers every event, when it is there.
#[derive(Default)]
pub(crate) struct Sink {
    events: watch::Sender<Vec<ExecutionEvent>>,
    pub(crate) is_away: AtomicBool,
    /// The execution whose events it does not take, if there is one.
    pub(crate) held: Mutex<Option<&'static str>>,
}

impl EventSink for Sink {
    fn record(&self, events: Vec<ExecutionEvent>) -> BoxFuture<'_, Result<(), SinkError>> {
        if self.is_away.load(Ordering::SeqCst) {
            return Box::pin(async { Err(SinkError::Unavailable("away".into())) });
        }
        let held = *self.held.lock().unwrap();
        if held.is_some_and(|name| events.iter().any(|event| event.execution().unwrap().name == name)) {
            return Box::pin(async { Err(SinkError::Held("not from its project".into())) });
        }
        self.events.send_modify(|known| known.extend(events));
        Box::pin(async { Ok(()) })
    }
}

/// A control plane that is asked nothing here.
pub(crate) struct Nobody;

fn refused<T: Send + 'static>() -> BoxFuture<'static, Result<T, ControlError>> {
    Box::pin(async { Err(ControlError::Refused("nobody answers here".into())) })
}

impl Catalog for Nobody {
    fn find(&self, _: DatasetId, _: String) -> BoxFuture<'_, Result<Option<Cached>, ControlError>> {
        refused()
    }
    fn put(&self, _: Cached, _: bool) -> BoxFuture<'_, Result<String, ControlError>> {
        refused()
    }
    fn reserve(&self, _: ReservationId, _: String) -> BoxFuture<'_, Result<Reservation, ControlError>> {
        refused()
    }
    fn release(&self, _: ReservationId, _: String) -> BoxFuture<'_, Result<(), ControlError>> {
        refused()
    }
}

impl ControlPlane for Nobody {
    fn signal(&self, _: SignalIdentifier, _: LiteralType) -> BoxFuture<'_, Result<Literal, ControlError>> {
        refused()
    }
    fn launch_plan(&self, _: Identifier) -> BoxFuture<'_, Result<Option<LaunchPlan>, ControlError>> {
        refused()
    }
    fn node(&self, _: NodeExecutionIdentifier) -> BoxFuture<'_, Result<Option<NodeExecution>, ControlError>> {
        refused()
    }
    fn launch(&self, _: ExecutionCreateRequest) -> BoxFuture<'_, Result<(), ControlError>> {
        refused()
    }
    fn ended(&self, _: WorkflowExecutionIdentifier) -> BoxFuture<'_, Result<ExecutionClosure, ControlError>> {
        refused()
    }
    fn terminate(
        &self,
        _: WorkflowExecutionIdentifier,
        _: String,
    ) -> BoxFuture<'_, Result<(), ControlError>> {
        refused()
    }
}

/// A namespace of its own, and what is told of the executions in it.
pub(crate) struct Room {
    nodes: Nodes,
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) storage: Storage,
    pub(crate) sink: Arc<Sink>,
    _objects: tempfile::TempDir,
}

/// A controller that works until it is stopped or killed.
pub(crate) struct Working {
    runtime: Runtime,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Working {
    /// Ends it in good order.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(LIMIT, self.task).await.unwrap().unwrap();
        self.runtime.shutdown_background();
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_background();
    }
}

/// What the controllers of this process have written to the API server.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// How often anything was.
    pub(crate) times: AtomicU64,
    /// How many bytes in all.
    pub(crate) bytes: AtomicU64,
}

pub(crate) static WRITTEN: Written = Written { times: AtomicU64::new(0), bytes: AtomicU64::new(0) };

/// A controller's client, whose writes are counted.
async fn counting_client_as(nodes: Nodes, user: Option<&str>) -> Client {
    let count = |request: http::Request<kube::client::Body>| {
        if request.method() != http::Method::GET {
            WRITTEN.times.fetch_add(1, Ordering::Relaxed);
            WRITTEN.bytes.fetch_add(request.body().size_hint().lower(), Ordering::Relaxed);
        }
        request
    };
    let builder = ClientBuilder::try_from(config_of(nodes, user).await).unwrap();
    builder.with_layer(&MapRequestLayer::new(count)).build()
}

/// A client that is the cluster's administrator.
pub(crate) async fn client() -> Client {
    client_of(Nodes::Instant).await
}

async fn client_of(nodes: Nodes) -> Client {
    Client::try_from(config_of(nodes, None).await).unwrap()
}

/// How one reaches the cluster as its administrator, or acting as a user.
async fn config_of(nodes: Nodes, user: Option<&str>) -> Config {
    let file = Cluster::shared(nodes).kubeconfig();
    let kubeconfig = Kubeconfig::read_from(file).unwrap();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    config.auth_info.impersonate = user.map(str::to_owned);
    config
}

impl Room {
    pub(crate) async fn new() -> Room {
        Room::on(Nodes::Instant).await
    }

    /// One of the cluster with such nodes.
    pub(crate) async fn on(nodes: Nodes) -> Room {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let client = client_of(nodes).await;
        define(&client).await;
        let namespace = format!("room-{}", NEXT.fetch_add(1, Ordering::SeqCst));
        let made = Namespace {
            metadata: ObjectMeta { name: Some(namespace.clone()), ..Default::default() },
            ..Default::default()
        };
        Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &made).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::folder(folder.path()).unwrap();
        let room = Room { nodes, client, namespace, storage, sink: Arc::default(), _objects: folder };
        room.until("the namespace's account is there", async || {
            let accounts: Api<k8s_openapi::api::core::v1::ServiceAccount> =
                Api::namespaced(room.client.clone(), &room.namespace);
            accounts.get_opt("default").await.unwrap().is_some()
        })
        .await;
        room
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            namespace: Some(self.namespace.clone()),
            checkpoint_interval: Duration::from_millis(100),
            ..Settings::new(self.client.clone(), self.storage.clone())
        }
    }

    pub(crate) async fn work(&self) -> Working {
        self.work_with(self.settings()).await
    }

    pub(crate) async fn work_with(&self, settings: Settings) -> Working {
        self.work_as(None, settings).await
    }

    /// A controller in a runtime of its own, with which all of it ends.
    pub(crate) async fn work_as(&self, user: Option<&'static str>, settings: Settings) -> Working {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (stop, sink, nodes) = (CancellationToken::new(), self.sink.clone(), self.nodes);
        let stopped = stop.clone();
        let task = runtime.spawn(async move {
            let settings = Settings { client: counting_client_as(nodes, user).await, ..settings };
            Controller::new(settings, sink, Arc::new(Nobody)).unwrap().run(stopped).await;
        });
        Working { runtime, stop, task }
    }

    pub(crate) fn workflows(&self) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &workflow_kind())
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The object that a control plane would make.
    pub(crate) async fn object(&self, name: &str, flow: &Flow) -> Value {
        let (closure, inputs) = (self.storage.uri(&["closures", name]), self.storage.uri(&["inputs", name]));
        self.storage.put_message(&closure, &flow.closure()).await.unwrap();
        self.storage.put_message(&inputs, &LiteralMap::default()).await.unwrap();
        json!({
            "apiVersion": "flyte.lyft.com/v1alpha1",
            "kind": "FlyteWorkflow",
            "metadata": {
                "name": name,
                "namespace": self.namespace,
                "labels": {"execution-id": name, "shard-key": flow.shard_key.to_string()},
            },
            "executionId": {"project": "p", "domain": "d", "name": name},
            "workflowClosureReference": closure,
            "offloadedInputs": inputs,
            "acceptedAt": "2026-01-01T00:00:00Z",
        })
    }

    pub(crate) async fn launch(&self, name: &str, flow: &Flow) {
        let object = self.object(name, flow).await;
        self.create(object).await;
    }

    pub(crate) async fn create(&self, object: Value) {
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        self.workflows().create(&PostParams::default(), &object).await.unwrap();
    }

    pub(crate) async fn delete(&self, name: &str) {
        self.workflows().delete(name, &DeleteParams::background()).await.unwrap();
    }

    /// Waits until a line like `run SUCCEEDED` was recorded, and gives all lines of the execution.
    pub(crate) async fn wait_for(&self, execution: &str, line: &str) -> Vec<String> {
        self.wait_for_within(execution, line, LIMIT).await
    }

    pub(crate) async fn wait_for_within(
        &self,
        execution: &str,
        wanted: &str,
        limit: Duration,
    ) -> Vec<String> {
        let mut events = self.sink.events.subscribe();
        let told = |event: &ExecutionEvent| line(event, execution).is_some_and(|line| line == wanted);
        let mut seen = 0;
        // Only what is new is looked at: there may be many.
        let recorded = |events: &Vec<ExecutionEvent>| {
            let found = events[seen..].iter().any(told);
            seen = events.len();
            found
        };
        let waited = tokio::time::timeout(limit, events.wait_for(recorded)).await.is_ok();
        let lines = lines(&self.sink.events.borrow(), execution);
        assert!(waited, "no `{wanted}` in {lines:#?}");
        lines
    }

    /// The error of a run.
    pub(crate) fn run_error(&self, execution: &str) -> ExecutionError {
        let events = self.sink.events.borrow();
        let found = events.iter().rev().find_map(|event| match event {
            ExecutionEvent::Workflow(event) if event.execution_id.as_ref()?.name == execution => {
                match &event.output_result {
                    Some(workflow_execution_event::OutputResult::Error(error)) => Some(error.clone()),
                    _ => None,
                }
            }
            _ => None,
        });
        found.unwrap()
    }

    /// The errors of all attempts of a node, as `CODE KIND`.
    pub(crate) fn attempt_errors(&self, execution: &str) -> Vec<String> {
        let events = self.sink.events.borrow();
        let error = |event: &ExecutionEvent| match event {
            ExecutionEvent::Task(event) => {
                let id = event.parent_node_execution_id.as_ref()?.execution_id.as_ref()?;
                match &event.output_result {
                    Some(task_execution_event::OutputResult::Error(error)) if id.name == execution => {
                        Some(format!("{} {}", error.kind().as_str_name(), error.code))
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        events.iter().filter_map(error).collect()
    }

    /// What the attempts of an execution were told to wait for.
    pub(crate) fn reasons(&self, execution: &str) -> Vec<String> {
        let events = self.sink.events.borrow();
        let reasons = |event: &ExecutionEvent| match event {
            ExecutionEvent::Task(event) => {
                let id = event.parent_node_execution_id.as_ref()?.execution_id.as_ref()?;
                (id.name == execution).then(|| event.reasons.clone())
            }
            _ => None,
        };
        events.iter().filter_map(reasons).flatten().map(|reason| reason.reason).collect()
    }

    /// The addresses of all logs and pages of an execution's attempts.
    pub(crate) fn logs(&self, execution: &str) -> Vec<String> {
        let events = self.sink.events.borrow();
        let logs = |event: &ExecutionEvent| match event {
            ExecutionEvent::Task(event) => {
                let id = event.parent_node_execution_id.as_ref()?.execution_id.as_ref()?;
                (id.name == execution).then(|| event.logs.clone())
            }
            _ => None,
        };
        events.iter().filter_map(logs).flatten().map(|log| log.uri).collect()
    }

    pub(crate) fn events(&self) -> Vec<ExecutionEvent> {
        self.sink.events.borrow().clone()
    }

    /// Waits until the object of a run says that it has ended, and gives it.
    pub(crate) async fn ended(&self, name: &str) -> DynamicObject {
        self.until("the run's object is let go", async || {
            let object = self.workflows().get(name).await.unwrap();
            object.labels().get("termination-status").is_some_and(|status| status == "terminated")
        })
        .await;
        self.workflows().get(name).await.unwrap()
    }

    /// The pods of an execution by name, with their uids.
    pub(crate) async fn pod_uids(&self, execution: &str) -> HashMap<String, String> {
        let list = ListParams::default().labels(&format!("execution-id={execution}"));
        let pods = self.pods().list(&list).await.unwrap().items;
        pods.into_iter().map(|pod| (pod.name_any(), pod.uid().unwrap())).collect()
    }

    /// Waits for a condition that no event tells of.
    pub(crate) async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let wait = async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(tokio::time::timeout(LIMIT, wait).await.is_ok(), "never: {what}");
    }
}

pub(crate) fn workflow_kind() -> ApiResource {
    ApiResource {
        group: "flyte.lyft.com".into(),
        version: "v1alpha1".into(),
        api_version: "flyte.lyft.com/v1alpha1".into(),
        kind: "FlyteWorkflow".into(),
        plural: "flyteworkflows".into(),
    }
}

/// Defines the kind of workflows in the cluster, once.
async fn define(client: &Client) {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    let definition: CustomResourceDefinition = serde_yaml_ng::from_str(aileron_crd::manifest()).unwrap();
    match api.create(&PostParams::default(), &definition).await {
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        made => drop(made.unwrap()),
    }
    let established = async {
        loop {
            let found = api.get("flyteworkflows.flyte.lyft.com").await.unwrap();
            let conditions = found.status.and_then(|status| status.conditions).unwrap_or_default();
            if conditions
                .iter()
                .any(|condition| condition.type_ == "Established" && condition.status == "True")
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, established).await.unwrap();
}

fn lines(events: &[ExecutionEvent], execution: &str) -> Vec<String> {
    events.iter().filter_map(|event| line(event, execution)).collect()
}

/// `run PHASE`, `NODE PHASE` or `NODE/ATTEMPT PHASE`.
fn line(event: &ExecutionEvent, execution: &str) -> Option<String> {
    let (id, line) = match event {
        ExecutionEvent::Workflow(event) => {
            let phase = workflow_execution::Phase::try_from(event.phase).unwrap().as_str_name();
            (event.execution_id.as_ref()?, format!("run {phase}"))
        }
        ExecutionEvent::Node(event) => {
            let phase = node_execution::Phase::try_from(event.phase).unwrap().as_str_name();
            let id = event.id.as_ref()?;
            (id.execution_id.as_ref()?, format!("{} {phase}", id.node_id))
        }
        ExecutionEvent::Task(event) => {
            let phase = task_execution::Phase::try_from(event.phase).unwrap().as_str_name();
            let id = event.parent_node_execution_id.as_ref()?;
            (id.execution_id.as_ref()?, format!("{}/{} {phase}", id.node_id, event.retry_attempt))
        }
    };
    (id.name == execution).then_some(line)
}
