//! Reading: executions by id, pages of a run of 50,000 nodes, and lists among a million executions.

use std::time::Duration;

use aileron_idl::admin::{
    NamedEntityIdentifier, NodeExecutionEventRequest, NodeExecutionListRequest, ResourceListRequest, Sort,
    sort,
};
use aileron_idl::core::{
    Identifier, NodeExecutionIdentifier, WorkflowExecutionIdentifier, node_execution::Phase,
};
use aileron_idl::event::NodeExecutionEvent;
use aileron_tests::client::Client;
use aileron_tests::programs;
use anyhow::{Context, Result};
use prost_types::Timestamp;
use tonic::Status;

use super::{Numbers, World, streams};

const STREAMS: usize = 16;
/// Nodes of the large run.
const NODES: usize = 50_000;
/// Rows of a page of it.
const PAGE: u32 = 100;
/// Who look at a filtered list at the same time.
const VIEWERS: usize = 4;

/// What a page of the console asks for.
const FILTERS: [&str; 4] = [
    "eq(phase,FAILED)+gte(created_at,2026-01-02T00:00:00Z)",
    "value_in(phase,FAILED;ABORTED)",
    "eq(launch_plan.name,w7)+eq(phase,FAILED)",
    "eq(phase,RUNNING)",
];

/// GetExecution, over all that was launched, when all of that has begun.
pub(crate) async fn executions(
    world: &World,
    created: &[WorkflowExecutionIdentifier],
    numbers: &mut Numbers,
) -> Result<()> {
    let mut client = world.client().await?;
    let begun = begun(&mut client);
    tokio::time::timeout(Duration::from_secs(120), begun).await.context("what was launched begins")??;
    let measured = streams::call(world.server.address(), STREAMS, async |client, stream, turn| {
        client.execution(&created[(turn * STREAMS + stream) * 7919 % created.len()]).await
    })
    .await?;
    note(numbers, ["get", "get_p99"], &measured);
    Ok(())
}

/// Waits until nothing that was launched is still to begin, so that beginning it takes no part in what is measured next.
async fn begun(client: &mut Client) -> Result<(), Status> {
    let scope = NamedEntityIdentifier {
        project: programs::PROJECT.into(),
        domain: programs::DOMAIN.into(),
        ..NamedEntityIdentifier::default()
    };
    let request = ResourceListRequest {
        id: Some(scope),
        limit: 1,
        filters: "value_in(phase,UNDEFINED;QUEUED)".into(),
        ..ResourceListRequest::default()
    };
    while !client.admin.list_executions(request.clone()).await?.into_inner().executions.is_empty() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// ListNodeExecutions, page after page; each stream begins where the one before is after its share.
pub(crate) async fn nodes(world: &World, plan: &Identifier, numbers: &mut Numbers) -> Result<()> {
    let id = world.client().await?.launch(plan).await?;
    report(world, &id).await?;
    let tokens: Vec<std::sync::Mutex<String>> = (0..STREAMS).map(|_| Default::default()).collect();
    let measured = streams::call(world.server.address(), STREAMS, async |client, stream, _| {
        let token = tokens[stream].lock().map(|token| token.clone()).unwrap_or_default();
        let request = NodeExecutionListRequest {
            workflow_execution_id: Some(id.clone()),
            limit: PAGE,
            token,
            ..NodeExecutionListRequest::default()
        };
        let page = client.admin.list_node_executions(request).await?.into_inner();
        if let Ok(mut token) = tokens[stream].lock() {
            *token = page.token;
        }
        Ok(page.node_executions.len())
    })
    .await?;
    let rows: usize = measured.answers.iter().sum();
    anyhow::ensure!(rows > PAGE as usize, "the pages are empty");
    note(numbers, ["node_pages", "node_pages_p99"], &measured);
    Ok(())
}

/// One event for each node.
async fn report(world: &World, id: &WorkflowExecutionIdentifier) -> Result<()> {
    const REPORTERS: usize = 64;
    let reported = streams::call_all(world.server.address(), REPORTERS, async |client, stream, turn| {
        let number = turn * REPORTERS + stream;
        if number >= NODES {
            return Ok(None);
        }
        let node = NodeExecutionIdentifier { node_id: format!("m{number}"), execution_id: Some(id.clone()) };
        let event = NodeExecutionEvent {
            id: Some(node),
            spec_node_id: format!("m{number}"),
            phase: Phase::Queued as i32,
            occurred_at: Some(Timestamp { seconds: 1_800_000_000, nanos: 0 }),
            ..NodeExecutionEvent::default()
        };
        let request = NodeExecutionEventRequest { event: Some(event), ..Default::default() };
        client.admin.create_node_event(request).await.map(Some)
    });
    let reported =
        tokio::time::timeout(Duration::from_secs(120), reported).await.context("50,000 events")??;
    eprintln!("{NODES} nodes reported, {:.0}/s", reported.per_second);
    Ok(())
}

/// ListExecutions among a million.
pub(crate) async fn filtered(world: &World, numbers: &mut Numbers) -> Result<()> {
    let measured = streams::call(world.server.address(), VIEWERS, async |client, stream, turn| {
        let number = turn * VIEWERS + stream;
        let id = NamedEntityIdentifier {
            project: format!("p{}", number % 5),
            domain: "d".into(),
            ..NamedEntityIdentifier::default()
        };
        let request = ResourceListRequest {
            id: Some(id),
            limit: 25,
            filters: FILTERS[number % FILTERS.len()].into(),
            sort_by: Some(Sort { key: "created_at".into(), direction: sort::Direction::Descending.into() }),
            ..ResourceListRequest::default()
        };
        Ok(client.admin.list_executions(request).await?.into_inner().executions.len())
    })
    .await?;
    anyhow::ensure!(measured.answers.iter().sum::<usize>() > 0, "the lists are empty");
    note(numbers, ["filtered", "filtered_p99"], &measured);
    Ok(())
}

fn note<T>(numbers: &mut Numbers, [rate, p99]: [&'static str; 2], measured: &streams::Measured<T>) {
    numbers.extend([(rate, measured.per_second), (p99, measured.p99)]);
    eprintln!("{rate}: {:.0}/s, 99 of 100 within {:.1} ms", measured.per_second, measured.p99);
}
