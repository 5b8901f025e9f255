//! What is reported is what clients read.

use aileron_crd::ExecutionEvent;
use aileron_idl::admin::{
    EventFailureReason, ExecutionTerminateRequest, GetDynamicNodeWorkflowRequest, NodeExecutionEventRequest,
    NodeExecutionForTaskListRequest, NodeExecutionGetDataRequest, NodeExecutionGetRequest,
    NodeExecutionListRequest, TaskExecutionGetDataRequest, TaskExecutionGetRequest, TaskExecutionListRequest,
    WorkflowExecutionEventRequest, WorkflowExecutionGetDataRequest, WorkflowExecutionGetMetricsRequest,
    WorkflowExecutionGetRequest, event_failure_reason::Reason, execution_closure::OutputResult,
};
use aileron_idl::core::{
    NodeExecutionIdentifier, ResourceType, Span, TaskExecutionIdentifier, node_execution, span,
    task_execution, workflow_execution,
};
use aileron_idl::event::{
    NodeExecutionEvent, ParentNodeExecutionMetadata, ParentTaskExecutionMetadata, TaskExecutionEvent,
    WorkflowExecutionEvent, node_execution_event, task_execution_event, workflow_execution_event,
};
use aileron_server::ServiceError;
use prost_types::Timestamp;
use tonic::Code;

use crate::fixture::{self, execution_id, id, launch, number};
use crate::harness::{TestServer, detail};

const NAME: &str = "run";

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

fn node_id(node: &str) -> NodeExecutionIdentifier {
    NodeExecutionIdentifier { node_id: node.into(), execution_id: Some(execution_id(NAME)) }
}

fn workflow(phase: workflow_execution::Phase, seconds: i64) -> WorkflowExecutionEvent {
    WorkflowExecutionEvent {
        execution_id: Some(execution_id(NAME)),
        phase: phase as i32,
        occurred_at: at(seconds),
        ..Default::default()
    }
}

fn node(node: &str, phase: node_execution::Phase, seconds: i64) -> NodeExecutionEvent {
    NodeExecutionEvent {
        id: Some(node_id(node)),
        phase: phase as i32,
        occurred_at: at(seconds),
        spec_node_id: node.into(),
        ..Default::default()
    }
}

fn task(phase: task_execution::Phase, seconds: i64) -> TaskExecutionEvent {
    TaskExecutionEvent {
        task_id: Some(id(ResourceType::Task, "inc")),
        parent_node_execution_id: Some(node_id("n0")),
        phase: phase as i32,
        occurred_at: at(seconds),
        task_type: "python-task".into(),
        event_version: 1,
        ..Default::default()
    }
}

fn boxed(event: impl Into<Event>) -> ExecutionEvent {
    event.into().0
}

struct Event(ExecutionEvent);

impl From<WorkflowExecutionEvent> for Event {
    fn from(event: WorkflowExecutionEvent) -> Self {
        Event(ExecutionEvent::Workflow(Box::new(event)))
    }
}

impl From<NodeExecutionEvent> for Event {
    fn from(event: NodeExecutionEvent) -> Self {
        Event(ExecutionEvent::Node(Box::new(event)))
    }
}

impl From<TaskExecutionEvent> for Event {
    fn from(event: TaskExecutionEvent) -> Self {
        Event(ExecutionEvent::Task(Box::new(event)))
    }
}

pub(crate) async fn running() -> TestServer {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    server.admin.create_execution(launch(NAME, number(3))).await.unwrap();
    server
}

/// A whole run of one task node, as the data plane reports it.
pub(crate) async fn report(server: &TestServer) -> Vec<ExecutionEvent> {
    use node_execution::Phase as Node;
    use task_execution::Phase as Task;
    use workflow_execution::Phase as Workflow;
    let inputs = server.storage.uri(&["data", "in"]);
    let outputs = server.storage.uri(&["data", "out"]);
    server.storage.put_message(&inputs, &number(3)).await.unwrap();
    server.storage.put_message(&outputs, &number(4)).await.unwrap();
    let mut queued = node("n0", Node::Queued, 2);
    queued.input_value = Some(node_execution_event::InputValue::InputUri(inputs.clone()));
    let mut succeeded = node("n0", Node::Succeeded, 9);
    succeeded.output_result = Some(node_execution_event::OutputResult::OutputUri(outputs.clone()));
    let mut attempt = task(Task::Queued, 3);
    attempt.input_value = Some(task_execution_event::InputValue::InputUri(inputs));
    let mut done = task(Task::Succeeded, 8);
    done.output_result = Some(task_execution_event::OutputResult::OutputUri(outputs.clone()));
    let mut end = workflow(Workflow::Succeeded, 10);
    end.output_result = Some(workflow_execution_event::OutputResult::OutputUri(outputs));
    vec![
        boxed(workflow(Workflow::Running, 1)),
        boxed(queued),
        boxed(attempt),
        boxed(node("n0", Node::Running, 4)),
        boxed(task(Task::Running, 5)),
        boxed(done),
        boxed(succeeded),
        boxed(end),
    ]
}

#[tokio::test]
async fn a_reported_run_is_read_back() {
    let mut server = running().await;
    let events = report(&server).await;
    assert!(server.server.record_events(events.clone()).await.iter().all(Result::is_ok));

    let request = WorkflowExecutionGetRequest { id: Some(execution_id(NAME)) };
    let closure = server.admin.get_execution(request).await.unwrap().into_inner().closure.unwrap();
    assert_eq!(closure.phase(), workflow_execution::Phase::Succeeded);
    assert_eq!((closure.started_at, closure.updated_at), (at(1), at(10)));
    assert_eq!(closure.duration.unwrap().seconds, 9);
    let request = WorkflowExecutionGetDataRequest { id: Some(execution_id(NAME)) };
    let data = server.admin.get_execution_data(request).await.unwrap().into_inner();
    assert_eq!(data.full_outputs, Some(number(4)));

    let request = NodeExecutionGetDataRequest { id: Some(node_id("n0")) };
    let data = server.admin.get_node_execution_data(request).await.unwrap().into_inner();
    assert_eq!((data.full_inputs, data.full_outputs), (Some(number(3)), Some(number(4))));
    assert_eq!(data.flyte_urls.unwrap().outputs, "flyte://v1/flytesnacks/development/run/n0/o");

    let request =
        TaskExecutionListRequest { node_execution_id: Some(node_id("n0")), limit: 10, ..Default::default() };
    let mut attempts = server.admin.list_task_executions(request).await.unwrap().into_inner().task_executions;
    let attempt = attempts.pop().unwrap();
    let closure = attempt.closure.unwrap();
    assert_eq!(closure.phase(), task_execution::Phase::Succeeded);
    assert_eq!((closure.created_at, closure.started_at, closure.updated_at), (at(3), at(5), at(8)));
    assert_eq!((closure.task_type.as_str(), closure.event_version), ("python-task", 1));
    let request = TaskExecutionGetDataRequest { id: attempt.id };
    let data = server.admin.get_task_execution_data(request).await.unwrap().into_inner();
    assert_eq!(data.full_outputs, Some(number(4)));
    assert_eq!(data.flyte_urls.unwrap().inputs, "flyte://v1/flytesnacks/development/run/n0/0/i");

    // Delivery is at least once.
    for result in server.server.record_events(events).await {
        let known = matches!(result, Err(ServiceError::RepeatedEvent(_) | ServiceError::Terminal { .. }));
        assert!(known, "{result:?}");
    }
}

#[tokio::test]
async fn events_in_a_batch_fail_alone() {
    let server = running().await;
    let mut stray = node("n0", node_execution::Phase::Running, 1);
    stray.id.as_mut().unwrap().execution_id.as_mut().unwrap().name = "unknown".into();
    let results = server
        .server
        .record_events(vec![
            boxed(stray),
            boxed(task(task_execution::Phase::Running, 1)),
            boxed(workflow(workflow_execution::Phase::Running, 1)),
        ])
        .await;
    assert!(matches!(results[0], Err(ServiceError::NotFound { .. })));
    assert!(matches!(results[1], Err(ServiceError::ParentUnknown(_))));
    assert!(results[2].is_ok());
}

#[tokio::test]
async fn event_rpcs_answer_with_flytes_codes() {
    let mut server = running().await;
    let mut send = async |phase| {
        let request = WorkflowExecutionEventRequest { event: Some(workflow(phase, 1)), ..Default::default() };
        server.admin.create_workflow_event(request).await
    };
    use workflow_execution::Phase::{Failed, Running, Succeeded};
    assert!(send(Running).await.is_ok());
    assert_eq!(send(Running).await.unwrap_err().code(), Code::AlreadyExists);
    assert!(send(Failed).await.is_ok());
    let late = send(Succeeded).await.unwrap_err();
    assert_eq!(late.code(), Code::FailedPrecondition);
    let reason = detail::<EventFailureReason>(&late).reason;
    assert!(matches!(reason, Some(Reason::AlreadyInTerminalState(state)) if state.current_phase == "FAILED"));

    let mut event = node("n0", node_execution::Phase::Running, 1);
    event.producer_id = "elsewhere".into();
    let request = NodeExecutionEventRequest { event: Some(event), ..Default::default() };
    assert_eq!(server.admin.create_node_event(request).await.unwrap_err().code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn who_reports_before_a_run_has_begun_has_it() {
    let mut server = running().await;
    use workflow_execution::Phase::{Queued, Running, Succeeded};
    for (phase, producer, taken) in [
        (Queued, "first", true),
        // What is not running yet may be taken over.
        (Running, "second", true),
        (Succeeded, "first", false),
        (Succeeded, "propeller", true),
    ] {
        let event = WorkflowExecutionEvent { producer_id: producer.into(), ..workflow(phase, 1) };
        let request = WorkflowExecutionEventRequest { event: Some(event), ..Default::default() };
        let answer = server.admin.create_workflow_event(request).await;
        assert_eq!(answer.is_ok(), taken, "{phase:?} from {producer}: {answer:?}");
        if let Err(refused) = answer {
            let reason = detail::<EventFailureReason>(&refused).reason;
            assert!(matches!(reason, Some(Reason::IncompatibleCluster(told)) if told.cluster == producer));
        }
    }
}

#[tokio::test]
async fn only_who_has_a_run_reports_on_its_parts() {
    let server = running().await;
    let mut begun = workflow(workflow_execution::Phase::Running, 1);
    begun.producer_id = "mine".into();
    let by = |producer: &str, name: &str| {
        let mut event = node("n0", node_execution::Phase::Running, 1);
        event.producer_id = producer.into();
        event.id.as_mut().unwrap().execution_id.as_mut().unwrap().name = name.into();
        boxed(event)
    };
    let mut attempt = task(task_execution::Phase::Running, 2);
    attempt.producer_id = "other".into();
    let events =
        vec![boxed(begun), by("other", NAME), by("mine", NAME), boxed(attempt), by("mine", "nobody")];
    let answers = server.server.record_events(events).await;
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    for refused in [&answers[1], &answers[3]] {
        assert!(matches!(refused, Err(ServiceError::IncompatibleCluster(_))), "{answers:?}");
    }
    assert!(matches!(answers[4], Err(ServiceError::NotFound { .. })), "{answers:?}");
}

#[tokio::test]
async fn nodes_that_an_attempt_started_are_listed_under_it() {
    let mut server = running().await;
    let attempt = TaskExecutionIdentifier {
        task_id: Some(id(ResourceType::Task, "inc")),
        node_execution_id: Some(node_id("n0")),
        retry_attempt: 0,
    };
    let below = |name: &str, attempt: u32, id: &TaskExecutionIdentifier| {
        let parent = TaskExecutionIdentifier { retry_attempt: attempt, ..id.clone() };
        let mut event = node(name, node_execution::Phase::Running, 3);
        event.parent_task_metadata = Some(ParentTaskExecutionMetadata { id: Some(parent) });
        boxed(event)
    };
    let answers = server
        .server
        .record_events(vec![
            boxed(node("n0", node_execution::Phase::Running, 1)),
            boxed(task(task_execution::Phase::Running, 2)),
            below("child", 0, &attempt),
            below("stray", 7, &attempt),
        ])
        .await;
    assert!(answers[..3].iter().all(Result::is_ok), "{answers:?}");
    assert!(matches!(answers[3], Err(ServiceError::NotFound { .. })), "{answers:?}");

    let request = NodeExecutionForTaskListRequest {
        task_execution_id: Some(attempt.clone()),
        limit: 10,
        ..Default::default()
    };
    let found = server.admin.list_node_executions_for_task(request).await.unwrap().into_inner();
    let names: Vec<_> = found.node_executions.into_iter().map(|node| node.id.unwrap().node_id).collect();
    assert_eq!(names, ["child"]);
    let request = TaskExecutionGetRequest { id: Some(attempt) };
    assert!(server.admin.get_task_execution(request).await.unwrap().into_inner().is_parent);
    let top = NodeExecutionListRequest {
        workflow_execution_id: Some(execution_id(NAME)),
        limit: 10,
        ..Default::default()
    };
    let top = server.admin.list_node_executions(top).await.unwrap().into_inner().node_executions;
    assert_eq!(top.into_iter().map(|node| node.id.unwrap().node_id).collect::<Vec<_>>(), ["n0"]);
}

#[tokio::test]
async fn children_are_listed_under_their_parent() {
    let mut server = running().await;
    let mut child = node("n0-0-n1", node_execution::Phase::Running, 2);
    child.parent_node_metadata = Some(ParentNodeExecutionMetadata { node_id: "n0".into() });
    let mut parent = node("n0", node_execution::Phase::Running, 1);
    parent.is_parent = true;
    let results = server.server.record_events(vec![boxed(parent), boxed(child)]).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let mut listed = async |parent: &str| {
        let request = NodeExecutionListRequest {
            workflow_execution_id: Some(execution_id(NAME)),
            unique_parent_id: parent.into(),
            limit: 10,
            ..Default::default()
        };
        let found =
            server.admin.list_node_executions(request).await.map(|found| found.into_inner().node_executions);
        found.map(|nodes| nodes.into_iter().map(|node| node.id.unwrap().node_id).collect::<Vec<_>>())
    };
    assert_eq!(listed("").await.unwrap(), ["n0"]);
    assert_eq!(listed("n0").await.unwrap(), ["n0-0-n1"]);
    assert_eq!(listed("n7").await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn inline_literals_are_moved_to_the_store() {
    let mut server = running().await;
    let mut event = node("n0", node_execution::Phase::Succeeded, 1);
    event.input_value = Some(node_execution_event::InputValue::InputData(number(1)));
    event.output_result = Some(node_execution_event::OutputResult::OutputData(number(2)));
    assert!(server.server.record_events(vec![boxed(event)]).await.iter().all(Result::is_ok));
    let request = NodeExecutionGetDataRequest { id: Some(node_id("n0")) };
    let data = server.admin.get_node_execution_data(request).await.unwrap().into_inner();
    assert_eq!((data.full_inputs, data.full_outputs), (Some(number(1)), Some(number(2))));
}

#[tokio::test]
async fn a_refused_event_replaces_no_outputs() {
    use node_execution::Phase;
    let mut server = running().await;
    let succeeded = |value| {
        let mut event = node("n0", Phase::Succeeded, 3);
        event.output_result = Some(node_execution_event::OutputResult::OutputData(number(value)));
        boxed(event)
    };
    let events = vec![boxed(node("n0", Phase::Running, 2)), succeeded(4), succeeded(9)];
    let results = server.server.record_events(events).await;
    assert!(matches!(results[..], [Ok(()), Ok(()), Err(ServiceError::Terminal { .. })]), "{results:?}");
    let request = NodeExecutionGetDataRequest { id: Some(node_id("n0")) };
    let data = server.admin.get_node_execution_data(request).await.unwrap().into_inner();
    assert_eq!(data.full_outputs, Some(number(4)));
}

#[tokio::test]
async fn an_aborted_execution_keeps_who_and_why() {
    let mut server = running().await;
    let request = ExecutionTerminateRequest { id: Some(execution_id(NAME)), cause: "enough".into() };
    server.admin.terminate_execution(request.clone()).await.unwrap();
    let results =
        server.server.record_events(vec![boxed(workflow(workflow_execution::Phase::Aborted, 5))]).await;
    assert!(results[0].is_ok());
    let get = WorkflowExecutionGetRequest { id: Some(execution_id(NAME)) };
    let closure = server.admin.get_execution(get).await.unwrap().into_inner().closure.unwrap();
    assert_eq!(closure.phase(), workflow_execution::Phase::Aborted);
    assert!(
        matches!(closure.output_result, Some(OutputResult::AbortMetadata(abort)) if abort.cause == "enough")
    );
    let again = server.admin.terminate_execution(request).await.unwrap_err();
    assert_eq!(again.code(), Code::FailedPrecondition);
    assert!(!again.details().is_empty());
}

/// A span as text: what it is of, when it began and ended, and what is in it.
fn shown(span: &Span, depth: usize, text: &mut String) {
    let seconds = |at: &Option<Timestamp>| at.as_ref().map_or(-1, |at| at.seconds);
    let name = match span.id.as_ref().unwrap() {
        span::Id::WorkflowId(id) => id.name.clone(),
        span::Id::NodeId(id) => id.node_id.clone(),
        span::Id::TaskId(id) => format!("attempt {}", id.retry_attempt),
        span::Id::OperationId(id) => id.clone(),
    };
    let (start, end) = (seconds(&span.start_time), seconds(&span.end_time));
    let start =
        if depth == 0 || name == "WORKFLOW_SETUP" { "accepted".to_owned() } else { start.to_string() };
    text.push_str(&format!("{}{name} {start}..{end}\n", "  ".repeat(depth)));
    for part in &span.spans {
        shown(part, depth + 1, text);
    }
}

#[tokio::test]
async fn the_time_of_a_run_is_told_as_spans() {
    // Nodes must begin after the execution was accepted, which the real clock decides.
    const LATE: i64 = 4_000_000_000;
    let mut server = running().await;
    let mut events = report(&server).await;
    for event in &mut events {
        let occurred = match event {
            ExecutionEvent::Workflow(event) => &mut event.occurred_at,
            ExecutionEvent::Node(event) => &mut event.occurred_at,
            ExecutionEvent::Task(event) => &mut event.occurred_at,
        };
        occurred.as_mut().unwrap().seconds += LATE;
    }
    for result in server.server.record_events(events).await {
        result.unwrap();
    }
    let attempt = "attempt 0 4000000003..4000000008";
    let node = "n0 4000000002..4000000009";
    let run = "run accepted..4000000010";
    for (depth, expected) in [
        (0, vec![(0, run)]),
        (
            1,
            vec![
                (0, run),
                (1, "WORKFLOW_SETUP accepted..4000000002"),
                (1, node),
                (1, "WORKFLOW_TEARDOWN 4000000009..4000000010"),
            ],
        ),
        (
            -1,
            vec![
                (0, run),
                (1, "WORKFLOW_SETUP accepted..4000000002"),
                (1, node),
                (2, "NODE_SETUP 4000000002..4000000003"),
                (2, attempt),
                (3, "TASK_SETUP 4000000003..4000000005"),
                (3, "TASK_RUNTIME 4000000005..4000000008"),
                (3, "TASK_TEARDOWN 4000000008..4000000008"),
                (2, "NODE_TEARDOWN 4000000008..4000000009"),
                (1, "WORKFLOW_TEARDOWN 4000000009..4000000010"),
            ],
        ),
    ] {
        let request = WorkflowExecutionGetMetricsRequest { id: Some(execution_id(NAME)), depth };
        let span = server.admin.get_execution_metrics(request).await.unwrap().into_inner().span.unwrap();
        let mut text = String::new();
        shown(&span, 0, &mut text);
        let expected: String =
            expected.into_iter().map(|(depth, line)| format!("{}{line}\n", "  ".repeat(depth))).collect();
        assert_eq!(text, expected, "{depth}");
    }
    let request = WorkflowExecutionGetMetricsRequest { id: Some(execution_id("nobody")), depth: -1 };
    assert_eq!(server.admin.get_execution_metrics(request).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn nodes_that_made_nothing_say_so() {
    let mut server = running().await;
    let events = report(&server).await;
    server.server.record_events(events).await;
    let request = GetDynamicNodeWorkflowRequest { id: Some(node_id("n0")) };
    let refused = server.admin.get_dynamic_node_workflow(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert!(refused.message().contains("node does not contain dynamic workflow"), "{refused}");

    let attempt = TaskExecutionIdentifier {
        task_id: Some(id(ResourceType::Task, "inc")),
        node_execution_id: Some(node_id("n0")),
        retry_attempt: 0,
    };
    let of = |attempt: TaskExecutionIdentifier| NodeExecutionForTaskListRequest {
        task_execution_id: Some(attempt),
        limit: 10,
        ..Default::default()
    };
    let found = server.admin.list_node_executions_for_task(of(attempt.clone())).await.unwrap().into_inner();
    assert!(found.node_executions.is_empty());
    let unknown = TaskExecutionIdentifier { retry_attempt: 7, ..attempt };
    let refused = server.admin.list_node_executions_for_task(of(unknown)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn a_batch_of_events_is_judged_event_by_event() {
    use aileron_idl::aileron::v1::event_service_client::EventServiceClient;
    use aileron_idl::aileron::v1::{ReportEventsRequest, ReportedEvent, reported_event};
    use node_execution::Phase as Node;
    use workflow_execution::Phase as Workflow;
    let server = running().await;
    let mut client = EventServiceClient::connect(format!("http://{}", server.address)).await.unwrap();
    let began = reported_event::Event::Workflow(workflow(Workflow::Running, 1));
    let of_nobody = WorkflowExecutionEvent {
        execution_id: Some(execution_id("nobody")),
        ..workflow(Workflow::Running, 1)
    };
    let events = [
        began.clone(),
        began,
        reported_event::Event::Workflow(of_nobody),
        reported_event::Event::Node(node("n0", Node::Running, 2)),
    ];
    let events = events.map(|event| ReportedEvent { event: Some(event) });
    let request = ReportEventsRequest { events: events.to_vec() };
    let outcomes = client.report_events(request).await.unwrap().into_inner().outcomes;
    let told: Vec<_> = outcomes.iter().map(|one| (Code::from(one.code), one.known)).collect();
    let expected =
        [(Code::Ok, false), (Code::AlreadyExists, true), (Code::NotFound, false), (Code::Ok, false)];
    assert_eq!(told, expected, "{outcomes:?}");
    let request = NodeExecutionGetRequest { id: Some(node_id("n0")) };
    let found = server.admin.clone().get_node_execution(request).await.unwrap().into_inner();
    assert_eq!(found.closure.unwrap().phase(), Node::Running);

    let nothing = ReportEventsRequest { events: vec![ReportedEvent::default()] };
    let refused = client.report_events(nothing).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::InvalidArgument, "missing events[0].event"));
}
