//! Two servers on one PostgreSQL database, each with a data plane of its own: they share the work, and
//! what holds on one server holds on both.

use std::collections::BTreeSet;

use aileron_crd::{ExecutionEvent, ExecutionId};
use aileron_idl::admin::{
    ConcurrencyLimitBehavior, ConcurrencyPolicy, ExecutionClusterLabel, ExecutionTerminateRequest,
    LaunchPlanState, LaunchPlanUpdateRequest, NodeExecutionListRequest, ObjectGetRequest,
    WorkflowExecutionGetDataRequest, WorkflowExecutionGetRequest,
};
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::core::{
    LiteralType, NodeExecutionIdentifier, ResourceType, SignalIdentifier, SimpleType, literal_type,
    node_execution,
};
use aileron_idl::event::NodeExecutionEvent;
use aileron_server::{HandoverError, Settings};
use futures::future::{join, join_all};
use prost_types::Timestamp;
use tonic::Code;

use crate::database::Tables;
use crate::fixture::{self, execution_id, id, launch, number};
use crate::harness::{Handed, TestServer};

/// Two servers, with something to launch.
async fn pair(launching: bool) -> [TestServer; 2] {
    let mut first = TestServer::start_shared(launching).await;
    fixture::register(&mut first).await;
    let second = first.beside(launching).await;
    [first, second]
}

fn name_of(handed: Handed) -> String {
    match handed {
        Handed::Start(workflow) => workflow.execution_id.name.clone(),
        Handed::Abort(id, _) => panic!("abort of {id:?}"),
    }
}

async fn phase(server: &mut TestServer, name: &str) -> Phase {
    let request = WorkflowExecutionGetRequest { id: Some(execution_id(name)) };
    server.admin.get_execution(request).await.unwrap().into_inner().closure.unwrap().phase()
}

async fn terminate(server: &mut TestServer, name: &str) {
    let request = ExecutionTerminateRequest { id: Some(execution_id(name)), cause: "enough".into() };
    server.admin.terminate_execution(request).await.unwrap();
}

#[tokio::test]
async fn each_execution_is_started_once() {
    let [mut first, mut second] = pair(true).await;
    let names: BTreeSet<String> = (0..60).map(|number| format!("e{number}")).collect();
    let launches = names.iter().enumerate().map(|(index, name)| {
        let mut admin = if index % 2 == 0 { first.admin.clone() } else { second.admin.clone() };
        async move { admin.create_execution(launch(name, number(1))).await.unwrap() }
    });
    join_all(launches).await;
    let mut started = Vec::new();
    while started.len() < names.len() {
        let handed = tokio::select! {
            handed = first.next_handed() => handed,
            handed = second.next_handed() => handed,
        };
        started.push(name_of(handed));
    }
    // Nothing is due any more, so nothing is started again.
    let tables = Tables::of(&first.database);
    let open = "SELECT execution_name FROM executions WHERE handover <> 'done'";
    while !tables.select::<(String,)>(open).await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(first.handed.try_recv().is_err() && second.handed.try_recv().is_err());
    assert_eq!(started.iter().cloned().collect::<BTreeSet<_>>(), names);
}

#[tokio::test]
async fn an_end_is_asked_of_the_data_plane_that_runs_the_execution() {
    let mut first = TestServer::start_shared(true).await;
    fixture::register(&mut first).await;
    first.admin.create_execution(launch("mine", number(1))).await.unwrap();
    assert_eq!(name_of(first.next_handed().await), "mine");
    let mut second = first.beside(true).await;
    terminate(&mut second, "mine").await;
    let abort = Handed::Abort(ExecutionId::from(&execution_id("mine")), "enough".into());
    assert_eq!(first.next_handed().await, abort);
    assert!(second.handed.try_recv().is_err());
}

#[tokio::test]
async fn an_execution_runs_where_its_label_is() {
    let mut any = TestServer::start_shared(false).await;
    fixture::register(&mut any).await;
    let label = |label: &str| {
        let labels = vec![label.to_owned()];
        move |settings: &mut Settings| settings.cluster_labels = labels
    };
    let mut cpu = any.beside_with(label("cpu"), true).await;
    let mut gpu = any.beside_with(label("gpu"), true).await;
    for (name, value) in [("c1", "cpu"), ("g1", "gpu"), ("c2", "cpu"), ("g2", "gpu")] {
        let mut request = launch(name, number(1));
        let label = ExecutionClusterLabel { value: value.into() };
        request.spec.as_mut().unwrap().execution_cluster_label = Some(label);
        any.admin.create_execution(request).await.unwrap();
    }
    // Those look when they are rung, or after a while.
    for server in [&mut cpu, &mut gpu] {
        server.admin.create_execution(launch("", number(1))).await.unwrap();
    }
    let mut started = [Vec::new(), Vec::new()];
    while started.iter().map(Vec::len).sum::<usize>() < 6 {
        let (place, handed) = tokio::select! {
            handed = cpu.next_handed() => (0, handed),
            handed = gpu.next_handed() => (1, handed),
        };
        started[place].push(name_of(handed));
    }
    for (mut names, expected) in started.into_iter().zip([["c1", "c2"], ["g1", "g2"]]) {
        names.retain(|name| name.len() == 2);
        names.sort();
        assert_eq!(names, expected);
    }
}

#[tokio::test]
async fn what_one_data_plane_was_offered_is_not_started_by_another() {
    let mut first = TestServer::start_shared(true).await;
    fixture::register(&mut first).await;
    // Whether it was started nobody knows.
    first.queue.fail_with(HandoverError::Unavailable("the answer was lost".into()));
    first.admin.create_execution(launch("offered", number(1))).await.unwrap();
    let tables = Tables::of(&first.database);
    let offered = "SELECT execution_name FROM executions WHERE handover_attempts > 0";
    while tables.select::<(String,)>(offered).await.is_empty() {
        tokio::task::yield_now().await;
    }
    first.stop.cancel();
    let mut second = first.beside(true).await;
    second.admin.create_execution(launch("later", number(1))).await.unwrap();
    assert_eq!(name_of(second.next_handed().await), "later");
    let mut first = first.restart().await;
    assert_eq!(name_of(first.next_handed().await), "offered");
    assert!(second.handed.try_recv().is_err());
}

#[tokio::test]
async fn of_two_launches_of_one_name_one_is_accepted_with_its_inputs() {
    let [first, second] = pair(false).await;
    for round in 0..10 {
        let name = format!("e{round}");
        let (mut left, mut right) = (first.admin.clone(), second.admin.clone());
        let answers = join(
            left.create_execution(launch(&name, number(1))),
            right.create_execution(launch(&name, number(2))),
        );
        let accepted = match answers.await {
            (Ok(_), Err(refused)) if refused.code() == Code::AlreadyExists => 1,
            (Err(refused), Ok(_)) if refused.code() == Code::AlreadyExists => 2,
            answers => panic!("{answers:?}"),
        };
        let request = WorkflowExecutionGetDataRequest { id: Some(execution_id(&name)) };
        let data = left.get_execution_data(request).await.unwrap().into_inner();
        assert_eq!(data.full_inputs, Some(number(accepted)));
    }
}

#[tokio::test]
async fn a_limit_on_executions_is_held_by_both() {
    let [mut first, second] = pair(false).await;
    let mut limited = fixture::launch_plan("wf");
    limited.id.as_mut().unwrap().version = "limited".into();
    let policy = ConcurrencyPolicy { max: 3, behavior: ConcurrencyLimitBehavior::Skip as i32 };
    limited.spec.as_mut().unwrap().concurrency_policy = Some(policy);
    first.admin.create_launch_plan(limited).await.unwrap();
    let launches = (0..24).map(|index| {
        let mut admin = if index % 2 == 0 { first.admin.clone() } else { second.admin.clone() };
        let mut request = launch(&format!("e{index}"), number(1));
        request.spec.as_mut().unwrap().launch_plan.as_mut().unwrap().version = "limited".into();
        async move { admin.create_execution(request).await }
    });
    let accepted = join_all(launches).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(accepted, 3);
}

#[tokio::test]
async fn of_two_versions_that_differ_one_is_registered_whole() {
    let [first, second] = pair(false).await;
    for round in 0..10 {
        let name = format!("contested{round}");
        let one = fixture::one_node(&name);
        let mut other = one.clone();
        other.spec.as_mut().unwrap().template.as_mut().unwrap().nodes[0].id = "renamed".into();
        other.spec.as_mut().unwrap().template.as_mut().unwrap().outputs =
            vec![fixture::bind("o0", fixture::promise("renamed", "o0"))];
        let (mut left, mut right) = (first.admin.clone(), second.admin.clone());
        let node = match join(left.create_workflow(one), right.create_workflow(other)).await {
            (Ok(_), Err(refused)) if refused.code() == Code::InvalidArgument => "n0",
            (Err(refused), Ok(_)) if refused.code() == Code::InvalidArgument => "renamed",
            answers => panic!("{answers:?}"),
        };
        let request = ObjectGetRequest { id: Some(id(ResourceType::Workflow, &name)) };
        let workflow = left.get_workflow(request).await.unwrap().into_inner();
        let template =
            workflow.closure.unwrap().compiled_workflow.unwrap().primary.unwrap().template.unwrap();
        assert!(template.nodes.iter().any(|found| found.id == node), "{template:?}");
    }
}

#[tokio::test]
async fn one_version_is_active_after_two_were_activated_at_once() {
    let [mut first, second] = pair(false).await;
    for version in ["v2", "v3"] {
        let mut plan = fixture::launch_plan("wf");
        plan.id.as_mut().unwrap().version = version.into();
        first.admin.create_launch_plan(plan).await.unwrap();
    }
    let activation = |version: &str| {
        let mut plan = id(ResourceType::LaunchPlan, "wf");
        plan.version = version.into();
        LaunchPlanUpdateRequest { id: Some(plan), state: LaunchPlanState::Active as i32 }
    };
    for _ in 0..10 {
        let (mut left, mut right) = (first.admin.clone(), second.admin.clone());
        let answers =
            join(left.update_launch_plan(activation("v2")), right.update_launch_plan(activation("v3"))).await;
        assert!(answers.0.is_ok() && answers.1.is_ok(), "{answers:?}");
        let active = "SELECT version FROM launch_plans WHERE state = 1";
        assert_eq!(Tables::of(&first.database).select::<(String,)>(active).await.len(), 1);
    }
}

fn node_event(node: usize, phase: node_execution::Phase, seconds: i64) -> ExecutionEvent {
    let node_id = format!("n{node}");
    ExecutionEvent::Node(Box::new(NodeExecutionEvent {
        id: Some(NodeExecutionIdentifier { node_id, execution_id: Some(execution_id("run")) }),
        phase: phase as i32,
        occurred_at: Some(Timestamp { seconds, nanos: 0 }),
        ..Default::default()
    }))
}

#[tokio::test]
async fn events_that_reach_both_are_each_counted_once() {
    use node_execution::Phase::{Queued, Running, Succeeded};
    let [mut first, second] = pair(false).await;
    first.admin.create_execution(launch("run", number(1))).await.unwrap();
    let reports = (0..40).map(|node| {
        let events: Vec<_> = (0i64..)
            .zip([Queued, Running, Succeeded])
            .map(|(at, phase)| node_event(node, phase, at))
            .collect();
        let (left, right) = (first.server.clone(), second.server.clone());
        async move { join(left.record_events(events.clone()), right.record_events(events)).await }
    });
    for (left, right) in join_all(reports).await {
        for (left, right) in left.iter().zip(&right) {
            assert!(left.is_ok() || right.is_ok(), "{left:?} {right:?}");
        }
    }
    let request = NodeExecutionListRequest {
        workflow_execution_id: Some(execution_id("run")),
        limit: 100,
        ..Default::default()
    };
    let found = second.admin.clone().list_node_executions(request).await.unwrap().into_inner();
    let phases: Vec<_> =
        found.node_executions.iter().map(|node| node.closure.as_ref().unwrap().phase()).collect();
    assert_eq!(phases, [Succeeded; 40]);
}

#[tokio::test]
async fn what_one_writes_the_other_reads_at_once() {
    let [mut first, mut second] = pair(false).await;
    first.admin.create_execution(launch("run", number(1))).await.unwrap();
    assert_eq!(phase(&mut second, "run").await, Phase::Undefined);
    terminate(&mut first, "run").await;
    assert_eq!(phase(&mut second, "run").await, Phase::Aborting);
}

#[tokio::test]
async fn a_signal_that_is_set_at_the_other_is_heard() {
    let [mut first, second] = pair(false).await;
    first.admin.create_execution(launch("e", number(1))).await.unwrap();
    let signal = SignalIdentifier { signal_id: "s".into(), execution_id: Some(execution_id("e")) };
    let r#type = literal_type::Type::Simple(SimpleType::Integer as i32);
    let r#type = LiteralType { r#type: Some(r#type), ..Default::default() };
    let wait = first.server.wait_for_signal(signal.clone(), r#type.clone());
    let value = number(41).literals.into_values().next();
    let set = async {
        let address = format!("http://{}", second.address);
        let mut signals =
            aileron_idl::service::signal_service_client::SignalServiceClient::connect(address).await.unwrap();
        let known = aileron_idl::admin::SignalGetOrCreateRequest {
            id: Some(signal.clone()),
            r#type: Some(r#type.clone()),
        };
        signals.get_or_create_signal(known).await.unwrap();
        let request = aileron_idl::admin::SignalSetRequest { id: Some(signal.clone()), value: value.clone() };
        signals.set_signal(request).await.unwrap();
    };
    assert_eq!(join(wait, set).await.0.unwrap(), value.clone().unwrap());
}
