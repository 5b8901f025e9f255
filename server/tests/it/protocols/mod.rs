//! The same call gives the same answer at every door: one table of calls, each made over gRPC, over
//! gRPC-web in both its modes, and over REST in JSON and in protobuf by every path that the call has.

mod door;
mod route;

use std::collections::BTreeSet;

use aileron_idl::admin::SignalGetOrCreateRequest;
use aileron_idl::core::SignalIdentifier;
use aileron_idl::reflect;
use aileron_idl::service::signal_service_client::SignalServiceClient;
use prost_reflect::MethodDescriptor;
use serde_json::Value;

use self::door::Door;
pub(crate) use self::door::{Answer, Grpc, Raw};
use crate::events;
use crate::fixture::execution_id;
use crate::harness::{HttpAnswer, TestServer};

/// The calls, and what stands for what in them.
const CALLS: &str = include_str!("calls.txt");
const FRAGMENTS: &str = include_str!("fragments.txt");
const SERVICES: [&str; 4] = [
    "flyteidl.service.AdminService",
    "flyteidl.service.DataProxyService",
    "flyteidl.service.SignalService",
    "datacatalog.DataCatalog",
];

pub(crate) struct Call {
    pub(crate) method: MethodDescriptor,
    /// Whether two answers may differ in what they hold.
    timed: bool,
    /// One that is answered and one that is refused, where there are such.
    pub(crate) requests: [Option<String>; 2],
}

pub(crate) fn calls(stored: &str) -> Vec<Call> {
    let lines = CALLS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| call(line, stored)).collect()
}

fn call(line: &str, stored: &str) -> Call {
    let mut columns = line.split('|').map(str::trim);
    let rpc = columns.next().unwrap();
    let (timed, rpc) = (rpc.starts_with('~'), rpc.trim_start_matches('~'));
    let (service, method) = rpc.split_once('/').unwrap();
    let service = reflect::pool().services().find(|known| known.name() == service).unwrap();
    let method = service.methods().find(|known| known.name() == method).unwrap();
    let mut request = || {
        columns.next().filter(|text| !text.is_empty()).map(|text| expanded(text).replace("$stored", stored))
    };
    Call { method, timed, requests: [request(), request()] }
}

/// A request with each `$name` and `$name(x)` replaced by its fragment, in which `?` is x.
fn expanded(text: &str) -> String {
    let mut text = text.to_owned();
    for line in FRAGMENTS.lines() {
        let (name, fragment) = line.split_once(' ').unwrap();
        while let Some(start) = text.find(name) {
            let end = start + name.len();
            let (argument, end) = match text[end..].strip_prefix('(') {
                Some(rest) => (rest.split(')').next().unwrap().to_owned(), end + rest.find(')').unwrap() + 2),
                None => (String::new(), end),
            };
            text.replace_range(start..end, &fragment.replace('?', &argument));
        }
    }
    text
}

/// An execution that has ended, with a signal.
pub(crate) async fn prepared() -> TestServer {
    let server = events::running().await;
    let events = events::report(&server).await;
    assert!(server.server.record_events(events).await.iter().all(Result::is_ok));
    let mut signals = SignalServiceClient::connect(format!("http://{}", server.address)).await.unwrap();
    let id = SignalIdentifier { signal_id: "s".into(), execution_id: Some(execution_id("run")) };
    let simple = aileron_idl::core::literal_type::Type::Simple(1);
    let r#type = aileron_idl::core::LiteralType { r#type: Some(simple), ..Default::default() };
    let request = SignalGetOrCreateRequest { id: Some(id), r#type: Some(r#type) };
    signals.get_or_create_signal(request).await.unwrap();
    server
}

#[tokio::test]
async fn the_same_call_gives_the_same_answer_at_every_door() {
    let server = prepared().await;
    let mut wrong = Vec::new();
    for call in calls(&server.storage.uri(&["data", "out"])) {
        for (request, answered) in call.requests.iter().zip([true, false]) {
            let Some(request) = request else { continue };
            wrong.extend(differences(&server, &call, request, answered).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn differences(server: &TestServer, call: &Call, request: &str, answered: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut first = None;
    for (at, door) in Door::all(&call.method, request).into_iter().enumerate() {
        let name = format!("door{at}");
        let given = door.call(server, &call.method, &request.replace('@', &name)).await;
        let answer = if request.contains('@') { given.without(&name) } else { given };
        let answer = if call.timed { answer.shape() } else { answer };
        let expected = first.get_or_insert_with(|| answer.clone());
        if answer != *expected || answered != matches!(answer, Answer::Message(_)) {
            let rpc = call.method.full_name();
            wrong.push(format!("{rpc} at {door:?} with {request}:\n  {answer:?}\n  instead of {expected:?}"));
        }
    }
    wrong
}

#[test]
fn every_rpc_that_is_served_is_in_the_table() {
    let called: BTreeSet<String> = calls("").iter().map(|call| call.method.full_name().to_owned()).collect();
    let services = reflect::pool().services().filter(|service| SERVICES.contains(&service.full_name()));
    let served = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let missing: Vec<_> =
        served.map(|rpc| rpc.full_name().to_owned()).filter(|rpc| !called.contains(rpc)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What a browser asks before a page from elsewhere may call.
#[tokio::test]
async fn a_page_from_elsewhere_may_call() {
    let server = TestServer::start().await;
    for path in ["/flyteidl.service.AdminService/GetVersion", "/api/v1/executions", "/upload/x"] {
        let head = format!(
            "OPTIONS {path} HTTP/1.1\r\nOrigin: http://page.test\r\nAccess-Control-Request-Method: POST\r\n\
             Access-Control-Request-Headers: content-type,x-grpc-web,x-user-agent,grpc-timeout,flyte-authorization"
        );
        let answer = server.http(&head, b"").await;
        let allowed = |name: &str| header(&answer, name).unwrap_or_default();
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(allowed("access-control-allow-origin"), "http://page.test");
        assert!(allowed("access-control-allow-methods").contains("POST"), "{}", answer.head);
        for name in ["content-type", "x-grpc-web", "x-user-agent", "grpc-timeout", "flyte-authorization"] {
            assert!(allowed("access-control-allow-headers").contains(name), "{name}: {}", answer.head);
        }
    }
    let head = "GET /api/v1/version HTTP/1.1\r\nOrigin: http://page.test";
    let exposed = header(&server.http(head, b"").await, "access-control-expose-headers").unwrap();
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

/// The value of a header of an answer.
fn header(answer: &HttpAnswer, name: &str) -> Option<String> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned())
}

/// A value whose leaves are only said to be there.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(values) => values.iter().map(shape).collect(),
        Value::Null => Value::Null,
        _ => Value::from("some"),
    }
}
