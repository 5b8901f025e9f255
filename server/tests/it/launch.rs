//! Launching: from the request to the executor, through refusals, repeats, restarts and ends.

use aileron_crd::{ExecutionId, FlyteWorkflow};
use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::execution_spec::NotificationOverrides;
use aileron_idl::admin::{
    ConcurrencyLimitBehavior, ConcurrencyPolicy, EmailNotification, Execution, ExecutionClusterLabel,
    ExecutionCreateRequest, ExecutionRelaunchRequest, ExecutionSpec, ExecutionTerminateRequest, Labels,
    LaunchPlanSpec, NamedEntityIdentifier, Notification, NotificationList, ResourceListRequest,
    WorkflowExecutionGetDataRequest, WorkflowExecutionGetRequest, notification,
};
use aileron_idl::core::execution_error::ErrorKind;
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::core::{LiteralMap, NodeExecutionIdentifier, ResourceType, SimpleType, primitive};
use aileron_server::HandoverError;
use tonic::Code;

use crate::fixture::{self, execution_id, launch, number};
use crate::harness::{Handed, TestServer};

async fn execution(server: &mut TestServer, name: &str) -> Execution {
    let request = WorkflowExecutionGetRequest { id: Some(execution_id(name)) };
    server.admin.get_execution(request).await.unwrap().into_inner()
}

async fn create(server: &mut TestServer, request: ExecutionCreateRequest) -> String {
    server.admin.create_execution(request).await.unwrap().into_inner().id.unwrap().name
}

fn started(handed: Handed) -> FlyteWorkflow {
    match handed {
        Handed::Start(workflow) => *workflow,
        other => panic!("{other:?}"),
    }
}

async fn phase_becomes(server: &mut TestServer, name: &str, phase: Phase) -> Execution {
    loop {
        let found = execution(server, name).await;
        if found.closure.as_ref().unwrap().phase() == phase {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_launch_is_stored_completed_and_handed_over() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let name = create(&mut server, launch("", number(3))).await;
    assert!(name.len() == 20 && name.starts_with('a'), "{name}");
    let found = execution(&mut server, &name).await;
    let (spec, closure) = (found.spec.unwrap(), found.closure.unwrap());
    assert_eq!(spec.max_parallelism, 25);
    assert_eq!(spec.metadata.unwrap().system_metadata.unwrap().namespace, "flytesnacks-development");
    assert!(spec.security_context.unwrap().run_as.is_some());
    assert_eq!(closure.phase(), Phase::Undefined);
    assert_eq!(closure.workflow_id, Some(fixture::id(ResourceType::Workflow, "wf")));
    assert_eq!(closure.state_change_details.unwrap().occurred_at, closure.created_at);

    let object = started(server.next_handed().await);
    assert_eq!(object.execution_id, ExecutionId::from(&execution_id(&name)));
    assert_eq!(object.metadata.labels["workflow-name"], "wf");
    assert_eq!(object.execution_config.max_parallelism, 25);
    let inputs: LiteralMap = server.storage.get_message(&object.offloaded_inputs).await.unwrap();
    assert_eq!(inputs, number(3));
    let closure: aileron_idl::admin::WorkflowClosure =
        server.storage.get_message(&object.workflow_closure_reference).await.unwrap();
    assert!(closure.compiled_workflow.is_some());

    let request = WorkflowExecutionGetDataRequest { id: Some(execution_id(&name)) };
    let data = server.admin.get_execution_data(request).await.unwrap().into_inner();
    assert_eq!(data.full_inputs, Some(number(3)));
    assert_eq!(data.full_outputs, Some(LiteralMap::default()));
}

#[tokio::test]
async fn how_deep_a_launch_is_nested_is_handed_over() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    for (name, nesting) in [("outer", 0), ("inner", 7)] {
        let mut request = launch(name, number(3));
        request.spec.as_mut().unwrap().metadata.get_or_insert_default().nesting = nesting;
        create(&mut server, request).await;
        let object = started(server.next_handed().await);
        assert_eq!(object.execution_config.nesting_level, nesting);
    }
}

#[tokio::test]
async fn a_child_takes_over_from_its_parent() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let below = |name: &str, parent: &str| {
        let parent =
            NodeExecutionIdentifier { node_id: "n0".into(), execution_id: Some(execution_id(parent)) };
        let mut request = launch(name, number(1));
        let metadata = request.spec.as_mut().unwrap().metadata.get_or_insert_default();
        metadata.parent_node_execution = Some(parent);
        // What a caller says of these does not count.
        (metadata.nesting, metadata.principal) = (40, "somebody".into());
        request
    };
    let label = |value: &str| Some(ExecutionClusterLabel { value: value.into() });
    let mut outer = launch("outer", number(1));
    outer.spec.as_mut().unwrap().execution_cluster_label = label("gpu");
    create(&mut server, outer).await;
    create(&mut server, below("child", "outer")).await;
    let mut grandchild = below("grandchild", "child");
    grandchild.spec.as_mut().unwrap().execution_cluster_label = label("cpu");
    create(&mut server, grandchild).await;
    for (name, nesting, cluster) in [("child", 1, "gpu"), ("grandchild", 2, "cpu")] {
        let spec = execution(&mut server, name).await.spec.unwrap();
        let metadata = spec.metadata.unwrap();
        assert_eq!((metadata.nesting, metadata.principal.as_str()), (nesting, ""), "{name}");
        assert_eq!(spec.execution_cluster_label, label(cluster), "{name}");
    }
    let refused = server.admin.create_execution(below("orphan", "nobody")).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "{refused}");
}

#[tokio::test]
async fn inputs_in_the_old_place_are_taken() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let mut request = launch("old", LiteralMap::default());
    request.spec.as_mut().unwrap().inputs.replace(number(4));
    create(&mut server, request).await;
    let request = WorkflowExecutionGetDataRequest { id: Some(execution_id("old")) };
    let data = server.admin.get_execution_data(request).await.unwrap().into_inner();
    assert_eq!(data.full_inputs, Some(number(4)));
}

#[tokio::test]
async fn bad_launches_are_refused_and_leave_nothing() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let objects = server.objects();
    let text = fixture::primitive(primitive::Value::StringValue("x".into()));
    let one = fixture::primitive(primitive::Value::Integer(1));
    let with = |adjust: fn(&mut ExecutionCreateRequest)| {
        let mut request = launch("", number(1));
        adjust(&mut request);
        request
    };
    for (request, code, expected) in [
        (launch("", LiteralMap::default()), Code::InvalidArgument, "INTEGER"),
        (launch("", fixture::inputs(&[("a", text)])), Code::InvalidArgument, "invalid a input wrong type"),
        (
            launch("", fixture::inputs(&[("a", one.clone()), ("b", one)])),
            Code::InvalidArgument,
            "invalid input b",
        ),
        (launch("../up", number(1)), Code::InvalidArgument, "lower-case letters"),
        (launch("Upper", number(1)), Code::InvalidArgument, "lower-case letters"),
        (with(|request| request.spec = None), Code::InvalidArgument, "missing spec"),
        (with(|request| request.domain = "moon".into()), Code::InvalidArgument, "domain [moon]"),
        (with(|request| target(request).version = "v9".into()), Code::NotFound, "v9"),
        (with(|request| target(request).version.clear()), Code::InvalidArgument, "spec.launch_plan.version"),
        (with(|request| target(request).resource_type = 2), Code::InvalidArgument, "WORKFLOW"),
    ] {
        let refused = server.admin.create_execution(request).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        assert!(refused.message().contains(expected), "{expected}: {refused}");
    }
    assert_eq!(server.objects(), objects);
}

fn target(request: &mut ExecutionCreateRequest) -> &mut aileron_idl::core::Identifier {
    request.spec.as_mut().unwrap().launch_plan.as_mut().unwrap()
}

#[tokio::test]
async fn a_name_is_taken_once_and_keeps_its_inputs() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let at_once = (0..8).map(|value| {
        let mut admin = server.admin.clone();
        async move { admin.create_execution(launch("mine", number(value))).await }
    });
    let results = futures::future::join_all(at_once).await;
    let won = results.iter().position(Result::is_ok).unwrap();
    assert!(results.iter().enumerate().all(|(index, result)| {
        index == won || result.as_ref().is_err_and(|status| status.code() == Code::AlreadyExists)
    }));
    let request = WorkflowExecutionGetDataRequest { id: Some(execution_id("mine")) };
    let data = server.admin.get_execution_data(request).await.unwrap().into_inner();
    assert_eq!(data.full_inputs, Some(number(won as i64)));
}

#[tokio::test]
async fn an_executor_that_is_away_is_asked_again() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    server.queue.fail_with(HandoverError::Unavailable("starting".into()));
    let name = create(&mut server, launch("", number(1))).await;
    assert_eq!(started(server.next_handed().await).execution_id.name, name);
}

#[tokio::test]
async fn what_an_executor_refuses_has_failed() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let refusal = HandoverError::Refused { code: "BadWorkflow".into(), message: "no such thing".into() };
    server.queue.fail_with(refusal);
    let name = create(&mut server, launch("", number(1))).await;
    let closure = phase_becomes(&mut server, &name, Phase::Failed).await.closure.unwrap();
    let Some(OutputResult::Error(error)) = closure.output_result else { panic!("{closure:?}") };
    assert_eq!((error.code.as_str(), error.message.as_str()), ("BadWorkflow", "no such thing"));
    assert_eq!(error.kind(), ErrorKind::System);
}

#[tokio::test]
async fn an_accepted_execution_survives_a_crash() {
    let mut server = TestServer::start_with(|_| {}, false).await;
    fixture::register(&mut server).await;
    create(&mut server, launch("kept", number(1))).await;
    let mut server = server.restart().await;
    assert_eq!(started(server.next_handed().await).execution_id.name, "kept");
}

#[tokio::test]
async fn an_abort_survives_a_crash() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    create(&mut server, launch("doomed", number(1))).await;
    server.next_handed().await;
    let request = ExecutionTerminateRequest { id: Some(execution_id("doomed")), cause: "enough".into() };
    server.admin.terminate_execution(request).await.unwrap();
    let abort = Handed::Abort(ExecutionId::from(&execution_id("doomed")), "enough".into());
    assert_eq!(server.next_handed().await, abort);
    let mut server = server.restart().await;
    assert_eq!(server.next_handed().await, abort);
}

#[tokio::test]
async fn an_execution_terminated_at_once_is_started_and_aborted() {
    let mut server = TestServer::start_with(|_| {}, false).await;
    fixture::register(&mut server).await;
    create(&mut server, launch("brief", number(1))).await;
    let request = ExecutionTerminateRequest { id: Some(execution_id("brief")), cause: "no".into() };
    server.admin.terminate_execution(request.clone()).await.unwrap();
    server.admin.terminate_execution(request).await.unwrap();
    let closure = execution(&mut server, "brief").await.closure.unwrap();
    assert_eq!(closure.phase(), Phase::Aborting);
    assert!(matches!(closure.output_result, Some(OutputResult::AbortMetadata(abort)) if abort.cause == "no"));
    let mut server = server.restart().await;
    assert_eq!(started(server.next_handed().await).execution_id.name, "brief");
    assert!(matches!(server.next_handed().await, Handed::Abort(id, _) if id.name == "brief"));
}

#[tokio::test]
async fn a_named_launch_of_a_task_never_waits_for_itself() {
    let mut server = TestServer::start_with(|_| {}, false).await;
    server.admin.create_task(fixture::task("inc", SimpleType::Integer)).await.unwrap();
    // Two names that are kept by one launch would share a lock in one case of 64.
    for index in 0..200 {
        let mut request = launch(&format!("e{index}"), number(1));
        *target(&mut request) = fixture::id(ResourceType::Task, "inc");
        create(&mut server, request).await;
    }
}

#[tokio::test]
async fn a_task_is_launched_alone() {
    let mut server = TestServer::start().await;
    server.admin.create_task(fixture::task("inc", SimpleType::Integer)).await.unwrap();
    for _ in 0..2 {
        let mut request = launch("", number(1));
        *target(&mut request) = fixture::id(ResourceType::Task, "inc");
        let name = create(&mut server, request).await;
        let found = execution(&mut server, &name).await;
        assert_eq!(found.spec.unwrap().launch_plan.unwrap().resource_type(), ResourceType::Task);
        assert_eq!(found.closure.unwrap().workflow_id.unwrap().name, ".flytegen.inc");
        let object = started(server.next_handed().await);
        let closure: aileron_idl::admin::WorkflowClosure =
            server.storage.get_message(&object.workflow_closure_reference).await.unwrap();
        let nodes = closure.compiled_workflow.unwrap().primary.unwrap().template.unwrap().nodes;
        assert_eq!(
            nodes.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(),
            ["start-node", "end-node", "inc"]
        );
    }
}

#[tokio::test]
async fn a_relaunch_repeats_what_the_user_sent() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    create(&mut server, launch("first", number(5))).await;
    let request = ExecutionRelaunchRequest {
        id: Some(execution_id("first")),
        name: "second".into(),
        overwrite_cache: true,
    };
    server.admin.relaunch_execution(request).await.unwrap();
    let spec = execution(&mut server, "second").await.spec.unwrap();
    assert!(spec.overwrite_cache);
    assert_eq!(spec.metadata.unwrap().reference_execution, Some(execution_id("first")));
    let request = WorkflowExecutionGetDataRequest { id: Some(execution_id("second")) };
    let data = server.admin.get_execution_data(request).await.unwrap().into_inner();
    assert_eq!(data.full_inputs, Some(number(5)));
}

#[tokio::test]
async fn a_launch_plan_has_as_many_executions_as_it_may() {
    let mut server = TestServer::start_with(|_| {}, false).await;
    fixture::register(&mut server).await;
    for version in ["v2", "v3"] {
        let mut limited = fixture::launch_plan("wf");
        limited.id.as_mut().unwrap().version = version.into();
        let policy = ConcurrencyPolicy { max: 3, behavior: ConcurrencyLimitBehavior::Skip as i32 };
        limited.spec.as_mut().unwrap().concurrency_policy = Some(policy);
        server.admin.create_launch_plan(limited).await.unwrap();
    }
    let limited = |name: String, version: &str| {
        let mut request = launch(&name, number(1));
        target(&mut request).version = version.into();
        request
    };
    let at_once = (0..20).map(|i| {
        let mut admin = server.admin.clone();
        let request = limited(format!("e{i}"), if i % 2 == 0 { "v2" } else { "v3" });
        async move { admin.create_execution(request).await }
    });
    let (accepted, refused): (Vec<_>, Vec<_>) =
        futures::future::join_all(at_once).await.into_iter().partition(Result::is_ok);
    assert_eq!(accepted.len(), 3);
    for status in refused.into_iter().map(Result::unwrap_err) {
        assert_eq!(status.code(), Code::AlreadyExists);
        assert!(status.message().starts_with("concurrency limit (3) reached for launch plan"), "{status}");
    }
    // A version without a policy is counted, but not limited.
    create(&mut server, launch("free", number(1))).await;
    let mut ended: Vec<String> =
        accepted.into_iter().map(|answer| answer.unwrap().into_inner().id.unwrap().name).collect();
    ended.push("free".into());
    for name in ended {
        let event = aileron_idl::event::WorkflowExecutionEvent {
            execution_id: Some(execution_id(&name)),
            phase: Phase::Failed as i32,
            ..Default::default()
        };
        let reported = vec![aileron_crd::ExecutionEvent::Workflow(Box::new(event))];
        server.server.record_events(reported).await.remove(0).unwrap();
    }
    server.admin.create_execution(limited("again".into(), "v2")).await.unwrap();
}

#[tokio::test]
async fn what_could_not_be_carried_is_refused() {
    let mut server = TestServer::start_with(|_| {}, false).await;
    fixture::register(&mut server).await;
    let labels =
        |count: usize| Some(Labels { values: (0..count).map(|i| (format!("k{i}"), "v".into())).collect() });
    let noted = |phase: Phase| {
        let email = EmailNotification { recipients_email: vec!["a@b.c".into()], ..Default::default() };
        Notification { phases: vec![phase as i32], r#type: Some(notification::Type::Email(email)) }
    };
    let told =
        |phase| NotificationOverrides::Notifications(NotificationList { notifications: vec![noted(phase)] });
    type PlanChange = fn(&mut LaunchPlanSpec);
    type Change<'a> = Box<dyn Fn(&mut ExecutionSpec) + 'a>;
    let changes: [(Change<'_>, &str); 6] = [
        (Box::new(|spec| spec.labels = labels(16)), ""),
        (Box::new(|spec| spec.labels = labels(17)), "spec.labels, value:[17]"),
        (Box::new(|spec| spec.tags = vec![String::new()]), "missing spec.tags"),
        (Box::new(|spec| spec.max_parallelism = -1), "spec.max_parallelism"),
        (Box::new(|spec| spec.notification_overrides = Some(told(Phase::Failed))), ""),
        (Box::new(|spec| spec.notification_overrides = Some(told(Phase::Running))), "value:[RUNNING]"),
    ];
    for (change, expected) in changes {
        let mut request = launch("", number(1));
        change(request.spec.as_mut().unwrap());
        check(server.admin.create_execution(request).await, expected);
    }
    let plan = |version: usize, change: PlanChange| {
        let mut request = fixture::launch_plan("wf");
        request.id.as_mut().unwrap().version = format!("x{version}");
        change(request.spec.as_mut().unwrap());
        request
    };
    let changes: [(PlanChange, &str); 4] = [
        (|spec| spec.max_parallelism = -1, "spec.max_parallelism"),
        (
            |spec| spec.concurrency_policy = Some(ConcurrencyPolicy { max: 0, behavior: 1 }),
            "concurrency_policy.max",
        ),
        (|spec| spec.concurrency_policy = Some(ConcurrencyPolicy { max: 0, behavior: 0 }), ""),
        (
            |spec| spec.entity_metadata.get_or_insert_default().notifications = vec![Notification::default()],
            "missing spec.entity_metadata.notifications[0].type",
        ),
    ];
    for (version, (change, expected)) in changes.into_iter().enumerate() {
        check(server.admin.create_launch_plan(plan(version, change)).await, expected);
    }
}

/// Accepted when nothing is expected, else refused with that text.
fn check<T>(answer: Result<T, tonic::Status>, expected: &str) {
    match answer {
        Ok(_) => assert_eq!(expected, "", "it was accepted"),
        Err(status) => {
            assert_eq!(status.code(), Code::InvalidArgument, "{status}");
            assert!(!expected.is_empty() && status.message().contains(expected), "{expected}: {status}");
        }
    }
}

#[tokio::test]
async fn executions_are_found_by_their_tags() {
    let mut server = TestServer::start_with(|_| {}, false).await;
    fixture::register(&mut server).await;
    for (name, tags, value) in [("a", vec!["red", "big"], "1"), ("b", vec!["red"], "2"), ("c", vec![], "2")] {
        let mut request = launch(name, number(1));
        let spec = request.spec.as_mut().unwrap();
        spec.tags = tags.into_iter().map(str::to_owned).collect();
        spec.labels = Some(Labels { values: [("k".to_owned(), value.to_owned())].into() });
        create(&mut server, request).await;
    }
    for (filters, expected) in [
        ("eq(admin_tag.name,red)", "ab"),
        ("value_in(admin_tag.name,red;big)", "ab"),
        ("eq(admin_tag.name,big)", "a"),
        ("eq(execution_tag.key,k)+eq(execution_tag.value,2)", "bc"),
        ("eq(execution_tag.key,red)+eq(execution_tag.value,2)", ""),
    ] {
        let id = NamedEntityIdentifier {
            project: fixture::PROJECT.into(),
            domain: fixture::DOMAIN.into(),
            ..Default::default()
        };
        let request =
            ResourceListRequest { id: Some(id), limit: 10, filters: filters.into(), ..Default::default() };
        let found = server.admin.list_executions(request).await.unwrap().into_inner().executions;
        let names: String = found.into_iter().map(|execution| execution.id.unwrap().name).collect();
        assert_eq!(names, expected, "{filters}");
    }
}
