//! Connectors' tasks in a cluster: no object is made of them, and their jobs outlive the propeller. The connector is a
//! server here; the real one is in `tests/python/test_connectors.py`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aileron_idl::admin::{
    Agent, CreateTaskRequest, CreateTaskResponse, DeleteTaskRequest, DeleteTaskResponse, GetTaskRequest,
    GetTaskResponse, ListAgentsRequest, ListAgentsResponse, Resource, TaskCategory,
};
use aileron_idl::core::task_execution::Phase;
use aileron_idl::core::{TaskTemplate, TypedInterface, VariableMap};
use aileron_idl::service::agent_metadata_service_server::{AgentMetadataService, AgentMetadataServiceServer};
use aileron_idl::service::async_agent_service_server::{AsyncAgentService, AsyncAgentServiceServer};
use aileron_propeller::connectors::Connectors;
use aileron_propeller::kubernetes::Settings;
use serde_json::json;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::flow::Flow;
use crate::harness::Room;

/// A connector whose jobs run until the test lets them end.
#[derive(Clone, Default)]
struct Played(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The phases of all jobs, by what they are known by.
    jobs: BTreeMap<Vec<u8>, Phase>,
    looks: usize,
}

impl Played {
    async fn serve() -> (Played, Connectors) {
        let (played, listener) = (Played::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let server = Server::builder()
            .add_service(AgentMetadataServiceServer::new(played.clone()))
            .add_service(AsyncAgentServiceServer::new(played.clone()));
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        let settings = json!({
            "defaultConnector": {"endpoint": address.to_string()}, "pollInterval": "100ms", "firstLook": "10ms",
            "longestLook": "50ms",
        });
        (played, Connectors::new(serde_json::from_value(settings).unwrap()).unwrap())
    }

    fn phases(&self) -> Vec<Phase> {
        self.0.lock().unwrap().jobs.values().copied().collect()
    }

    fn looks(&self) -> usize {
        self.0.lock().unwrap().looks
    }

    fn end_all(&self, phase: Phase) {
        self.0.lock().unwrap().jobs.values_mut().for_each(|job| *job = phase);
    }
}

#[tonic::async_trait]
impl AgentMetadataService for Played {
    async fn list_agents(
        &self,
        _: Request<ListAgentsRequest>,
    ) -> Result<Response<ListAgentsResponse>, Status> {
        let category = TaskCategory { name: "played".into(), version: 0 };
        let agent = Agent { supported_task_categories: vec![category], ..Agent::default() };
        Ok(Response::new(ListAgentsResponse { agents: vec![agent] }))
    }
}

#[tonic::async_trait]
impl AsyncAgentService for Played {
    async fn create_task(
        &self,
        request: Request<CreateTaskRequest>,
    ) -> Result<Response<CreateTaskResponse>, Status> {
        let meta = request.into_inner().output_prefix.into_bytes();
        self.0.lock().unwrap().jobs.insert(meta.clone(), Phase::Running);
        Ok(Response::new(CreateTaskResponse { resource_meta: meta }))
    }

    async fn get_task(&self, request: Request<GetTaskRequest>) -> Result<Response<GetTaskResponse>, Status> {
        let mut state = self.0.lock().unwrap();
        state.looks += 1;
        let known = state.jobs.get(&request.into_inner().resource_meta);
        let phase = *known.ok_or_else(|| Status::internal("no such job"))?;
        let resource =
            Resource { phase: phase.into(), message: "as it was told".into(), ..Resource::default() };
        Ok(Response::new(GetTaskResponse { resource: Some(resource) }))
    }

    async fn delete_task(
        &self,
        request: Request<DeleteTaskRequest>,
    ) -> Result<Response<DeleteTaskResponse>, Status> {
        self.0.lock().unwrap().jobs.remove(&request.into_inner().resource_meta);
        Ok(Response::new(DeleteTaskResponse {}))
    }
}

fn task() -> TaskTemplate {
    let none = || Some(VariableMap::default());
    let interface = Some(TypedInterface { inputs: none(), outputs: none() });
    TaskTemplate { r#type: "played".into(), interface, ..TaskTemplate::default() }
}

fn settings(room: &Room, connectors: &Connectors) -> Settings {
    Settings { connectors: Some(connectors.clone()), ..room.settings() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connectors_job_outlives_the_propeller_and_no_object_is_made() {
    let room = Room::new().await;
    let (played, connectors) = Played::serve().await;
    let controller = room.work_with(settings(&room, &connectors)).await;
    room.launch("elsewhere", &Flow::of(task(), 0)).await;
    room.wait_for("elsewhere", "n0/0 RUNNING").await;
    controller.kill();
    let controller = room.work_with(settings(&room, &connectors)).await;
    let before = played.looks();
    room.until("the job is looked at again", async || played.looks() > before + 2).await;
    played.end_all(Phase::Succeeded);
    room.wait_for("elsewhere", "run SUCCEEDED").await;
    assert_eq!(played.phases().len(), 1, "one job was made");
    assert!(room.pod_uids("elsewhere").await.is_empty());
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connectors_job_ends_with_its_execution_and_its_failure_is_told() {
    let room = Room::new().await;
    let (played, connectors) = Played::serve().await;
    let controller = room.work_with(settings(&room, &connectors)).await;
    room.launch("ended", &Flow::of(task(), 0)).await;
    room.wait_for("ended", "n0/0 RUNNING").await;
    room.delete("ended").await;
    room.wait_for("ended", "run ABORTED").await;
    room.until("its job is ended", async || played.phases().is_empty()).await;
    room.launch("failing", &Flow::of(task(), 0)).await;
    room.wait_for("failing", "n0/0 RUNNING").await;
    played.end_all(Phase::Failed);
    room.wait_for("failing", "run FAILED").await;
    assert_eq!(room.attempt_errors("failing"), ["USER TaskFailedWithError"]);
    controller.stop().await;
}
