//! Launching: from the request to the executor, through refusals, repeats, restarts and ends.

use aileron_crd::{ExecutionId, FlyteWorkflow};
use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{
    Execution, ExecutionCreateRequest, ExecutionRelaunchRequest, ExecutionTerminateRequest,
    WorkflowExecutionGetDataRequest, WorkflowExecutionGetRequest,
};
use aileron_idl::core::execution_error::ErrorKind;
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::core::{LiteralMap, ResourceType, SimpleType, primitive};
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
