//! Events: 64 runs reported at once, with events that come twice or before their time; in the end every row is as
//! if nothing had gone wrong.

use std::collections::BTreeMap;

use aileron_idl::admin::{
    NodeExecutionEventRequest, NodeExecutionListRequest, TaskExecutionEventRequest, TaskExecutionListRequest,
};
use aileron_idl::core::{
    Identifier, NodeExecutionIdentifier, ResourceType, WorkflowExecutionIdentifier, node_execution,
    task_execution,
};
use aileron_idl::event::{NodeExecutionEvent, TaskExecutionEvent};
use aileron_tests::client::Client;
use aileron_tests::programs;
use anyhow::{Context, Result, ensure};
use prost_types::Timestamp;
use tonic::{Code, Status};

use super::{Numbers, World, streams};

/// Runs that are reported at the same time.
const RUNS: usize = 64;
/// Nodes of a run, of six events each: 100,000 in all.
const NODES: usize = 260;
/// Nodes that are under way at once, so that their events mix.
const MIXED: usize = 8;
/// Every so many events one comes twice (5 %), or after the next one (2 %).
const TWICE: usize = 20;
const SWAPPED: usize = 50;

#[derive(Clone)]
enum Event {
    Node(Box<NodeExecutionEvent>),
    Task(Box<TaskExecutionEvent>),
}

pub(crate) async fn measure(world: &World, plan: &Identifier, numbers: &mut Numbers) -> Result<()> {
    let mut client = world.client().await?;
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        runs.push(client.launch(plan).await?);
    }
    let scripts: Vec<Vec<Event>> = runs.iter().map(script).collect();
    let measured =
        streams::call_all(world.server.address(), RUNS, async |client, stream, turn| {
            match scripts[stream].get(turn) {
                Some(event) => tell(client, event).await.map(Some),
                None => Ok(None),
            }
        })
        .await?;
    // What came before what it belongs to is sent again, as an engine would.
    let early: Vec<(usize, usize)> = (0..RUNS)
        .flat_map(|run| (0..scripts[run].len()).map(move |turn| (run, turn)))
        .zip(&measured.answers)
        .filter(|(_, told)| **told == Told::TooEarly)
        .map(|(place, _)| place)
        .collect();
    for (run, turn) in &early {
        ensure!(
            tell(&mut client, &scripts[*run][*turn]).await? != Told::TooEarly,
            "an event stays too early"
        );
    }
    numbers.extend([("events", measured.per_second), ("events_p99", measured.p99)]);
    let repeated = measured.answers.iter().filter(|told| **told == Told::Known).count();
    eprintln!(
        "events: {:.0}/s of {}, {repeated} known, {} early, 99 of 100 within {:.1} ms",
        measured.per_second,
        measured.answers.len(),
        early.len(),
        measured.p99
    );
    for run in &runs {
        check(&mut client, run).await?;
    }
    Ok(())
}

/// What a server says to an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Taken,
    Known,
    TooEarly,
}

async fn tell(client: &mut Client, event: &Event) -> Result<Told, Status> {
    let answer = match event.clone() {
        Event::Node(event) => {
            let request = NodeExecutionEventRequest { event: Some(*event), ..Default::default() };
            client.admin.create_node_event(request).await.map(drop)
        }
        Event::Task(event) => {
            let request = TaskExecutionEventRequest { event: Some(*event), ..Default::default() };
            client.admin.create_task_event(request).await.map(drop)
        }
    };
    match answer.map_err(|status| (status.code(), status)) {
        Ok(()) => Ok(Told::Taken),
        Err((Code::AlreadyExists | Code::FailedPrecondition, _)) => Ok(Told::Known),
        Err((Code::Aborted, _)) => Ok(Told::TooEarly),
        Err((_, status)) => Err(status),
    }
}

/// The events of a run: those of a few nodes at a time take turns, some come twice, some after the next one.
fn script(run: &WorkflowExecutionIdentifier) -> Vec<Event> {
    let mut ordered = Vec::new();
    let nodes: Vec<Vec<Event>> = (0..NODES).map(|number| of_node(run, number)).collect();
    for group in nodes.chunks(MIXED) {
        for step in 0..group[0].len() {
            ordered.extend(group.iter().map(|events| events[step].clone()));
        }
    }
    for at in (SWAPPED..ordered.len() - 1).step_by(SWAPPED) {
        ordered.swap(at, at + 1);
    }
    let twice = |(at, event): (usize, Event)| {
        let again = at.is_multiple_of(TWICE).then(|| event.clone());
        std::iter::once(event).chain(again)
    };
    ordered.into_iter().enumerate().flat_map(twice).collect()
}

/// Second at which a node enters its first phase; each step is a second later.
fn begun(number: usize) -> i64 {
    1_800_000_000 + 100 * i64::try_from(number).unwrap_or_default()
}

fn of_node(run: &WorkflowExecutionIdentifier, number: usize) -> Vec<Event> {
    use node_execution::Phase as Node;
    use task_execution::Phase as Task;
    let id = NodeExecutionIdentifier { node_id: format!("e{number}"), execution_id: Some(run.clone()) };
    let at = |step: i64| Some(Timestamp { seconds: begun(number) + step, nanos: 0 });
    let node = |phase: Node, step: i64| {
        Event::Node(Box::new(NodeExecutionEvent {
            id: Some(id.clone()),
            spec_node_id: id.node_id.clone(),
            phase: phase as i32,
            occurred_at: at(step),
            ..NodeExecutionEvent::default()
        }))
    };
    let task = |phase: Task, step: i64| {
        Event::Task(Box::new(TaskExecutionEvent {
            task_id: Some(programs::identifier(ResourceType::Task, "sleep")),
            parent_node_execution_id: Some(id.clone()),
            phase: phase as i32,
            occurred_at: at(step),
            ..TaskExecutionEvent::default()
        }))
    };
    vec![
        node(Node::Queued, 0),
        task(Task::Queued, 1),
        node(Node::Running, 2),
        task(Task::Running, 3),
        task(Task::Succeeded, 4),
        node(Node::Succeeded, 5),
    ]
}

/// Every node of a run has succeeded, with the times of its events; so has its attempt.
async fn check(client: &mut Client, run: &WorkflowExecutionIdentifier) -> Result<()> {
    let request = NodeExecutionListRequest {
        workflow_execution_id: Some(run.clone()),
        limit: 10_000,
        ..NodeExecutionListRequest::default()
    };
    let found = client.admin.list_node_executions(request).await?.into_inner().node_executions;
    let nodes: BTreeMap<String, _> =
        found.into_iter().filter_map(|node| Some((node.id?.node_id, node.closure?))).collect();
    for number in 0..NODES {
        let closure = nodes.get(&format!("e{number}")).with_context(|| format!("node e{number}"))?;
        let started = closure.started_at.map(|at| at.seconds);
        let lasted = closure.duration.map(|time| time.seconds);
        let expected = (node_execution::Phase::Succeeded, Some(begun(number) + 2), Some(3));
        ensure!((closure.phase(), started, lasted) == expected, "node e{number}: {closure:?}");
    }
    let request = TaskExecutionListRequest {
        node_execution_id: Some(NodeExecutionIdentifier {
            node_id: "e7".into(),
            execution_id: Some(run.clone()),
        }),
        limit: 10,
        ..TaskExecutionListRequest::default()
    };
    let attempts = client.admin.list_task_executions(request).await?.into_inner().task_executions;
    let phases: Vec<_> = attempts.iter().filter_map(|one| Some(one.closure.as_ref()?.phase())).collect();
    ensure!(phases == [task_execution::Phase::Succeeded], "{phases:?}");
    Ok(())
}
