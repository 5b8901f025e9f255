//! What every request passes: limits, time-outs, names.

use std::time::Duration;

use aileron_idl::admin::{ProjectListRequest, WorkflowExecutionGetRequest};
use aileron_idl::service::admin_service_client::AdminServiceClient;
use aileron_server::Limits;
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_types::StatusExt;

use crate::fixture::execution_id;
use crate::harness::{HttpAnswer, TestServer};

async fn limited(limits: Limits) -> TestServer {
    TestServer::start_with(|settings| settings.limits = limits, false).await
}

async fn read_all(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A connection that is reset is closed too.
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

#[tokio::test]
async fn a_request_has_an_id_which_its_refusal_names() {
    let mut server = TestServer::start().await;
    let mut request = Request::new(WorkflowExecutionGetRequest { id: Some(execution_id("nobody")) });
    request.metadata_mut().insert("x-request-id", "mine.1".parse().unwrap());
    let status = server.admin.get_execution(request).await.unwrap_err();
    assert_eq!(status.metadata().get("x-request-id").unwrap(), "mine.1");
    assert_eq!(status.get_error_details().request_info().unwrap().request_id, "mine.1");

    let answer = server.admin.list_projects(ProjectListRequest::default()).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap().len(), 32);
}

#[tokio::test]
async fn rest_names_requests_too() {
    let server = TestServer::start().await;
    let path = "/api/v1/executions/flytesnacks/development/nobody";
    let head = format!("GET {path} HTTP/1.1\r\nX-Request-Id: mine.2");
    let answer = server.http(&head, b"").await;
    assert!(answer.head.contains("x-request-id: mine.2"), "{}", answer.head);
    let detail = &answer.json()["details"][0];
    assert_eq!(detail["@type"], "type.googleapis.com/google.rpc.RequestInfo");
    assert_eq!(detail["requestId"], "mine.2");
}

#[tokio::test]
async fn requests_beyond_the_limit_are_refused_and_health_is_told() {
    let mut server = limited(Limits { max_requests: 2, ..Limits::default() }).await;
    let mut slow = [server.slow_launch().await, server.slow_launch().await];

    let status = server.admin.list_projects(ProjectListRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.message().contains("2 requests in flight already"), "{status:?}");
    let details = status.get_error_details();
    assert_eq!(details.retry_info().unwrap().retry_delay, Some(Duration::from_secs(1)));
    assert_eq!(status.metadata().get("grpc-retry-pushback-ms").unwrap(), "1000");

    let refused = server.get("/api/v1/projects", "application/json").await;
    assert_eq!(refused.status, 429);
    assert!(refused.head.contains("retry-after: 1"), "{}", refused.head);
    assert_eq!(refused.json()["code"], Code::ResourceExhausted as i32);
    assert_eq!(server.get("/healthcheck", "*/*").await.status, 200);

    slow[0].write_all(b"{}").await.unwrap();
    let mut head = [0; 12];
    slow[0].read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 400");
    assert!(server.admin.list_projects(ProjectListRequest::default()).await.is_ok());
}

/// Five hundred calls at once, on a server that takes four: each is answered, and rightly.
#[tokio::test]
async fn a_flood_is_refused_and_does_not_drown_the_server() {
    for limits in [
        Limits { max_requests: 4, ..Limits::default() },
        Limits { max_requests_per_connection: 4, ..Limits::default() },
    ] {
        let server = limited(limits).await;
        let calls = (0..500).map(|_| {
            let mut admin = server.admin.clone();
            async move {
                admin
                    .list_projects(ProjectListRequest::default())
                    .await
                    .map_or_else(|e| e.code(), |_| Code::Ok)
            }
        });
        let (codes, health) =
            tokio::join!(futures::future::join_all(calls), server.get("/healthcheck", "*/*"));
        let answered = |code| codes.iter().filter(|found| **found == code).count();
        let (served, refused) = (answered(Code::Ok), answered(Code::ResourceExhausted));
        assert!(served > 0 && refused > 0 && served + refused == 500, "{served} and {refused}");
        assert_eq!(health.status, 200);
        assert!(server.admin.clone().list_projects(ProjectListRequest::default()).await.is_ok());
    }
}

#[tokio::test]
async fn a_connection_too_many_is_closed() {
    // The harness holds one.
    let server = limited(Limits { max_connections: 2, ..Limits::default() }).await;
    let slow = server.slow_launch().await;
    let refused = TcpStream::connect(server.address).await.unwrap();
    assert!(read_all(refused).await.is_empty());
    drop(slow);
    while read_all(asking(&server).await).await.is_empty() {
        tokio::task::yield_now().await;
    }
}

async fn asking(server: &TestServer) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // The other end may be closed already.
    let _ = stream.write_all(b"GET /healthcheck HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    stream
}

#[tokio::test]
async fn whoever_does_not_say_what_it_wants_is_sent_away() {
    let server = limited(Limits { header_timeout: Duration::from_millis(100), ..Limits::default() }).await;
    for beginning in ["", "PRI * HT", "GET / HTTP/1.1\r\nHost"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let told = read_all(stream).await;
        assert!(told.is_empty() || told.starts_with(b"HTTP/1.1 4"), "{beginning}: {told:?}");
    }
    assert_eq!(server.get("/healthcheck", "*/*").await.status, 200);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let server = limited(Limits { request_timeout: Duration::from_millis(100), ..Limits::default() }).await;
    let answer = HttpAnswer::parse(&read_all(server.slow_launch().await).await);
    assert_eq!(answer.status, 504, "{}", answer.text());
    assert_eq!(answer.json()["code"], Code::DeadlineExceeded as i32);
}

#[tokio::test]
async fn a_stop_lets_requests_in_flight_end() {
    let server = TestServer::start().await;
    let mut slow = server.slow_launch().await;
    server.stop.cancel();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    slow.write_all(b"{}").await.unwrap();
    assert_eq!(HttpAnswer::parse(&read_all(slow).await).status, 400);
}

#[tokio::test]
async fn the_ends_of_limits_are_told_in_grpc() {
    let server = TestServer::start_with(|settings| settings.max_message_size = 1000, false).await;
    let channel = Channel::from_shared(format!("http://{}", server.address)).unwrap();
    let mut admin = AdminServiceClient::new(channel.connect().await.unwrap());
    let long = ProjectListRequest { filters: "x".repeat(2000), ..ProjectListRequest::default() };
    assert!(long.encoded_len() > 1000);
    let status = admin.list_projects(long).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert!(status.get_error_details().request_info().is_some(), "{status:?}");
}
