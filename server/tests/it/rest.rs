//! The other doors: REST gives the answers of gRPC, and what is not served is said to be so.

use aileron_idl::admin::{
    Execution, LaunchPlanCreateRequest, LaunchPlanSpec, ObjectGetRequest, ProjectListRequest, Projects, Task,
    WorkflowExecutionGetRequest,
};
use aileron_idl::core::{Identifier, ResourceType, SimpleType, TaskNode, node, task_node};
use aileron_idl::json::{Style, to_value};
use aileron_idl::service::UserInfoRequest;
use aileron_idl::service::identity_service_client::IdentityServiceClient;
use prost::Message;
use serde_json::json;
use tonic::Code;
use tonic::transport::Channel;

use crate::fixture::{self, execution_id, id, launch, number, task};
use crate::harness::{Handed, TestServer};

async fn with_execution() -> TestServer {
    let mut server = TestServer::start_with(|_| {}, false).await;
    fixture::register(&mut server).await;
    server.admin.create_execution(launch("rest", number(3))).await.unwrap();
    server
}

#[tokio::test]
async fn rest_answers_what_grpc_answers() {
    let mut server = with_execution().await;
    let path = "/api/v1/executions/flytesnacks/development/rest";
    let request = WorkflowExecutionGetRequest { id: Some(execution_id("rest")) };
    let execution = server.admin.get_execution(request).await.unwrap().into_inner();
    let raw = server.get(path, "application/octet-stream").await;
    assert_eq!(Execution::decode(&*raw.body).unwrap(), execution);
    assert!(raw.head.contains("content-type: application/octet-stream"));
    let snake = server.get(path, "application/json").await.json();
    assert_eq!(snake, to_value(&execution, Style::Snake).unwrap());
    assert_eq!(snake["spec"]["max_parallelism"], 25);
    for accept in ["*/*", "application/json, text/plain, */*"] {
        assert_eq!(server.get(path, accept).await.json(), to_value(&execution, Style::Camel).unwrap());
    }

    let request = ObjectGetRequest { id: Some(id(ResourceType::Task, "inc")) };
    let task = server.admin.get_task(request).await.unwrap().into_inner();
    let raw = server.get("/api/v1/tasks/flytesnacks/development/inc/v1", "application/octet-stream").await;
    assert_eq!(Task::decode(&*raw.body).unwrap(), task);

    let projects = server.admin.list_projects(ProjectListRequest::default()).await.unwrap().into_inner();
    let raw = server.get("/api/v1/projects", "application/octet-stream").await;
    assert_eq!(Projects::decode(&*raw.body).unwrap(), projects);
}

#[tokio::test]
async fn queries_and_bodies_are_bound() {
    let server = with_execution().await;
    let list = "/api/v1/executions/flytesnacks/development";
    let names = |answer: serde_json::Value| -> Vec<String> {
        let found = answer["executions"].as_array().unwrap().clone();
        found.iter().map(|found| found["id"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let query = "limit=5&sort_by.key=created_at&sort_by.direction=DESCENDING&filters=eq(phase,UNDEFINED)%2Beq(mode,0)&unknown=1";
    assert_eq!(names(server.get(&format!("{list}?{query}"), "*/*").await.json()), ["rest"]);
    let refused = server.get(&format!("{list}?limit=many"), "*/*").await;
    assert_eq!((refused.status, refused.json()["code"].as_i64()), (400, Some(3)));

    let request = launch("posted", number(4));
    let body = to_value(&request, Style::Camel).unwrap().to_string();
    let post = |kind: &str, length: usize| {
        format!("POST /api/v1/executions HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {length}")
    };
    let answer = server.http(&post("application/json", body.len()), body.as_bytes()).await;
    assert_eq!((answer.status, &answer.json()["id"]["name"]), (200, &json!("posted")));
    let again = request.encode_to_vec();
    let answer = server.http(&post("application/octet-stream", again.len()), &again).await;
    assert_eq!(answer.status, 409);
    assert!(answer.head.contains("application/octet-stream"), "{}", answer.head);
    let answer = server.http(&post("application/json", 5), b"{nope").await;
    assert_eq!((answer.status, answer.json()["code"].as_i64()), (400, Some(3)));

    let delete = format!("DELETE {list}/posted HTTP/1.1\r\nContent-Length: 0");
    assert_eq!(server.http(&delete, b"").await.status, 200);
    assert_eq!(server.get(&format!("{list}/posted"), "*/*").await.json()["closure"]["phase"], "ABORTING");
}

#[tokio::test]
async fn refusals_have_the_status_of_their_code() {
    let server = with_execution().await;
    for (path, status, code) in [
        ("/api/v1/executions/flytesnacks/development/none", 404, Some(5)),
        ("/api/v1/executions/flytesnacks/development", 400, Some(3)),
        ("/me", 501, Some(12)),
        ("/.well-known/oauth-authorization-server", 501, Some(12)),
        ("/api/v1/nothing", 404, None),
        ("/nothing/at/all", 404, None),
    ] {
        let answer = server.get(path, "application/json").await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        if code.is_some() {
            assert_eq!(answer.json()["code"].as_i64(), code, "{path}");
        }
    }
    assert_eq!(server.get("/healthcheck", "*/*").await.status, 200);
}

#[tokio::test]
async fn what_is_not_served_is_unimplemented() {
    let server = TestServer::start().await;
    let channel =
        Channel::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap();
    let other = IdentityServiceClient::new(channel).user_info(UserInfoRequest {}).await.unwrap_err();
    assert_eq!(other.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused_and_leaves_nothing() {
    let mut server = TestServer::start_with(|settings| settings.max_message_size = 1 << 20, true).await;
    let mut large = task("large", SimpleType::Integer);
    large.spec.as_mut().unwrap().template.as_mut().unwrap().r#type = "x".repeat(2 << 20);
    let refused = server.admin.create_task(large.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert!(refused.message().contains("limit is: 1048576"), "{refused}");
    let body = large.encode_to_vec();
    let post = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nContent-Type: application/octet-stream\r\nContent-Length: {}",
        body.len()
    );
    assert_eq!(server.http(&post, &body).await.status, 429);
    assert!(server.objects().is_empty());
    server.admin.create_task(task("small", SimpleType::Integer)).await.unwrap();
}

#[tokio::test]
async fn grpc_web_works_over_http_1() {
    let server = with_execution().await;
    let message = WorkflowExecutionGetRequest { id: Some(execution_id("rest")) }.encode_to_vec();
    let mut body = vec![0];
    body.extend((message.len() as u32).to_be_bytes());
    body.extend(message);
    let head = format!(
        "POST /flyteidl.service.AdminService/GetExecution HTTP/1.1\r\nContent-Type: application/grpc-web+proto\r\nOrigin: http://page.test\r\nContent-Length: {}",
        body.len()
    );
    let answer = server.http(&head, &body).await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("access-control-allow-origin: http://page.test"), "{}", answer.head);
    let length = u32::from_be_bytes(answer.body[1..5].try_into().unwrap()) as usize;
    let execution = Execution::decode(&answer.body[5..5 + length]).unwrap();
    assert_eq!(execution.id, Some(execution_id("rest")));
    assert!(String::from_utf8_lossy(&answer.body[5 + length..]).contains("grpc-status:0"));
}

/// Names of branches are versions, and paths of files are names: both have slashes.
#[tokio::test]
async fn names_and_versions_may_have_slashes() {
    let mut server = TestServer::start().await;
    let (name, version) = ("pkg/inc", "feature/x/y");
    let of = |kind| Identifier { version: version.into(), ..id(kind, name) };
    let mut task = task(name, SimpleType::Integer);
    task.id = Some(of(ResourceType::Task));
    server.admin.create_task(task).await.unwrap();
    let mut node = fixture::node("n0", "inc", fixture::promise("", "a"));
    node.target = Some(node::Target::TaskNode(TaskNode {
        reference: Some(task_node::Reference::ReferenceId(of(ResourceType::Task))),
        ..TaskNode::default()
    }));
    let mut workflow = fixture::workflow(name, vec![node], fixture::promise("n0", "o0"));
    workflow.id = Some(of(ResourceType::Workflow));
    server.admin.create_workflow(workflow).await.unwrap();
    let spec = LaunchPlanSpec { workflow_id: Some(of(ResourceType::Workflow)), ..LaunchPlanSpec::default() };
    let plan = LaunchPlanCreateRequest { id: Some(of(ResourceType::LaunchPlan)), spec: Some(spec) };
    server.admin.create_launch_plan(plan).await.unwrap();

    let here = "flytesnacks/development/pkg%2Finc";
    for kind in ["tasks", "workflows", "launch_plans"] {
        for version_in_path in ["feature%2Fx%2Fy", "feature/x/y", "feature/x%2fy"] {
            let answer = server.get(&format!("/api/v1/{kind}/{here}/{version_in_path}"), "*/*").await;
            assert_eq!(answer.status, 200, "{kind} {version_in_path}: {}", answer.text());
            assert_eq!(answer.json()["id"]["version"], version, "{kind} {version_in_path}");
        }
        let listed = server.get(&format!("/api/v1/{kind}/{here}?limit=5"), "*/*").await.json();
        let found = listed.as_object().unwrap().values().find_map(|rows| rows.as_array()).unwrap().len();
        assert_eq!(found, 1, "{kind}: {listed}");
    }
    let body = json!({"state": "ACTIVE"}).to_string();
    let put = format!(
        "PUT /api/v1/launch_plans/{here}/feature/x/y HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}",
        body.len()
    );
    assert_eq!(server.http(&put, body.as_bytes()).await.status, 200);
    let active = server.get(&format!("/api/v1/active_launch_plans/{here}"), "*/*").await.json();
    assert_eq!(active["id"]["version"], version, "{active}");
    let launch = json!({
        "project": "flytesnacks", "domain": "development", "name": "slashed",
        "spec": {"launchPlan": {
            "resourceType": "LAUNCH_PLAN", "project": "flytesnacks", "domain": "development",
            "name": name, "version": version,
        }},
        "inputs": {"literals": {"a": {"scalar": {"primitive": {"integer": "1"}}}}},
    })
    .to_string();
    let post = format!(
        "POST /api/v1/executions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}",
        launch.len()
    );
    let launched = server.http(&post, launch.as_bytes()).await;
    assert_eq!(launched.status, 200, "{}", launched.text());
    assert!(matches!(server.next_handed().await, Handed::Start(_)));
    // A name is one segment: where it is not escaped, that is said.
    let raw = server.get("/api/v1/tasks/flytesnacks/development/pkg/inc/feature/x/y", "*/*").await;
    assert_eq!(raw.status, 404, "{}", raw.text());
    let raw = server.get("/api/v1/executions/flytesnacks/development/a/b", "*/*").await;
    assert!(raw.status == 404 && raw.text().contains("%2F"), "{}", raw.text());
}

#[tokio::test]
async fn other_routes_can_be_merged() {
    let server = TestServer::start().await;
    let logs =
        axum::Router::new().route("/api/v1/logs/{project}/{rest}", axum::routing::get(|| async { "log" }));
    let merged = server.server.router().merge(logs).fallback(|| async { "console" });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn({
        let server = server.server.clone();
        async move { server.serve(listener, merged, std::future::pending()).await }
    });
    let mut merged = server;
    merged.address = address;
    assert_eq!(merged.get("/api/v1/logs/p/x", "*/*").await.text(), "log");
    assert_eq!(merged.get("/console/anything", "*/*").await.text(), "console");
    assert_eq!(merged.get("/api/v1/projects", "*/*").await.status, 200);
}

#[tokio::test]
async fn names_attributes_and_times_have_paths_too() {
    let server = with_execution().await;
    let base = "/api/v1";
    let here = "flytesnacks/development";
    let put = |path: String, body: serde_json::Value| {
        let body = body.to_string();
        let head = format!(
            "PUT {base}{path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}",
            body.len()
        );
        (head, body)
    };
    for (path, body) in [
        ("/projects/flytesnacks".to_owned(), json!({"name": "Snacks"})),
        (format!("/named_entities/WORKFLOW/{here}/wf"), json!({"metadata": {"description": "adds one"}})),
        (
            format!("/workflow_attributes/{here}/wf"),
            json!({"attributes": {
                "project": "flytesnacks", "domain": "development", "workflow": "wf",
                "matchingAttributes": {"workflowExecutionConfig": {"maxParallelism": 3}},
            }}),
        ),
    ] {
        let (head, body) = put(path, body);
        let answer = server.http(&head, body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{head}: {}", answer.text());
    }
    let attributes = format!("/workflow_attributes/{here}/wf?resource_type=WORKFLOW_EXECUTION_CONFIG");
    for (path, pointer, expected) in [
        ("/projects/flytesnacks".to_owned(), "/name", json!("Snacks")),
        (format!("/named_entities/WORKFLOW/{here}/wf"), "/metadata/description", json!("adds one")),
        (format!("/named_entities/TASK/{here}?limit=5"), "/entities/0/id/name", json!("inc")),
        (attributes, "/attributes/matchingAttributes/workflowExecutionConfig/maxParallelism", json!(3)),
        (
            "/matchable_attributes?resource_type=WORKFLOW_EXECUTION_CONFIG".to_owned(),
            "/configurations/0/workflow",
            json!("wf"),
        ),
        (format!("/metrics/executions/{here}/rest?depth=1"), "/span/workflowId/name", json!("rest")),
        (format!("/description_entities/TASK/{here}/inc/v1"), "/code", json!(5)),
    ] {
        let answer = server.get(&format!("{base}{path}"), "*/*").await.json();
        assert_eq!(answer.pointer(pointer), Some(&expected), "{path}: {answer}");
    }
}
