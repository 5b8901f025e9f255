//! Streams of changes: nothing is lost, whatever breaks in between.

use std::collections::BTreeMap;

use aileron_crd::ExecutionEvent;
use aileron_idl::admin::{
    ExecutionState, ExecutionTerminateRequest, ExecutionUpdateRequest, NodeExecutionListRequest,
};
use aileron_idl::aileron::v1::live_service_client::LiveServiceClient;
use aileron_idl::aileron::v1::{
    Progress, WatchExecutionRequest, WatchExecutionResponse, WatchExecutionsRequest, WatchExecutionsResponse,
};
use aileron_idl::core::{NodeExecutionIdentifier, node_execution::Phase};
use aileron_idl::event::NodeExecutionEvent;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic::transport::Channel;
use tonic::{Code, Streaming};
use tonic_web::GrpcWebClientLayer;
use tower::ServiceBuilder;

use crate::database::Tables;
use crate::fixture::{self, DOMAIN, PROJECT, execution_id, launch, number};
use crate::harness::TestServer;

const NODES: usize = 20_000;
const BATCH: usize = 500;

/// What a client knows: nodes by name, and how often it heard of one.
#[derive(Default)]
struct Known {
    nodes: BTreeMap<String, Phase>,
    token: String,
    caught_up: bool,
}

impl Known {
    fn learn(&mut self, message: WatchExecutionResponse) -> Progress {
        for node in message.node_executions {
            self.nodes.insert(node.id.unwrap().node_id, node.closure.unwrap().phase());
        }
        let progress = message.progress.unwrap();
        self.token.clone_from(&progress.token);
        self.caught_up = progress.caught_up;
        progress
    }
}

async fn live(server: &TestServer) -> LiveServiceClient<Channel> {
    LiveServiceClient::connect(format!("http://{}", server.address)).await.unwrap()
}

fn of_run(token: &str) -> WatchExecutionRequest {
    WatchExecutionRequest { id: Some(execution_id("run")), token: token.to_owned() }
}

async fn running() -> TestServer {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    server.admin.create_execution(launch("run", number(1))).await.unwrap();
    server
}

async fn report(server: &TestServer, nodes: impl Iterator<Item = usize>, phase: Phase) {
    let event = |index: usize| {
        let id =
            NodeExecutionIdentifier { node_id: format!("n{index}"), execution_id: Some(execution_id("run")) };
        let mut event = NodeExecutionEvent { id: Some(id), ..Default::default() };
        event.set_phase(phase);
        ExecutionEvent::Node(Box::new(event))
    };
    let events: Vec<_> = nodes.map(event).collect();
    for batch in events.chunks(BATCH) {
        let results = server.server.record_events(batch.to_vec()).await;
        assert!(results.iter().all(Result::is_ok));
    }
}

/// The rows themselves.
async fn rows(server: &mut TestServer) -> BTreeMap<String, Phase> {
    let mut found = BTreeMap::new();
    let mut token = String::new();
    loop {
        let request = NodeExecutionListRequest {
            workflow_execution_id: Some(execution_id("run")),
            limit: 5000,
            token,
            ..Default::default()
        };
        let page = server.admin.list_node_executions(request).await.unwrap().into_inner();
        found.extend(
            page.node_executions
                .into_iter()
                .map(|node| (node.id.unwrap().node_id, node.closure.unwrap().phase())),
        );
        token = page.token;
        if token.is_empty() {
            return found;
        }
    }
}

/// Reads until the stream has said everything that was reported by now.
async fn catch_up(stream: &mut Streaming<WatchExecutionResponse>, known: &mut Known, count: usize) {
    while known.nodes.len() < count || !known.caught_up {
        known.learn(stream.message().await.unwrap().unwrap());
    }
}

#[tokio::test]
async fn a_dropped_connection_loses_no_node() {
    let mut server = running().await;
    let mut client = live(&server).await;
    let mut known = Known::default();
    let mut stream = client.watch_execution(of_run("")).await.unwrap().into_inner();
    let write = async {
        report(&server, 0..NODES, Phase::Running).await;
        report(&server, (0..NODES).step_by(4), Phase::Succeeded).await;
    };
    let read = async {
        while known.nodes.len() < NODES / 2 {
            known.learn(stream.message().await.unwrap().unwrap());
        }
        // The connection breaks in the middle; what comes meanwhile is not heard.
        drop(stream);
        let mut stream =
            live(&server).await.watch_execution(of_run(&known.token)).await.unwrap().into_inner();
        let first = known.learn(stream.message().await.unwrap().unwrap());
        assert_eq!(first.fresh_because, "", "it goes on where it was");
        stream
    };
    let ((), mut stream) = tokio::join!(write, read);
    let succeeded = |known: &Known| known.nodes.values().filter(|phase| **phase == Phase::Succeeded).count();
    while succeeded(&known) < NODES / 4 || !known.caught_up {
        known.learn(stream.message().await.unwrap().unwrap());
    }
    let rows = rows(&mut server).await;
    assert_eq!(rows.len(), NODES);
    assert!(known.nodes == rows, "the stream's state differs from the rows");

    // The same over gRPC-web, from the beginning.
    let web = Client::builder(TokioExecutor::new()).build_http();
    let web = ServiceBuilder::new().layer(GrpcWebClientLayer::new()).service(web);
    let origin = format!("http://{}", server.address).parse().unwrap();
    let mut stream = LiveServiceClient::with_origin(web, origin)
        .max_decoding_message_size(16 << 20)
        .watch_execution(of_run(""))
        .await
        .unwrap()
        .into_inner();
    let mut known = Known::default();
    catch_up(&mut stream, &mut known, NODES).await;
    assert!(known.nodes == rows, "gRPC-web's state differs from the rows");
}

#[tokio::test]
async fn a_token_goes_on_over_a_restart_and_is_no_other_streams() {
    let server = running().await;
    report(&server, 0..3, Phase::Running).await;
    let mut client = live(&server).await;
    let mut known = Known::default();
    let mut stream = client.watch_execution(of_run("")).await.unwrap().into_inner();
    let first = known.learn(stream.message().await.unwrap().unwrap());
    assert_eq!(first.fresh_because, "the stream begins");
    catch_up(&mut stream, &mut known, 3).await;
    drop((stream, client));
    let mut server = server.restart().await;
    report(&server, 3..5, Phase::Running).await;
    let mut client = live(&server).await;
    let mut stream = client.watch_execution(of_run(&known.token)).await.unwrap().into_inner();
    let mut later = Known::default();
    let first = later.learn(stream.message().await.unwrap().unwrap());
    assert_eq!(first.fresh_because, "");
    catch_up(&mut stream, &mut later, 2).await;
    assert_eq!(later.nodes.keys().collect::<Vec<_>>(), ["n3", "n4"]);

    server.admin.create_execution(launch("other", number(1))).await.unwrap();
    let other = WatchExecutionRequest { id: Some(execution_id("other")), token: known.token.clone() };
    for (request, code) in [
        (other, Code::InvalidArgument),
        (of_run("!"), Code::InvalidArgument),
        (of_run("AAAA"), Code::InvalidArgument),
        (of_run(&"A".repeat(5000)), Code::InvalidArgument),
        (WatchExecutionRequest { id: Some(execution_id("nowhere")), ..Default::default() }, Code::NotFound),
        (WatchExecutionRequest::default(), Code::InvalidArgument),
    ] {
        assert_eq!(client.watch_execution(request).await.unwrap_err().code(), code);
    }
}

fn names(message: &WatchExecutionsResponse) -> (Vec<&str>, Vec<&str>) {
    let shown = message.executions.iter().map(|execution| execution.id.as_ref().unwrap().name.as_str());
    (shown.collect(), message.left.iter().map(|id| id.name.as_str()).collect())
}

async fn next(stream: &mut Streaming<WatchExecutionsResponse>) -> WatchExecutionsResponse {
    loop {
        let message = stream.message().await.unwrap().unwrap();
        if !message.executions.is_empty() || !message.left.is_empty() {
            return message;
        }
    }
}

#[tokio::test]
async fn a_list_says_what_comes_and_what_leaves_it() {
    let mut server = running().await;
    let mut client = live(&server).await;
    let ask = |filters: &str, only_changes| WatchExecutionsRequest {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        filters: filters.into(),
        only_changes,
        ..Default::default()
    };
    let mut all = client.watch_executions(ask("", false)).await.unwrap().into_inner();
    assert_eq!(names(&next(&mut all).await), (vec!["run"], vec![]));
    let mut new = client.watch_executions(ask("", true)).await.unwrap().into_inner();
    let mut live_ones = client
        .watch_executions(ask("value_in(phase,UNDEFINED;QUEUED;RUNNING)", false))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(names(&next(&mut live_ones).await).0, ["run"]);
    assert!(new.message().await.unwrap().unwrap().executions.is_empty());

    server.admin.create_execution(launch("second", number(1))).await.unwrap();
    for stream in [&mut all, &mut new, &mut live_ones] {
        assert!(names(&next(stream).await).0.contains(&"second"));
    }
    let id = execution_id("second");
    let request = ExecutionTerminateRequest { id: Some(id.clone()), cause: "x".into() };
    server.admin.terminate_execution(request).await.unwrap();
    while !names(&next(&mut live_ones).await).1.contains(&"second") {}
    let mut archive = ExecutionUpdateRequest { id: Some(id), ..Default::default() };
    archive.set_state(ExecutionState::ExecutionArchived);
    server.admin.update_execution(archive).await.unwrap();
    while !names(&next(&mut all).await).1.contains(&"second") {}
    let refused = client.watch_executions(ask("eq(nothing,1)", false)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_stopping_server_ends_its_streams() {
    let server = running().await;
    let mut stream = live(&server).await.watch_execution(of_run("")).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    server.stop.cancel();
    let ended = loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            ended => break ended,
        }
    };
    assert_eq!(ended.unwrap_err().code(), Code::Unavailable);
}

/// A transaction that began first and ends last: what it changed has a lower number than what was read.
#[tokio::test]
async fn a_late_commit_is_not_passed_over() {
    let mut server = TestServer::start_shared(true).await;
    fixture::register(&mut server).await;
    server.admin.create_execution(launch("run", number(1))).await.unwrap();
    report(&server, 0..2, Phase::Running).await;
    let mut known = Known::default();
    let mut stream = live(&server).await.watch_execution(of_run("")).await.unwrap().into_inner();
    catch_up(&mut stream, &mut known, 2).await;

    let Tables::Postgres(pool) = Tables::of(&server.database) else { panic!("it is shared") };
    let mut late = pool.begin().await.unwrap();
    let touch = "UPDATE node_executions SET closure = closure WHERE node_id = 'n0'";
    sqlx::query(touch).execute(&mut *late).await.unwrap();
    report(&server, 2..3, Phase::Running).await;
    // What came after the transaction that still runs has to wait for it, and is known to be missing.
    while known.caught_up {
        known.learn(stream.message().await.unwrap().unwrap());
    }
    assert!(!known.nodes.contains_key("n2"));
    known.nodes.clear();
    late.commit().await.unwrap();
    while known.nodes.len() < 2 || !known.caught_up {
        known.learn(stream.message().await.unwrap().unwrap());
    }
    assert_eq!(known.nodes.keys().collect::<Vec<_>>(), ["n0", "n2"]);
}
