//! Projects, names and descriptions: what is known beside versions.

use aileron_idl::admin::{
    DescriptionEntity, DescriptionEntityListRequest, Labels, NamedEntityGetRequest, NamedEntityIdentifier,
    NamedEntityListRequest, NamedEntityMetadata, NamedEntityState, NamedEntityUpdateRequest,
    ObjectGetRequest, Project, ProjectGetRequest, ProjectListRequest, ProjectRegisterRequest, Sort, sort,
};
use aileron_idl::core::{ResourceType, SimpleType};
use tonic::{Code, Status};

use crate::fixture::{self, DOMAIN, PROJECT, id, launch, number, task};
use crate::harness::TestServer;

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, expected: &str) {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), code, "{status}");
    assert!(status.message().contains(expected), "{expected}: {status}");
}

async fn project(server: &mut TestServer, id: &str) -> Project {
    server
        .admin
        .get_project(ProjectGetRequest { id: id.into(), ..Default::default() })
        .await
        .unwrap()
        .into_inner()
}

fn labels(key: &str, value: &str) -> Option<Labels> {
    Some(Labels { values: [(key.to_owned(), value.to_owned())].into() })
}

#[tokio::test]
async fn a_project_is_changed_where_something_is_given() {
    let mut server = TestServer::start().await;
    let first = Project {
        id: "ml".into(),
        name: "Learning".into(),
        description: "models".into(),
        labels: labels("team", "red"),
        ..Default::default()
    };
    let request = ProjectRegisterRequest { project: Some(first.clone()) };
    server.admin.register_project(request).await.unwrap();
    // What is read is kept; a change must still be seen.
    project(&mut server, "ml").await;
    let archive = Project { id: "ml".into(), state: 1, ..Default::default() };
    server.admin.update_project(archive).await.unwrap();
    let archived = project(&mut server, "ml").await;
    assert_eq!((archived.state, &archived.name, &archived.labels), (1, &first.name, &first.labels));
    let listed = server.admin.list_projects(ProjectListRequest::default()).await.unwrap().into_inner();
    assert!(!listed.projects.iter().any(|project| project.id == "ml"));
    let mut into = task("t", SimpleType::Integer);
    into.id.as_mut().unwrap().project = "ml".into();
    refused(server.admin.create_task(into.clone()).await, Code::InvalidArgument, "is not active");
    let activate = Project { id: "ml".into(), description: "more".into(), ..Default::default() };
    server.admin.update_project(activate).await.unwrap();
    server.admin.create_task(into).await.unwrap();
    assert_eq!(project(&mut server, "ml").await.description, "more");
}

#[tokio::test]
async fn bad_projects_are_refused() {
    let mut server = TestServer::start().await;
    let given = |adjust: fn(&mut Project)| {
        let mut project = Project { id: "flytesnacks".into(), ..Default::default() };
        adjust(&mut project);
        project
    };
    for (project, code, expected) in [
        (given(|project| project.id = "nobody".into()), Code::NotFound, "nobody"),
        (given(|project| project.id = "No Body".into()), Code::InvalidArgument, "lower-case"),
        (given(|project| project.name = "n".repeat(65)), Code::InvalidArgument, "project.name"),
        (
            given(|project| project.description = "d".repeat(301)),
            Code::InvalidArgument,
            "project.description",
        ),
        (given(|project| project.state = 9), Code::InvalidArgument, "project.state"),
        (
            given(|project| project.labels = labels("team", "no blanks")),
            Code::InvalidArgument,
            "project.labels[team]",
        ),
    ] {
        refused(server.admin.update_project(project).await, code, expected);
    }
}

fn name_of(name: &str) -> Option<NamedEntityIdentifier> {
    let (project, domain) = (PROJECT.into(), DOMAIN.into());
    Some(NamedEntityIdentifier { project, domain, name: name.into(), ..Default::default() })
}

fn names(kind: ResourceType, limit: u32) -> NamedEntityListRequest {
    NamedEntityListRequest {
        resource_type: kind as i32,
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        limit,
        ..Default::default()
    }
}

async fn listed(server: &mut TestServer, request: NamedEntityListRequest) -> Vec<String> {
    let found = server.admin.list_named_entities(request).await.unwrap().into_inner();
    found.entities.into_iter().map(|entity| entity.id.unwrap().name).collect()
}

#[tokio::test]
async fn a_name_is_described_and_archived() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let get = |name: &str| NamedEntityGetRequest {
        resource_type: ResourceType::Workflow as i32,
        id: name_of(name),
    };
    let found = server.admin.get_named_entity(get("wf")).await.unwrap().into_inner();
    assert_eq!(found.metadata, Some(NamedEntityMetadata::default()));
    refused(server.admin.get_named_entity(get("inc")).await, Code::NotFound, "WORKFLOW");

    let metadata = NamedEntityMetadata { description: "adds one".into(), state: 1 };
    let update = |name: &str, metadata: NamedEntityMetadata| NamedEntityUpdateRequest {
        resource_type: ResourceType::Workflow as i32,
        id: name_of(name),
        metadata: Some(metadata),
    };
    server.admin.update_named_entity(update("wf", metadata.clone())).await.unwrap();
    let found = server.admin.get_named_entity(get("wf")).await.unwrap().into_inner();
    assert_eq!(found.metadata, Some(metadata.clone()));
    for (filters, expected) in [
        ("", 1),
        ("eq(state,1)", 1),
        ("eq(state,0)", 0),
        ("eq(named_entity_metadata.state,1)", 1),
        ("contains(name,w)+ne(entities.state,1)", 0),
    ] {
        let request = NamedEntityListRequest { filters: filters.into(), ..names(ResourceType::Workflow, 10) };
        assert_eq!(listed(&mut server, request).await.len(), expected, "{filters}");
    }

    let long = NamedEntityMetadata { description: "d".repeat(301), ..Default::default() };
    let unknown = NamedEntityMetadata { state: 7, ..Default::default() };
    for (request, code, expected) in [
        (update("wf", long), Code::InvalidArgument, "metadata.description"),
        (update("wf", unknown), Code::InvalidArgument, "metadata.state"),
        (update("nothing", metadata), Code::NotFound, "nothing"),
        (
            NamedEntityUpdateRequest { metadata: None, ..update("wf", NamedEntityMetadata::default()) },
            Code::InvalidArgument,
            "missing metadata",
        ),
        (
            NamedEntityUpdateRequest { resource_type: 4, ..update("wf", NamedEntityMetadata::default()) },
            Code::InvalidArgument,
            "DATASET",
        ),
    ] {
        refused(server.admin.update_named_entity(request).await, code, expected);
    }
}

#[tokio::test]
async fn names_are_paged_and_what_the_server_made_is_hidden() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    for name in ["b", "a", "c"] {
        server.admin.create_task(task(name, SimpleType::Integer)).await.unwrap();
    }
    let mut single = launch("single", number(1));
    single.spec.as_mut().unwrap().launch_plan = Some(id(ResourceType::Task, "inc"));
    server.admin.create_execution(single).await.unwrap();

    let descending = Sort { key: "name".into(), direction: sort::Direction::Descending as i32 };
    let mut request = NamedEntityListRequest { sort_by: Some(descending), ..names(ResourceType::Task, 2) };
    assert_eq!(listed(&mut server, request.clone()).await, ["inc", "c"]);
    request.token = server.admin.list_named_entities(request.clone()).await.unwrap().into_inner().token;
    assert_eq!(listed(&mut server, request).await, ["b", "a"]);

    for kind in [ResourceType::Workflow, ResourceType::LaunchPlan] {
        assert_eq!(listed(&mut server, names(kind, 10)).await, ["wf"]);
        let made = NamedEntityListRequest { filters: "eq(state,2)".into(), ..names(kind, 10) };
        let made = server.admin.list_named_entities(made).await.unwrap().into_inner().entities;
        assert_eq!(made.len(), 1, "{kind:?}");
        assert_eq!(made[0].id.as_ref().unwrap().name, ".flytegen.inc");
        assert_eq!(made[0].metadata.as_ref().unwrap().state(), NamedEntityState::SystemGenerated);
    }
    let sorted = Some(Sort { key: "created_at".into(), ..Default::default() });
    let wrong = NamedEntityListRequest { sort_by: sorted, ..names(ResourceType::Task, 1) };
    refused(server.admin.list_named_entities(wrong).await, Code::InvalidArgument, "invalid sort key");
}

#[tokio::test]
async fn what_an_author_says_is_kept_with_the_version() {
    let mut server = TestServer::start().await;
    let said = DescriptionEntity {
        short_description: "adds one".into(),
        tags: vec!["arithmetic".into()],
        ..Default::default()
    };
    for version in ["v1", "v2"] {
        let mut request = task("inc", SimpleType::Integer);
        request.id.as_mut().unwrap().version = version.into();
        request.spec.as_mut().unwrap().description = Some(said.clone());
        server.admin.create_task(request).await.unwrap();
    }
    server.admin.create_task(task("silent", SimpleType::Integer)).await.unwrap();

    let of = |name: &str| ObjectGetRequest { id: Some(id(ResourceType::Task, name)) };
    let found = server.admin.get_description_entity(of("inc")).await.unwrap().into_inner();
    assert_eq!(found, DescriptionEntity { id: Some(id(ResourceType::Task, "inc")), ..said });
    refused(server.admin.get_description_entity(of("silent")).await, Code::NotFound, "silent");
    let task = server.admin.get_task(of("inc")).await.unwrap().into_inner();
    assert_eq!(task.short_description, "adds one");

    let list = |name: &str| DescriptionEntityListRequest {
        resource_type: ResourceType::Task as i32,
        id: name_of(name),
        limit: 10,
        ..Default::default()
    };
    let found = server.admin.list_description_entities(list("inc")).await.unwrap().into_inner();
    let versions: Vec<_> =
        found.description_entities.into_iter().map(|entity| entity.id.unwrap().version).collect();
    assert_eq!(versions, ["v1", "v2"]);
    refused(server.admin.list_description_entities(list("")).await, Code::InvalidArgument, "id.name");
}
