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

/// Reads page after page, doing something between two of them.
async fn walk(
    server: &mut TestServer,
    mut request: ResourceListRequest,
    mut between: impl AsyncFnMut(&mut TestServer),
) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let (names, token) = task_names(server, request.clone()).await;
        seen.extend(names);
        if token.is_empty() {
            return seen;
        }
        request.token = token;
        between(server).await;
    }
}

#[tokio::test]
async fn pages_follow_each_other() {
    let mut server = with_tasks(&["c", "a", "b", "d"]).await;
    for (limit, pages) in [(1, 4), (2, 2), (3, 1), (4, 1), (5, 0)] {
        let request =
            ResourceListRequest { sort_by: sorted("name", sort::Direction::Ascending), ..listing(limit) };
        let mut turned = 0;
        let seen = walk(&mut server, request, async |_| turned += 1).await;
        // A page that is exactly full is not known to be the last.
        assert_eq!((seen.join(""), turned), ("abcd".to_owned(), pages), "{limit}");
    }
}

#[tokio::test]
async fn pages_hold_when_rows_come_between_them() {
    for (key, direction, expected) in [
        ("name", sort::Direction::Ascending, "ace"),
        ("name", sort::Direction::Descending, "eca"),
        ("created_at", sort::Direction::Descending, "eca"),
    ] {
        let mut server = with_tasks(&["a", "c", "e"]).await;
        let request = ResourceListRequest { sort_by: sorted(key, direction), ..listing(1) };
        let mut fresh = ["B", "C", "A"].into_iter().cycle();
        let seen = walk(&mut server, request, async |server| {
            // Before everything that was seen, in each of the orders.
            let name = match (key, direction) {
                ("name", sort::Direction::Descending) => format!("z{}", fresh.next().unwrap()),
                _ => fresh.next().unwrap().to_owned(),
            };
            let _ = server.admin.create_task(task(&name, SimpleType::Integer)).await;
        })
        .await;
        assert_eq!(seen.join(""), expected, "{key} {direction:?}");
    }
}

#[tokio::test]
async fn a_number_as_token_is_an_offset() {
    let mut server = with_tasks(&["a", "b", "c"]).await;
    for (token, expected) in [("0", vec!["a", "b"]), ("1", vec!["b", "c"]), ("2", vec!["c"]), ("9", vec![])] {
        let request = ResourceListRequest { token: token.into(), ..listing(2) };
        assert_eq!(task_names(&mut server, request).await.0, expected, "{token}");
    }
}

#[tokio::test]
async fn a_token_of_another_list_is_refused() {
    let mut server = with_tasks(&["a", "b"]).await;
    let (_, token) = task_names(&mut server, listing(1)).await;
    let elsewhere = ResourceListRequest { token: token.clone(), ..listing(1) };
    let refused = server.admin.list_workflows(elsewhere).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("the token is of tasks"), "{refused}");
    let sort_by = sorted("name", sort::Direction::Ascending);
    let resorted = ResourceListRequest { token, sort_by, ..listing(1) };
    let refused = server.admin.list_tasks(resorted).await.unwrap_err();
    assert!(refused.message().contains("but this list is tasks/id:name"), "{refused}");
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
    let found = server.admin.list_task_ids(request.clone()).await.unwrap().into_inner().entities;
    assert_eq!(found.iter().map(|id| id.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    for key in ["name", "created_at", "version"] {
        let mut request = NamedEntityIdentifierListRequest {
            sort_by: sorted(key, sort::Direction::Descending),
            limit: 1,
            ..request.clone()
        };
        let mut seen = Vec::new();
        loop {
            let page = server.admin.list_task_ids(request.clone()).await.unwrap().into_inner();
            seen.extend(page.entities.into_iter().map(|id| id.name));
            if page.token.is_empty() {
                break;
            }
            request.token = page.token;
        }
        seen.sort();
        assert_eq!(seen, ["a", "b"], "{key}");
    }
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
