//! Inputs and outputs: inlined while they are small, by signed URL when they are not, and by `flyte://`.

use aileron_crd::ExecutionEvent;
use aileron_idl::admin::{NodeExecutionGetDataRequest, UrlBlob, WorkflowExecutionGetDataRequest};
use aileron_idl::core::{LiteralMap, NodeExecutionIdentifier, node_execution, primitive};
use aileron_idl::event::NodeExecutionEvent;
use aileron_idl::event::node_execution_event::OutputResult;
use aileron_idl::service::{GetDataRequest, get_data_response::Data};
use prost::Message;
use tonic::Code;

use crate::fixture::{self, execution_id, inputs, launch, number, primitive};
use crate::harness::TestServer;

/// Above the limit on what is inlined.
const LARGE: usize = 2 << 20;

fn text(length: usize) -> LiteralMap {
    inputs(&[("o0", primitive(primitive::Value::StringValue("x".repeat(length))))])
}

fn node() -> NodeExecutionIdentifier {
    NodeExecutionIdentifier { node_id: "n0".into(), execution_id: Some(execution_id("run")) }
}

/// A run whose node has these outputs.
async fn ran(outputs: LiteralMap) -> TestServer {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    server.admin.create_execution(launch("run", number(1))).await.unwrap();
    let mut event = NodeExecutionEvent { id: Some(node()), ..Default::default() };
    event.set_phase(node_execution::Phase::Succeeded);
    event.output_result = Some(OutputResult::OutputData(outputs));
    assert!(server.server.record_events(vec![ExecutionEvent::Node(Box::new(event))]).await[0].is_ok());
    server
}

/// Path and query of a URL.
fn path(url: &str) -> &str {
    &url[url.match_indices('/').nth(2).unwrap().0..]
}

#[tokio::test]
async fn what_is_large_goes_by_signed_url() {
    let mut server = ran(text(LARGE)).await;
    let request = NodeExecutionGetDataRequest { id: Some(node()) };
    let data = server.admin.get_node_execution_data(request).await.unwrap().into_inner();
    assert_eq!(data.full_outputs, Some(LiteralMap::default()));
    let UrlBlob { url, bytes } = data.outputs.unwrap();
    assert!(url.starts_with(&format!("http://{}/download/", server.address)), "{url}");
    let answer = server.get(path(&url), "*/*").await;
    assert_eq!((answer.status, answer.body.len() as i64), (200, bytes));
    assert_eq!(LiteralMap::decode(answer.body.as_slice()).unwrap(), text(LARGE));
    // REST says the same.
    let rest = "/api/v1/data/node_executions/flytesnacks/development/run/n0";
    let json = server.get(rest, "application/json").await.json();
    assert_eq!(json["outputs"]["bytes"], bytes.to_string());
    assert_eq!(data.inputs, Some(UrlBlob::default()));

    let request = WorkflowExecutionGetDataRequest { id: Some(execution_id("run")) };
    let data = server.admin.get_execution_data(request).await.unwrap().into_inner();
    assert_eq!((data.full_inputs, data.inputs), (Some(number(1)), Some(UrlBlob::default())));
}

#[tokio::test]
async fn downloads_are_read_in_parts() {
    let mut server = ran(text(LARGE)).await;
    let request = NodeExecutionGetDataRequest { id: Some(node()) };
    let data = server.admin.get_node_execution_data(request).await.unwrap().into_inner();
    let UrlBlob { url, bytes } = data.outputs.unwrap();
    let whole = server.get(path(&url), "*/*").await.body;
    for (range, first, last) in
        [("0-9", 0, 9), ("5-5", 5, 5), ("-4", bytes - 4, bytes - 1), ("100-", 100, bytes - 1)]
    {
        let head = format!("GET {} HTTP/1.1\r\nRange: bytes={range}", path(&url));
        let answer = server.http(&head, b"").await;
        assert_eq!(answer.status, 206, "{range}");
        assert!(answer.head.contains(&format!("content-range: bytes {first}-{last}/{bytes}")), "{range}");
        assert_eq!(answer.body, &whole[first as usize..=last as usize], "{range}");
    }
    for range in ["bytes=3-2", "bytes=0-1,5-6", "lines=1-2"] {
        let head = format!("GET {} HTTP/1.1\r\nRange: {range}", path(&url));
        assert_eq!(server.http(&head, b"").await.status, 200, "{range}");
    }
    let beyond = format!("GET {} HTTP/1.1\r\nRange: bytes={bytes}-", path(&url));
    let answer = server.http(&beyond, b"").await;
    assert_eq!(answer.status, 416);
    assert!(answer.head.contains(&format!("content-range: bytes */{bytes}")), "{}", answer.head);
    let head = server.http(&format!("HEAD {} HTTP/1.1", path(&url)), b"").await;
    assert!(head.head.contains(&format!("content-length: {bytes}")), "{}", head.head);
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn addresses_resolve_to_maps_and_literals() {
    let mut server = ran(number(4)).await;
    let ask = |rest: &str| GetDataRequest { flyte_url: format!("flyte://v1/flytesnacks/development/{rest}") };
    let whole = server.data_proxy.get_data(ask("run/n0/o")).await.unwrap().into_inner().data;
    assert_eq!(whole, Some(Data::LiteralMap(number(4))));
    let name = number(4).literals.into_keys().next().unwrap();
    let one = server.data_proxy.get_data(ask(&format!("run/n0/o/{name}"))).await.unwrap().into_inner().data;
    assert_eq!(one, number(4).literals.into_values().next().map(Data::Literal));
    for (rest, code, expected) in [
        ("run/n0/o/other", Code::InvalidArgument, "no such literal"),
        ("run/n0/7/o", Code::InvalidArgument, "no such attempt"),
        ("run/n0/0/d", Code::InvalidArgument, "write flyte://"),
        ("run/n0", Code::InvalidArgument, "write flyte://"),
        ("run/n0/o/../x", Code::InvalidArgument, "write flyte://"),
        ("run/n9/o", Code::NotFound, "n9"),
        ("other/n0/o", Code::NotFound, "other"),
        ("run/n0/d", Code::NotFound, "deck"),
    ] {
        let refused = server.data_proxy.get_data(ask(rest)).await.unwrap_err();
        assert_eq!(refused.code(), code, "{rest}: {refused}");
        assert!(refused.message().contains(expected), "{rest}: {refused}");
    }
}
