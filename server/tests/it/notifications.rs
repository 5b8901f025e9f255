//! Notifications: whoever a launch plan names is told of the ends that it names, once, over restarts and failures.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aileron_crd::ExecutionEvent;
use aileron_idl::admin::{
    EmailNotification, Notification, NotificationList, execution_spec::NotificationOverrides, notification,
};
use aileron_idl::core::{ExecutionError, workflow_execution::Phase};
use aileron_idl::event::{WorkflowExecutionEvent, workflow_execution_event::OutputResult};
use aileron_server::{Notifications, Settings};
use axum::extract::State;
use axum::routing::post;
use http::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::fixture::{self, execution_id, launch, number};
use crate::harness::TestServer;

/// Who is called: it refuses as often as it was told to, and tells what came.
struct Called {
    url: String,
    calls: mpsc::UnboundedReceiver<Value>,
}

#[derive(Clone)]
struct Calls {
    came: mpsc::UnboundedSender<Value>,
    refusals: Arc<AtomicUsize>,
}

async fn take(State(calls): State<Calls>, body: String) -> StatusCode {
    let left = calls.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    if left.is_ok() {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    calls.came.send(serde_json::from_str(&body).unwrap()).unwrap();
    StatusCode::NO_CONTENT
}

impl Called {
    async fn start(refusals: usize) -> Called {
        let (came, calls) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Calls { came, refusals: Arc::new(AtomicUsize::new(refusals)) };
        let routes = axum::Router::new().route("/hook", post(take)).with_state(state);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Called { url, calls }
    }

    fn settings(&self) -> impl FnOnce(&mut Settings) + use<> {
        let notifications = Notifications {
            webhook: Some(self.url.clone()),
            first_wait: Duration::from_millis(1),
            ..Notifications::default()
        };
        move |settings: &mut Settings| settings.notifications = notifications
    }

    /// The execution and the phase of the next call.
    async fn next(&mut self) -> (String, String) {
        let call = self.calls.recv().await.unwrap();
        let text = |pointer: &str| call.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        assert!(text("/url").ends_with(&format!("/executions/{}", text("/execution/name"))), "{call}");
        assert_eq!(call["recipients"], serde_json::json!(["ann@mail.test"]), "{call}");
        (text("/execution/name"), text("/phase"))
    }
}

fn notify(server: &TestServer) {
    let (server, stop) = (server.server.clone(), server.stop.clone());
    tokio::spawn(async move { server.run_notifier(stop).await });
}

/// An execution of which one phase is to be told.
async fn launched(server: &mut TestServer, name: &str, phase: Phase) {
    let email = EmailNotification { recipients_email: vec!["ann@mail.test".into()], ..Default::default() };
    let told = Notification { phases: vec![phase as i32], r#type: Some(notification::Type::Email(email)) };
    let mut request = launch(name, number(1));
    let list = NotificationList { notifications: vec![told] };
    request.spec.as_mut().unwrap().notification_overrides = Some(NotificationOverrides::Notifications(list));
    server.admin.create_execution(request).await.unwrap();
}

async fn ended(server: &TestServer, name: &str, phase: Phase) {
    let error = ExecutionError { message: "it broke".into(), ..ExecutionError::default() };
    let event = WorkflowExecutionEvent {
        execution_id: Some(execution_id(name)),
        phase: phase as i32,
        output_result: (phase == Phase::Failed).then_some(OutputResult::Error(error)),
        ..WorkflowExecutionEvent::default()
    };
    let answers = server.server.record_events(vec![ExecutionEvent::Workflow(Box::new(event))]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

fn pair(name: &str, phase: &str) -> (String, String) {
    (name.to_owned(), phase.to_owned())
}

#[tokio::test]
async fn the_ends_that_a_launch_names_are_told_and_no_others() {
    let mut called = Called::start(0).await;
    let mut server = TestServer::start_with(called.settings(), false).await;
    fixture::register(&mut server).await;
    notify(&server);
    for (name, told, end) in [
        ("well", Phase::Failed, Phase::Succeeded),
        ("bad", Phase::Failed, Phase::Failed),
        ("good", Phase::Succeeded, Phase::Succeeded),
    ] {
        launched(&mut server, name, told).await;
        ended(&server, name, end).await;
    }
    // In the order in which they ended.
    assert_eq!(called.next().await, pair("bad", "FAILED"));
    assert_eq!(called.next().await, pair("good", "SUCCEEDED"));
}

#[tokio::test]
async fn who_does_not_answer_is_told_later() {
    let mut called = Called::start(3).await;
    let mut server = TestServer::start_with(called.settings(), false).await;
    fixture::register(&mut server).await;
    notify(&server);
    launched(&mut server, "bad", Phase::Failed).await;
    ended(&server, "bad", Phase::Failed).await;
    assert_eq!(called.next().await, pair("bad", "FAILED"));
}

/// Whoever looks first tells; the others find nothing to do.
#[tokio::test]
async fn an_end_before_a_crash_is_told_by_one_of_many_servers() {
    let mut called = Called::start(0).await;
    let mut server = TestServer::start_shared(false).await;
    fixture::register(&mut server).await;
    let names: Vec<String> = (0..20).map(|at| format!("e{at}")).collect();
    for name in &names {
        launched(&mut server, name, Phase::Failed).await;
        ended(&server, name, Phase::Failed).await;
    }
    // The one that recorded them never sends.
    let others = [
        server.beside_with(called.settings(), false).await,
        server.beside_with(called.settings(), false).await,
    ];
    others.iter().for_each(notify);
    let mut told = Vec::new();
    for _ in &names {
        told.push(called.next().await.0);
    }
    told.sort();
    let mut expected = names.clone();
    expected.sort();
    assert_eq!(told, expected);
    // Another end is the next that is told: none of the first comes twice.
    launched(&mut server, "last", Phase::Failed).await;
    ended(&server, "last", Phase::Failed).await;
    assert_eq!(called.next().await, pair("last", "FAILED"));
}

/// An execution that no data plane takes has ended too.
#[tokio::test]
async fn an_execution_that_is_refused_is_told() {
    let mut called = Called::start(0).await;
    let mut server = TestServer::start_with(called.settings(), true).await;
    fixture::register(&mut server).await;
    notify(&server);
    let refused = aileron_server::HandoverError::Refused { code: "C".into(), message: "never".into() };
    server.queue.fail_with(refused);
    launched(&mut server, "refused", Phase::Failed).await;
    assert_eq!(called.next().await, pair("refused", "FAILED"));
}

#[tokio::test]
async fn settings_that_name_nobody_are_refused_at_the_start() {
    let wrong = Notifications { webhook: Some("nowhere".into()), ..Notifications::default() };
    let folder = tempfile::tempdir().unwrap();
    let storage = aileron_storage::Storage::folder(&folder.path().join("objects")).unwrap();
    let mut settings = Settings::new(folder.path(), "http://public.test", storage);
    settings.notifications = wrong;
    let refused =
        aileron_server::Server::open(settings, Arc::new(crate::harness::Nobody)).await.err().unwrap();
    let cause = std::error::Error::source(&refused).unwrap().to_string();
    assert!(cause.contains("`nowhere` is no address"), "{refused}: {cause}");
}
