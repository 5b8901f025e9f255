//! What runs elsewhere: a thousand jobs of a connector that takes its time to answer, and how soon it is told what an
//! operator says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aileron_idl::admin::{
    Agent, CreateTaskRequest, CreateTaskResponse, DeleteTaskRequest, DeleteTaskResponse, GetTaskRequest,
    GetTaskResponse, ListAgentsRequest, ListAgentsResponse, Resource, TaskCategory,
};
use aileron_idl::core::task_execution::Phase;
use aileron_idl::core::{TaskTemplate, TypedInterface, VariableMap};
use aileron_idl::json as protojson;
use aileron_idl::service::agent_metadata_service_server::{AgentMetadataService, AgentMetadataServiceServer};
use aileron_idl::service::async_agent_service_client::AsyncAgentServiceClient;
use aileron_idl::service::async_agent_service_server::{AsyncAgentService, AsyncAgentServiceServer};
use aileron_propeller::connectors::Connectors;
use aileron_propeller::kubernetes::Settings;
use aileron_propeller::plugins::registry;
use aileron_test_cluster::{Cluster, Nodes, definition};
use futures::future::join_all;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::json;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Request, Response, Status};

use crate::flow::Flow;
use crate::harness::Room;
use crate::{LIMIT, Numbers, cast, memory};

/// How long every answer takes.
const ANSWERS: Duration = Duration::from_millis(50);
/// How long every job takes.
const JOB: Duration = Duration::from_secs(4);
/// First and longest pause between two looks at a job; each is longer by half than the one before.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));
/// How many jobs there are.
const JOBS: usize = 1000;
/// How many statuses are written.
const STATUSES: usize = 200;

/// A connector whose jobs all take as long.
#[derive(Clone, Default)]
struct Slow(Arc<Mutex<BTreeMap<Vec<u8>, Instant>>>);

#[tonic::async_trait]
impl AgentMetadataService for Slow {
    async fn list_agents(
        &self,
        _: Request<ListAgentsRequest>,
    ) -> Result<Response<ListAgentsResponse>, Status> {
        let category = TaskCategory { name: "slow".into(), version: 0 };
        let agent = Agent { supported_task_categories: vec![category], ..Agent::default() };
        Ok(Response::new(ListAgentsResponse { agents: vec![agent] }))
    }
}

#[tonic::async_trait]
impl AsyncAgentService for Slow {
    async fn create_task(
        &self,
        request: Request<CreateTaskRequest>,
    ) -> Result<Response<CreateTaskResponse>, Status> {
        tokio::time::sleep(ANSWERS).await;
        let resource_meta = request.into_inner().output_prefix.into_bytes();
        self.0.lock().unwrap().insert(resource_meta.clone(), Instant::now());
        Ok(Response::new(CreateTaskResponse { resource_meta }))
    }

    async fn get_task(&self, request: Request<GetTaskRequest>) -> Result<Response<GetTaskResponse>, Status> {
        tokio::time::sleep(ANSWERS).await;
        let begun = self.0.lock().unwrap()[&request.into_inner().resource_meta];
        let phase = if begun.elapsed() < JOB { Phase::Running } else { Phase::Succeeded };
        let resource = Resource { phase: phase.into(), ..Resource::default() };
        Ok(Response::new(GetTaskResponse { resource: Some(resource) }))
    }

    async fn delete_task(
        &self,
        _: Request<DeleteTaskRequest>,
    ) -> Result<Response<DeleteTaskResponse>, Status> {
        Ok(Response::new(DeleteTaskResponse {}))
    }
}

/// A thousand jobs under way at once: how long they take by a client that does nothing else, and by the driver; and
/// what the process holds meanwhile.
pub(crate) async fn connectors(numbers: &mut Numbers) {
    let (slow, listener) = (Slow::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap().to_string();
    let server = Server::builder()
        .add_service(AgentMetadataServiceServer::new(slow.clone()))
        .add_service(AsyncAgentServiceServer::new(slow.clone()));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let floor = alone(&address).await;
    slow.0.lock().unwrap().clear();
    let (took, held) = driven(&address, &slow).await;
    numbers.insert("connector_jobs".to_owned(), json!(took));
    numbers.insert("connector_jobs_floor".to_owned(), json!(floor));
    numbers.insert("connector_jobs_ratio".to_owned(), json!(took / floor));
    numbers.insert("connector_jobs_rss".to_owned(), json!(held));
}

/// Seconds that all jobs take by calls alone.
async fn alone(address: &str) -> f64 {
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let begun = Instant::now();
    let job = async |number: usize| {
        let mut client = AsyncAgentServiceClient::new(channel.clone());
        let request = CreateTaskRequest { output_prefix: number.to_string(), ..CreateTaskRequest::default() };
        let resource_meta = client.create_task(request).await.unwrap().into_inner().resource_meta;
        let mut pause = PAUSES.0;
        loop {
            let request =
                GetTaskRequest { resource_meta: resource_meta.clone(), ..GetTaskRequest::default() };
            let resource = client.get_task(request).await.unwrap().into_inner().resource.unwrap();
            if resource.phase == i32::from(Phase::Succeeded) {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 3 / 2).min(PAUSES.1);
        }
    };
    join_all((0..JOBS).map(job)).await;
    begun.elapsed().as_secs_f64()
}

/// Seconds that they take as tasks of a run, and the memory in MB while all are under way.
async fn driven(address: &str, slow: &Slow) -> (f64, f64) {
    let none = || Some(VariableMap::default());
    let interface = Some(TypedInterface { inputs: none(), outputs: none() });
    let task = TaskTemplate { r#type: "slow".into(), interface, ..TaskTemplate::default() };
    let connectors = json!({"defaultConnector": {"endpoint": address, "changes": 0, "looks": 0}});
    let connectors = Connectors::new(serde_json::from_value(connectors).unwrap()).unwrap();
    let room = Room::new().await;
    let settings = Settings {
        connectors: Some(connectors),
        checkpoint_interval: Duration::from_secs(1),
        ..room.settings()
    };
    let controller = room.work_with(settings).await;
    let object = room.object("slow", &Flow::fan_out_of(JOBS, &task)).await;
    let begun = Instant::now();
    room.create(object).await;
    room.until("all are under way", async || slow.0.lock().unwrap().len() == JOBS).await;
    let held = memory("VmRSS:");
    room.wait_for_within("slow", "run SUCCEEDED", LIMIT).await;
    let took = begun.elapsed().as_secs_f64();
    controller.stop().await;
    (took, held)
}

/// Milliseconds from an operator's write of a status until its phase is told.
pub(crate) async fn operators(numbers: &mut Numbers) {
    let dask = registry().into_iter().find(|plugin| plugin.id() == "dask").unwrap();
    let kind = dask.resource();
    let manifest = definition(&format!("{}.{}", kind.plural, kind.group)).unwrap();
    Cluster::shared(Nodes::Instant).apply(&manifest).unwrap();
    let text = include_str!("../../tests/plugins/dask/each_its_own.task.json");
    let mut task: TaskTemplate = protojson::from_slice(text.as_bytes()).unwrap();
    task.interface = Some(TypedInterface::default());
    let room = Room::new().await;
    let controller = room.work_with(room.settings()).await;
    let api: Api<DynamicObject> = Api::namespaced_with(room.client.clone(), &room.namespace, &kind);
    let flow = Flow::of(task, 0);
    let mut delays = Vec::new();
    for number in 0..STATUSES {
        let name = format!("seen-{number}");
        room.launch(&name, &flow).await;
        let job = format!("{name}-n0-0");
        room.until("the object is there", async || api.get_opt(&job).await.unwrap().is_some()).await;
        let status = Patch::Merge(json!({"status": {"jobStatus": "Running"}}));
        let written = Instant::now();
        match api.patch_status(&job, &PatchParams::default(), &status).await {
            Err(kube::Error::Api(answer)) if answer.code == 404 => {
                api.patch(&job, &PatchParams::default(), &status).await.unwrap();
            }
            patched => drop(patched.unwrap()),
        }
        room.wait_for(&name, "n0/0 RUNNING").await;
        delays.push(written.elapsed().as_secs_f64() * 1000.0);
    }
    delays.sort_by(f64::total_cmp);
    for (name, of_hundred) in [("status_p50", 50), ("status_p99", 99)] {
        numbers.insert(name.to_owned(), json!(delays.get(delays.len() * of_hundred / 100)));
    }
    numbers.insert("statuses".to_owned(), json!(cast(delays.len())));
    controller.stop().await;
}
