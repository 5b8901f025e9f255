//! Traces, as a collector receives them: from a caller through request, store and hand-over to the task.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aileron_idl::admin::{ExecutionCreateRequest, ExecutionSpec, GetVersionRequest};
use aileron_idl::core::ResourceType;
use aileron_tests::programs::{chain, command, identifier};
use anyhow::{Context, Result};
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tonic::{Request, Response, Status};

use crate::{PATIENCE, World};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const ANY_PORT: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0));
/// A connection of this machine with itself that takes longer is not made.
const UNREACHABLE: Duration = Duration::from_millis(500);

/// A collector of either protocol, which keeps what it gets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

impl Collector {
    fn take(&self, request: ExportTraceServiceRequest) {
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        self.0.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
    }

    /// Serves on a free port; answers the address.
    async fn listen(&self) -> Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let http = post(|State(this): State<Collector>, body: Bytes| async move {
            this.take(ExportTraceServiceRequest::decode(body).unwrap());
        });
        let grpc = tonic::service::Routes::new(TraceServiceServer::new(self.clone())).into_axum_router();
        let routes = grpc.route("/v1/traces", http.with_state(self.clone()));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(address)
    }

    /// The spans of the caller's trace, by name.
    fn spans(&self) -> BTreeMap<String, Vec<Span>> {
        let mut found: BTreeMap<String, Vec<Span>> = BTreeMap::new();
        for span in self.0.lock().unwrap().iter().filter(|span| hex(&span.trace_id) == TRACE) {
            found.entry(span.name.clone()).or_default().push(span.clone());
        }
        found
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.take(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn log_of(world: &World, path: &str) -> Result<String> {
    let mut stream = std::net::TcpStream::connect(world.server.address().trim_start_matches("http://"))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer has a head")?;
    Ok(body.to_owned())
}

/// One launch as a part of the caller's trace; what the collector has after the server's end.
async fn traced(protocol: &str) -> Result<(BTreeMap<String, Vec<Span>>, String, String)> {
    let collector = Collector::default();
    let address = collector.listen().await?;
    let mut world = World::new(&["--otlp-endpoint", &address, "--otlp-protocol", protocol]).await?;
    let shows = command("shows", &["sh", "-c", "echo $TRACEPARENT"]);
    let task = world.client.create_task(shows).await?;
    world.client.create_workflow(chain("traced", &task, 1)).await?;

    let launch_plan = Some(identifier(ResourceType::LaunchPlan, "traced"));
    let mut request = Request::new(ExecutionCreateRequest {
        project: "flytesnacks".into(),
        domain: "development".into(),
        name: "run".into(),
        spec: Some(ExecutionSpec { launch_plan, ..ExecutionSpec::default() }),
        ..ExecutionCreateRequest::default()
    });
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{CALLER}-01").parse()?);
    let answer = world.client.admin.create_execution(request).await?;
    let told = answer.metadata().get("traceresponse").context("the caller is told")?.to_str()?.to_owned();
    let id = answer.into_inner().id.context("an execution has an id")?;
    world.client.succeed(&id, PATIENCE).await?;
    let log = log_of(&world, "/api/v1/logs/flytesnacks/development/run/n0/0")?;
    // What was not sent yet is sent at the end.
    assert!(world.server.terminate(Duration::from_secs(10))?.success());
    Ok((collector.spans(), told, log.trim().to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_is_one_trace_from_its_caller_to_its_task() -> Result<()> {
    for protocol in ["grpc", "http"] {
        let (spans, told, log) = traced(protocol).await?;
        let only = |name: &str| {
            let found = spans.get(name).map_or(&[][..], Vec::as_slice);
            assert_eq!(found.len(), 1, "{protocol} {name}: {:?}", spans.keys());
            found[0].clone()
        };
        let method = "flyteidl.service.AdminService/CreateExecution";
        let (http, rpc) = (only(&format!("/{method}")), only(method));
        assert_eq!(hex(&http.parent_span_id), CALLER);
        assert_eq!(told, format!("00-{TRACE}-{}-01", hex(&http.span_id)));
        assert_eq!(rpc.parent_span_id, http.span_id);
        assert!(spans["store.write"].iter().any(|write| write.parent_span_id == rpc.span_id), "{protocol}");
        let (hand_over, attempt) = (only("hand_over"), only("attempt"));
        assert_eq!(hand_over.parent_span_id, rpc.span_id);
        assert_eq!(attempt.parent_span_id, hand_over.span_id);
        assert_eq!(log, format!("00-{TRACE}-{}-01", hex(&attempt.span_id)));
    }
    Ok(())
}

/// A server that has something to tell this collector ends in time.
async fn ends_in_spite_of(collector: SocketAddr, protocol: &str) -> Result<()> {
    let endpoint = format!("http://{collector}");
    let mut world = World::new(&["--otlp-endpoint", &endpoint, "--otlp-protocol", protocol]).await?;
    world.client.admin.get_version(GetVersionRequest {}).await?;
    assert!(world.server.terminate(Duration::from_secs(10))?.success(), "{protocol}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_holds_nothing_up() -> Result<()> {
    for protocol in ["grpc", "http"] {
        // It stays bound, so that nobody else gets the port.
        let nobody = TcpSocket::new_v4()?;
        nobody.bind(ANY_PORT)?;
        ends_in_spite_of(nobody.local_addr()?, protocol).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_says_nothing_holds_nothing_up() -> Result<()> {
    for protocol in ["grpc", "http"] {
        let silent = TcpListener::bind(ANY_PORT).await?;
        ends_in_spite_of(silent.local_addr()?, protocol).await?;
    }
    Ok(())
}

/// As a host behind a firewall: what is sent to it is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_cannot_be_reached_holds_nothing_up() -> Result<()> {
    for protocol in ["grpc", "http"] {
        let socket = TcpSocket::new_v4()?;
        socket.bind(ANY_PORT)?;
        let full = socket.listen(1)?;
        let address = full.local_addr()?;
        let mut waiting = Vec::new();
        while let Ok(stream) = tokio::time::timeout(UNREACHABLE, TcpStream::connect(address)).await {
            waiting.push(stream?);
        }
        ends_in_spite_of(address, protocol).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_nobody_is_told_of_a_trace() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let mut request = Request::new(GetVersionRequest {});
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{CALLER}-01").parse()?);
    let answer = world.client.admin.get_version(request).await?;
    assert!(answer.metadata().get("traceresponse").is_none());
    Ok(())
}
