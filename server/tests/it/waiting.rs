//! Why nodes do not run: asked of the data plane, with its answer or its silence told.

use aileron_idl::aileron::v1::waiting_service_client::WaitingServiceClient;
use aileron_idl::aileron::v1::{ListWaitingNodesRequest, ListWaitingNodesResponse, WaitingNode};
use aileron_server::{WaitingError, WaitingPage};
use tonic::{Code, Status};

use crate::fixture::{self, execution_id, launch, number};
use crate::harness::TestServer;

/// A server with one execution, which its data plane has if the launcher runs.
async fn server(launched: bool) -> TestServer {
    let mut server = TestServer::start_with(|_| {}, launched).await;
    fixture::register(&mut server).await;
    server.admin.create_execution(launch("e", number(3))).await.unwrap();
    server
}

async fn ask(
    server: &TestServer,
    name: &str,
    limit: u32,
    token: &str,
) -> Result<ListWaitingNodesResponse, Status> {
    let mut client = WaitingServiceClient::connect(format!("http://{}", server.address)).await.unwrap();
    let request = ListWaitingNodesRequest { id: Some(execution_id(name)), limit, token: token.into() };
    client.list_waiting_nodes(request).await.map(tonic::Response::into_inner)
}

fn one_node() -> ListWaitingNodesResponse {
    let nodes = vec![WaitingNode { node_id: "n0".into(), ..Default::default() }];
    ListWaitingNodesResponse { nodes, token: "7".into() }
}

#[tokio::test]
async fn the_data_planes_answer_is_passed_on_page_by_page() {
    let server = server(false).await;
    for (limit, token, page) in [
        (0, "", WaitingPage { first: 0, limit: 100 }),
        (5, "7", WaitingPage { first: 7, limit: 5 }),
        (1_000_000, "", WaitingPage { first: 0, limit: 1_000 }),
    ] {
        server.queue.answer_waiting(Ok(one_node()));
        assert_eq!(ask(&server, "e", limit, token).await.unwrap(), one_node());
        assert_eq!(server.queue.asked_waiting(), Some(page));
    }
}

#[tokio::test]
async fn what_is_on_its_way_has_no_nodes_that_wait() {
    let server = server(false).await;
    server.queue.answer_waiting(Err(WaitingError::Unknown));
    assert_eq!(ask(&server, "e", 0, "").await.unwrap(), ListWaitingNodesResponse::default());
}

#[tokio::test]
async fn a_refusal_says_whom_to_ask_and_when() {
    let mut server = server(true).await;
    server.next_handed().await;
    for (answer, code, text) in [
        (
            WaitingError::Unavailable("it starts".into()),
            Code::Unavailable,
            "it starts; ask again in a moment",
        ),
        (WaitingError::Unsupported, Code::Unimplemented, "telling what nodes wait for"),
    ] {
        server.queue.answer_waiting(Err(answer));
        let refused = ask(&server, "e", 0, "").await.unwrap_err();
        assert_eq!((refused.code(), refused.message().contains(text)), (code, true), "{refused:?}");
    }
    let refused = ask(&server, "gone", 0, "").await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let refused = ask(&server, "e", 0, "x").await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("the token of an answer"), "{refused:?}");
}
