//! Signals: asked for by a gate, set by a user, heard at once.

use aileron_idl::admin::{SignalGetOrCreateRequest, SignalListRequest, SignalSetRequest};
use aileron_idl::core::{Literal, LiteralType, SignalIdentifier, SimpleType, literal_type, primitive};
use aileron_idl::service::signal_service_client::SignalServiceClient;
use tonic::Code;
use tonic::transport::Channel;

use crate::fixture::{self, execution_id, launch, number};
use crate::harness::TestServer;

fn id(signal: &str) -> SignalIdentifier {
    SignalIdentifier { signal_id: signal.into(), execution_id: Some(execution_id("e")) }
}

fn integer() -> LiteralType {
    let r#type = Some(literal_type::Type::Simple(SimpleType::Integer as i32));
    LiteralType { r#type, ..Default::default() }
}

fn value(of: i64) -> Literal {
    number(of).literals.into_values().next().unwrap()
}

fn set(signal: &str, value: Option<Literal>) -> SignalSetRequest {
    SignalSetRequest { id: Some(id(signal)), value }
}

async fn with_signal() -> (TestServer, SignalServiceClient<Channel>) {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    server.admin.create_execution(launch("e", number(3))).await.unwrap();
    let mut signals = SignalServiceClient::connect(format!("http://{}", server.address)).await.unwrap();
    let request = SignalGetOrCreateRequest { id: Some(id("s")), r#type: Some(integer()) };
    let made = signals.get_or_create_signal(request.clone()).await.unwrap().into_inner();
    assert_eq!((made.id.clone(), made.value.clone()), (Some(id("s")), None));
    assert_eq!(signals.get_or_create_signal(request).await.unwrap().into_inner(), made);
    (server, signals)
}

#[tokio::test]
async fn whoever_waits_hears_of_a_set_signal() {
    let (server, mut signals) = with_signal().await;
    let waits = {
        let server = server.server.clone();
        tokio::spawn(async move { server.wait_for_signal(id("s"), integer()).await })
    };
    signals.set_signal(set("s", Some(value(41)))).await.unwrap();
    assert_eq!(waits.await.unwrap().unwrap(), value(41));
    assert_eq!(server.server.wait_for_signal(id("s"), integer()).await.unwrap(), value(41));
}

#[tokio::test]
async fn an_executions_signals_are_listed() {
    let (_server, mut signals) = with_signal().await;
    let request =
        SignalListRequest { workflow_execution_id: Some(execution_id("e")), limit: 10, ..Default::default() };
    let listed = signals.list_signals(request).await.unwrap().into_inner().signals;
    assert_eq!(listed.into_iter().map(|signal| signal.id.unwrap()).collect::<Vec<_>>(), [id("s")]);
}

#[tokio::test]
async fn a_signal_takes_values_of_its_type() {
    let (_server, mut signals) = with_signal().await;
    let code = |answer: Result<_, tonic::Status>| answer.map_err(|status| status.code());
    let text = fixture::primitive(primitive::Value::StringValue("no number".into()));
    let mut answers = Vec::new();
    for (signal, value) in [
        ("other", Some(value(1))),
        ("s", None),
        ("s", Some(text)),
        ("s", Some(value(1))),
        ("s", Some(value(1))),
        ("s", Some(value(2))),
    ] {
        answers.push(code(signals.set_signal(set(signal, value)).await.map(drop)));
    }
    assert_eq!(answers[..3], [Err(Code::InvalidArgument); 3]);
    assert_eq!(answers[3..], [Ok(()); 3]);
}

#[tokio::test]
async fn a_signal_needs_its_execution() {
    let server = TestServer::start().await;
    let mut signals = SignalServiceClient::connect(format!("http://{}", server.address)).await.unwrap();
    let request = SignalGetOrCreateRequest { id: Some(id("s")), r#type: Some(integer()) };
    assert_eq!(signals.get_or_create_signal(request).await.unwrap_err().code(), Code::NotFound);
}
