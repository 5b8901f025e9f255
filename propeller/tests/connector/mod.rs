//! A connector whose jobs stand as the test says. The real one is in `tests/python/test_connectors.py`.

#![allow(dead_code, reason = "each driver's tests use a part of it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aileron_idl::admin::{
    Agent, CreateTaskRequest, CreateTaskResponse, DeleteTaskRequest, DeleteTaskResponse, GetTaskRequest,
    GetTaskResponse, ListAgentsRequest, ListAgentsResponse, Resource, TaskCategory,
};
use aileron_idl::core::LiteralMap;
use aileron_idl::core::task_execution::Phase;
use aileron_idl::service::agent_metadata_service_server::{AgentMetadataService, AgentMetadataServiceServer};
use aileron_idl::service::async_agent_service_server::{AsyncAgentService, AsyncAgentServiceServer};
use aileron_propeller::connectors::Connectors;
use serde_json::json;
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// A connector whose jobs run until the test lets them end.
#[derive(Clone, Default)]
pub(crate) struct Played(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The phases of all jobs, by what they are known by.
    jobs: BTreeMap<Vec<u8>, Phase>,
    /// What each was given, which is also what it puts out.
    inputs: BTreeMap<Vec<u8>, LiteralMap>,
    looks: usize,
}

impl Played {
    pub(crate) async fn serve() -> (Played, Connectors) {
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

    /// The phases of all jobs.
    pub(crate) fn phases(&self) -> Vec<Phase> {
        self.0.lock().unwrap().jobs.values().copied().collect()
    }

    /// How often any was looked at.
    pub(crate) fn looks(&self) -> usize {
        self.0.lock().unwrap().looks
    }

    pub(crate) fn end_all(&self, phase: Phase) {
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
        let request = request.into_inner();
        let meta = request.output_prefix.into_bytes();
        let mut state = self.0.lock().unwrap();
        state.inputs.insert(meta.clone(), request.inputs.unwrap_or_default());
        state.jobs.insert(meta.clone(), Phase::Running);
        Ok(Response::new(CreateTaskResponse { resource_meta: meta }))
    }

    async fn get_task(&self, request: Request<GetTaskRequest>) -> Result<Response<GetTaskResponse>, Status> {
        let mut state = self.0.lock().unwrap();
        state.looks += 1;
        let meta = request.into_inner().resource_meta;
        let phase = *state.jobs.get(&meta).ok_or_else(|| Status::internal("no such job"))?;
        let resource = Resource {
            phase: phase.into(),
            message: "as it was told".into(),
            outputs: state.inputs.get(&meta).filter(|given| !given.literals.is_empty()).cloned(),
            ..Resource::default()
        };
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
