//! Tasks, workflows and launch plans: what is kept, what is the same, what is refused.

use aileron_idl::admin::{
    ActiveLaunchPlanRequest, CreateWorkflowFailureReason, LaunchPlanMetadata, LaunchPlanState,
    LaunchPlanUpdateRequest, NamedEntityIdentifier, ObjectGetRequest, Project, ProjectRegisterRequest,
    create_workflow_failure_reason::Reason,
};
use aileron_idl::core::{ResourceType, SimpleType, primitive};
use aileron_server::TaskTypeScope;
use tonic::{Code, Status};

use crate::fixture::{self, id, node, promise, task, workflow};
use crate::harness::{TestServer, detail};

fn get(kind: ResourceType, name: &str) -> ObjectGetRequest {
    // Clients leave the resource type out.
    ObjectGetRequest { id: Some(aileron_idl::core::Identifier { resource_type: 0, ..id(kind, name) }) }
}

fn workflow_reason(status: &Status) -> Reason {
    detail::<CreateWorkflowFailureReason>(status).reason.unwrap()
}

#[tokio::test]
async fn what_is_registered_is_read_back() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let task = server.admin.get_task(get(ResourceType::Task, "inc")).await.unwrap().into_inner();
    assert_eq!(task.id, Some(id(ResourceType::Task, "inc")));
    let found = server.admin.get_workflow(get(ResourceType::Workflow, "wf")).await.unwrap().into_inner();
    let compiled = found.closure.unwrap().compiled_workflow.unwrap();
    let nodes: Vec<_> =
        compiled.primary.unwrap().template.unwrap().nodes.into_iter().map(|node| node.id).collect();
    assert_eq!(nodes, ["start-node", "end-node", "n0"]);
    let plan = server.admin.get_launch_plan(get(ResourceType::LaunchPlan, "wf")).await.unwrap().into_inner();
    let (spec, closure) = (plan.spec.unwrap(), plan.closure.unwrap());
    assert_eq!(spec.default_inputs, closure.expected_inputs);
    assert!(closure.expected_inputs.unwrap().parameters.contains_key("a"));
    assert!(closure.expected_outputs.unwrap().variables.contains_key("o0"));
    assert!(closure.created_at.is_some());
}

#[tokio::test]
async fn the_same_again_exists_and_another_is_refused() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let admin = &mut server.admin;
    let same = admin.create_task(task("inc", SimpleType::Integer)).await.unwrap_err();
    assert_eq!(same.code(), Code::AlreadyExists);
    let other = admin.create_task(task("inc", SimpleType::String)).await.unwrap_err();
    assert_eq!(other.code(), Code::InvalidArgument);
    assert!(
        other.message().contains("/interface/inputs/variables/a/type/simple: \"INTEGER\" -> \"STRING\""),
        "{other}"
    );

    let same = admin.create_workflow(fixture::one_node("wf")).await.unwrap_err();
    assert_eq!(same.code(), Code::AlreadyExists);
    assert!(matches!(workflow_reason(&same), Reason::ExistsIdenticalStructure(_)));
    let nodes = vec![node("n0", "inc", promise("", "a")), node("n1", "inc", promise("n0", "o0"))];
    let other = admin.create_workflow(workflow("wf", nodes, promise("n1", "o0"))).await.unwrap_err();
    assert_eq!(other.code(), Code::InvalidArgument);
    assert!(matches!(workflow_reason(&other), Reason::ExistsDifferentStructure(_)));

    let same = admin.create_launch_plan(fixture::launch_plan("wf")).await.unwrap_err();
    assert_eq!(same.code(), Code::AlreadyExists);
    let mut plan = fixture::launch_plan("wf");
    plan.spec.as_mut().unwrap().max_parallelism = 7;
    let other = admin.create_launch_plan(plan).await.unwrap_err();
    assert_eq!(other.code(), Code::InvalidArgument);
    assert!(other.message().contains("/maxParallelism"), "{other}");
}

#[tokio::test]
async fn registering_at_once_keeps_one() {
    let mut server = TestServer::start().await;
    server.admin.create_task(task("inc", SimpleType::Integer)).await.unwrap();
    let at_once = (0..8).map(|index| {
        let mut admin = server.admin.clone();
        let output = if index % 2 == 0 { promise("n0", "o0") } else { promise("", "a") };
        let request = workflow("wf", vec![node("n0", "inc", promise("", "a"))], output);
        async move { admin.create_workflow(request).await }
    });
    let results = futures::future::join_all(at_once).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let won = results.iter().position(Result::is_ok).unwrap();
    let found = server.admin.get_workflow(get(ResourceType::Workflow, "wf")).await.unwrap().into_inner();
    let template = found.closure.unwrap().compiled_workflow.unwrap().primary.unwrap().template.unwrap();
    let output = if won % 2 == 0 { promise("n0", "o0") } else { promise("", "a") };
    let stored = template.outputs[0].binding.clone().unwrap();
    let var = |data: &aileron_idl::core::BindingData| match &data.value {
        Some(aileron_idl::core::binding_data::Value::Promise(promise)) => promise.var.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(var(&stored), var(&output));
}

#[tokio::test]
async fn a_workflow_that_does_not_compile_is_refused_with_code_node_and_binding() {
    let mut server = TestServer::start().await;
    server.admin.create_task(task("inc", SimpleType::Integer)).await.unwrap();
    server.admin.create_task(task("text", SimpleType::String)).await.unwrap();
    let cycle = vec![node("n0", "inc", promise("n1", "o0")), node("n1", "inc", promise("n0", "o0"))];
    let mismatch = vec![node("n0", "text", promise("", "a"))];
    let missing = vec![node("n0", "nothing", promise("", "a"))];
    for (nodes, expected) in [
        (cycle, vec!["CycleDetected", "n0", "n1"]),
        (mismatch, vec!["MismatchingTypes", "n0", "a"]),
        (missing, vec!["TaskReferenceNotFound", "n0", "nothing"]),
    ] {
        let refused =
            server.admin.create_workflow(workflow("bad", nodes, promise("n0", "o0"))).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        for part in ["Collected Errors"].iter().chain(&expected) {
            assert!(refused.message().contains(part), "{part}: {}", refused.message());
        }
    }
    let missing = server.admin.get_workflow(get(ResourceType::Workflow, "bad")).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    assert!(server.objects().is_empty());
}

#[tokio::test]
async fn bad_scopes_and_names_are_refused() {
    let mut server = TestServer::start().await;
    let with = |adjust: fn(&mut aileron_idl::core::Identifier)| {
        let mut request = task("inc", SimpleType::Integer);
        adjust(request.id.as_mut().unwrap());
        request
    };
    for (request, expected) in [
        (with(|id| id.project = "nowhere".into()), "project [nowhere] not found"),
        (with(|id| id.domain = "moon".into()), "domain [moon] is unrecognized; known are development"),
        (with(|id| id.name.clear()), "missing id.name"),
        (with(|id| id.version = "../../etc".into()), "id.version"),
        (with(|id| id.name = "a\nb".into()), "control characters"),
    ] {
        let refused = server.admin.create_task(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(refused.message().contains(expected), "{refused}");
    }
}

#[tokio::test]
async fn a_launch_plan_whose_inputs_do_not_fit_is_refused() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let mut plan = fixture::launch_plan("wf");
    plan.id.as_mut().unwrap().name = "fixed".into();
    let text = fixture::primitive(primitive::Value::StringValue("x".into()));
    plan.spec.as_mut().unwrap().fixed_inputs = Some(fixture::inputs(&[("a", text)]));
    let refused = server.admin.create_launch_plan(plan).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains('a'), "{refused}");
    let mut plan = fixture::launch_plan("wf");
    plan.spec.as_mut().unwrap().workflow_id = Some(id(ResourceType::Workflow, "nothing"));
    assert_eq!(server.admin.create_launch_plan(plan).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_type_of_tasks_may_be_kept_to_some_places() {
    let scope = |project: &str, domain: Option<&str>| TaskTypeScope {
        task_type: "python-task".into(),
        project: project.into(),
        domain: domain.map(str::to_owned),
    };
    for (scopes, taken) in [
        (vec![], true),
        (vec![scope("elsewhere", None)], false),
        (vec![scope("elsewhere", None), scope("flytesnacks", None)], true),
        (vec![scope("flytesnacks", Some("production"))], false),
        (vec![scope("flytesnacks", Some("development"))], true),
        (vec![TaskTypeScope { task_type: "spark".into(), ..scope("elsewhere", None) }], true),
    ] {
        let shown = format!("{scopes:?}");
        let mut server = TestServer::start_with(|settings| settings.task_type_scopes = scopes, false).await;
        let answer = server.admin.create_task(task("inc", SimpleType::Integer)).await;
        assert_eq!(answer.is_ok(), taken, "{shown}: {answer:?}");
        if let Err(refused) = answer {
            assert_eq!(refused.code(), Code::InvalidArgument);
            assert!(refused.message().contains("spec.template.type, value:[python-task]"), "{refused}");
        }
    }
}

#[tokio::test]
async fn conditions_of_launches_are_refused() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let mut plan = fixture::launch_plan("wf");
    plan.id.as_mut().unwrap().name = "conditional".into();
    let conditions = Some(prost_types::Any { type_url: "x/y".into(), value: Vec::new() });
    plan.spec.as_mut().unwrap().entity_metadata =
        Some(LaunchPlanMetadata { launch_conditions: conditions, ..Default::default() });
    let refused = server.admin.create_launch_plan(plan).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("launch_conditions"), "{refused}");
}

#[tokio::test]
async fn one_version_of_a_launch_plan_is_active() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let mut second = fixture::launch_plan("wf");
    second.id.as_mut().unwrap().version = "v2".into();
    server.admin.create_launch_plan(second.clone()).await.unwrap();
    let name = NamedEntityIdentifier {
        project: fixture::PROJECT.into(),
        domain: fixture::DOMAIN.into(),
        name: "wf".into(),
        ..Default::default()
    };
    let active = ActiveLaunchPlanRequest { id: Some(name) };
    let none = server.admin.get_active_launch_plan(active.clone()).await.unwrap_err();
    assert_eq!(none.code(), Code::NotFound);
    for plan in [fixture::launch_plan("wf"), second] {
        let mut update = LaunchPlanUpdateRequest { id: plan.id.clone(), ..Default::default() };
        update.set_state(LaunchPlanState::Active);
        server.admin.update_launch_plan(update).await.unwrap();
        let found = server.admin.get_active_launch_plan(active.clone()).await.unwrap().into_inner();
        assert_eq!(found.id, plan.id);
    }
}

#[tokio::test]
async fn projects_are_registered_once() {
    let mut server = TestServer::start().await;
    let project = |id: &str| Project { id: id.into(), name: id.into(), ..Default::default() };
    let request = |id: &str| ProjectRegisterRequest { project: Some(project(id)) };
    server.admin.register_project(request("mine")).await.unwrap();
    let again = server.admin.register_project(request("mine")).await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyExists);
    let bad = server.admin.register_project(request("Mine/..")).await.unwrap_err();
    assert_eq!(bad.code(), Code::InvalidArgument);
    let found = server.admin.list_projects(aileron_idl::admin::ProjectListRequest::default()).await.unwrap();
    let found = found.into_inner().projects;
    assert_eq!(found.iter().map(|project| project.id.as_str()).collect::<Vec<_>>(), ["flytesnacks", "mine"]);
    assert!(found.iter().all(|project| project.domains.len() == 3));
}
