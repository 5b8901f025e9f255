//! Lists: pages, orders, filters, and what they hide.

use aileron_idl::admin::{
    ExecutionState, ExecutionUpdateRequest, NamedEntityIdentifier, NamedEntityIdentifierListRequest,
    ResourceListRequest, Sort, sort,
};
use aileron_idl::core::SimpleType;
use tonic::Code;

use crate::fixture::{self, DOMAIN, PROJECT, execution_id, launch, number, task};
use crate::harness::TestServer;

fn listing(limit: u32) -> ResourceListRequest {
    let id = NamedEntityIdentifier { project: PROJECT.into(), domain: DOMAIN.into(), ..Default::default() };
    ResourceListRequest { id: Some(id), limit, ..Default::default() }
}

fn sorted(key: &str, direction: sort::Direction) -> Option<Sort> {
    Some(Sort { key: key.into(), direction: direction as i32 })
}

async fn with_tasks(names: &[&str]) -> TestServer {
    let mut server = TestServer::start().await;
    for name in names {
        server.admin.create_task(task(name, SimpleType::Integer)).await.unwrap();
    }
    server
}

async fn task_names(server: &mut TestServer, request: ResourceListRequest) -> (Vec<String>, String) {
    let found = server.admin.list_tasks(request).await.unwrap().into_inner();
    (found.tasks.into_iter().map(|task| task.id.unwrap().name).collect(), found.token)
}

#[tokio::test]
async fn pages_follow_each_other() {
    let mut server = with_tasks(&["c", "a", "b", "d"]).await;
    let mut request = listing(2);
    request.sort_by = sorted("name", sort::Direction::Ascending);
    let (names, token) = task_names(&mut server, request.clone()).await;
    assert_eq!((names, token.as_str()), (vec!["a".to_owned(), "b".to_owned()], "2"));
    request.token = token;
    let (names, token) = task_names(&mut server, request.clone()).await;
    // An exact last page is not known to be the last.
    assert_eq!((names, token.as_str()), (vec!["c".to_owned(), "d".to_owned()], "4"));
    request.token = token;
    assert_eq!(task_names(&mut server, request).await, (vec![], String::new()));
}

#[tokio::test]
async fn the_newest_is_first_when_asked() {
    let mut server = with_tasks(&["c", "a", "b"]).await;
    let mut request = listing(1);
    request.sort_by = sorted("created_at", sort::Direction::Descending);
    assert_eq!(task_names(&mut server, request).await.0, ["b"]);
    assert_eq!(task_names(&mut server, listing(10)).await.0, ["c", "a", "b"]);
}

#[tokio::test]
async fn bad_lists_are_refused() {
    let mut server = with_tasks(&[]).await;
    let with = |adjust: fn(&mut ResourceListRequest)| {
        let mut request = listing(1);
        adjust(&mut request);
        request
    };
    for request in [
        listing(0),
        with(|request| request.token = "x".into()),
        with(|request| request.filters = "name=x".into()),
        with(|request| request.filters = "eq(closure,x)".into()),
        with(|request| request.sort_by = sorted("closure", sort::Direction::Ascending)),
        with(|request| request.id = None),
    ] {
        assert_eq!(server.admin.list_tasks(request).await.unwrap_err().code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_list_of_workflows_has_interfaces_alone() {
    let mut server = with_tasks(&[]).await;
    fixture::register(&mut server).await;
    let found = server.admin.list_workflows(listing(10)).await.unwrap().into_inner().workflows;
    let compiled = found[0].closure.clone().unwrap().compiled_workflow.unwrap();
    let template = compiled.primary.unwrap().template.unwrap();
    assert!(template.interface.is_some() && template.nodes.is_empty() && template.id.is_none());
}

#[tokio::test]
async fn launch_plans_are_found_by_their_workflow() {
    let mut server = with_tasks(&[]).await;
    fixture::register(&mut server).await;
    for (filter, expected) in [("eq(workflow.name,wf)", 1), ("eq(workflow.name,other)", 0)] {
        let request = ResourceListRequest { filters: filter.into(), ..listing(10) };
        let found = server.admin.list_launch_plans(request).await.unwrap().into_inner();
        assert_eq!(found.launch_plans.len(), expected, "{filter}");
    }
}

#[tokio::test]
async fn names_are_listed_once() {
    let mut server = with_tasks(&["b", "a"]).await;
    let mut second = task("b", SimpleType::Integer);
    second.id.as_mut().unwrap().version = "v2".into();
    server.admin.create_task(second).await.unwrap();
    let request = NamedEntityIdentifierListRequest {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        limit: 10,
        ..Default::default()
    };
    let found = server.admin.list_task_ids(request).await.unwrap().into_inner().entities;
    assert_eq!(found.iter().map(|id| id.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn executions_are_filtered_and_the_archived_hidden() {
    let mut server = with_tasks(&[]).await;
    fixture::register(&mut server).await;
    for name in ["one", "two"] {
        server.admin.create_execution(launch(name, number(1))).await.unwrap();
    }
    let mut archive = ExecutionUpdateRequest { id: Some(execution_id("one")), ..Default::default() };
    archive.set_state(ExecutionState::ExecutionArchived);
    server.admin.update_execution(archive).await.unwrap();
    for (filter, expected) in [
        ("", vec!["two"]),
        ("eq(state,1)", vec!["one"]),
        ("value_in(state,0;1)", vec!["one", "two"]),
        ("eq(phase,UNDEFINED)", vec!["two"]),
        ("eq(phase,FAILED)", vec![]),
        ("eq(launch_plan.name,wf)+eq(workflow.name,wf)", vec!["two"]),
        ("eq(launch_plan.name,other)", vec![]),
        ("contains(name,w)", vec!["two"]),
        ("gt(created_at,2020-01-01T00:00:00Z)", vec!["two"]),
        ("lt(created_at,2020-01-01T00:00:00Z)", vec![]),
    ] {
        let request = ResourceListRequest { filters: filter.into(), ..listing(10) };
        let found = server.admin.list_executions(request).await.unwrap().into_inner().executions;
        let names: Vec<_> = found.into_iter().map(|found| found.id.unwrap().name).collect();
        assert_eq!(names, expected, "{filter}");
    }
}
