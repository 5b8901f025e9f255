//! What the tasks of a run may do with objects by the key of the store's door that their run has.

use aileron_idl::admin::{Project, ProjectRegisterRequest, WorkflowExecutionEventRequest};
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::event::WorkflowExecutionEvent;
use aileron_server::ObjectWish::{self, Read, Remove, Write};
use prost_types::Timestamp;

use super::bind;
use crate::fixture::{self, execution_id, launch, number};
use crate::harness::TestServer;

async fn with_runs(names: &[&str]) -> TestServer {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    for name in names {
        server.server.create_execution(launch(name, number(1))).await.unwrap();
    }
    server
}

async fn refusal(server: &TestServer, run: &str, wish: ObjectWish, key: &str) -> Option<String> {
    let judged = server.server.admit_object(&format!("run:{run}"), wish, key).await;
    judged.err().map(|error| error.to_string())
}

const MINE: &str = "flytesnacks/development/mine";

#[tokio::test]
async fn a_runs_key_reads_its_project_and_writes_what_is_its_own() {
    let server = with_runs(&["mine", "other"]).await;
    let outputs =
        |run: &str| format!("metadata/propeller/flytesnacks-development-{run}/n0/data/0/outputs.pb");
    let bulk = |run: &str| format!("data/flytesnacks/development/{run}/xy/{run}-n0-0/file");
    for (key, reads, writes) in [
        (outputs("mine"), true, true),
        (bulk("mine"), true, true),
        (outputs("other"), true, false),
        (bulk("other"), true, false),
        ("flytesnacks/development/ABC=/script.tar.gz".to_owned(), true, false),
        ("metadata/flytesnacks/development/mine/inputs".to_owned(), true, false),
        ("metadata/admin/flytesnacks/development/wf/v1".to_owned(), true, false),
        ("flytesnacks/production/ABC=/script.tar.gz".to_owned(), false, false),
        ("metadata/propeller/flytesnacks-production-mine/n0/data/0/outputs.pb".to_owned(), false, false),
        ("data/flytesnacks/production/mine/xy/mine-n0-0/file".to_owned(), false, false),
        ("data/xy/mine-n0-0/file".to_owned(), false, false),
        (String::new(), false, false),
    ] {
        for (wish, expected) in [(Read, reads), (Write, writes), (Remove, writes)] {
            let told = refusal(&server, MINE, wish, &key).await;
            assert_eq!(told.is_none(), expected, "{wish:?} {key}: {told:?}");
        }
    }
    let told = refusal(&server, MINE, Write, &outputs("other")).await.unwrap();
    assert!(told.contains("metadata/propeller/flytesnacks-development-mine/"), "{told}");
    // What anyone who is known may read, tasks may; and no more than read.
    bind(&server, "anyone", "admin", "flytesnacks/production").await;
    let shared = "flytesnacks/production/ABC=/script.tar.gz";
    let mut told = refusal(&server, MINE, Read, shared).await;
    while told.is_some() {
        // Bindings are read again once a second.
        tokio::task::yield_now().await;
        told = refusal(&server, MINE, Read, shared).await;
    }
    assert!(refusal(&server, MINE, Write, shared).await.is_some());
}

#[tokio::test]
async fn a_runs_key_ends_with_it() {
    let mut server = with_runs(&["old", "fresh"]).await;
    let key = |name: &str| format!("metadata/propeller/flytesnacks-development-{name}/n0/data/0/outputs.pb");
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()).unwrap();
    for (name, at) in [("old", 2), ("fresh", now)] {
        for (phase, seconds) in [(Phase::Running, at - 1), (Phase::Failed, at)] {
            let event = WorkflowExecutionEvent {
                execution_id: Some(execution_id(name)),
                phase: phase as i32,
                occurred_at: Some(Timestamp { seconds, nanos: 0 }),
                ..Default::default()
            };
            let request = WorkflowExecutionEventRequest { event: Some(event), ..Default::default() };
            server.admin.create_workflow_event(request).await.unwrap();
        }
    }
    // One that was asked to end a moment ago may leave a checkpoint still.
    assert_eq!(refusal(&server, "flytesnacks/development/fresh", Write, &key("fresh")).await, None);
    for name in ["old", "never"] {
        let told = refusal(&server, &format!("flytesnacks/development/{name}"), Read, &key(name)).await;
        assert!(told.as_ref().is_some_and(|told| told.contains("runs no more")), "{told:?}");
    }
}

#[tokio::test]
async fn a_folder_that_may_be_another_projects_is_not_the_runs() {
    let mut server = with_runs(&["production-x"]).await;
    let key = "metadata/propeller/flytesnacks-development-production-x/n0/data/0/outputs.pb";
    let run = "flytesnacks/development/production-x";
    assert_eq!(refusal(&server, run, Write, key).await, None);
    let id = "flytesnacks-development".to_owned();
    let project = Project { name: id.clone(), id, ..Project::default() };
    let request = ProjectRegisterRequest { project: Some(project) };
    server.admin.register_project(request).await.unwrap();
    assert!(refusal(&server, run, Write, key).await.is_some());
    assert!(refusal(&server, run, Read, key).await.is_some());
}
