//! Registering: workflows of 20 nodes with 20 tasks and a launch plan each, be the tasks their own or shared.

use aileron_idl::core::{Identifier, ResourceType};
use aileron_tests::programs;
use anyhow::Result;
use tonic::Status;

use super::{Numbers, World, streams};

const STREAMS: usize = 8;
/// Nodes of a workflow.
const NODES: usize = 20;

pub(crate) async fn measure(world: &World, numbers: &mut Numbers) -> Result<()> {
    let address = world.server.address();
    // One call after the other: the twenty tasks, then workflow and launch plan.
    let own = streams::call(address, STREAMS, async |client, stream, turn| {
        let (workflow, part) = (turn / (NODES + 1), turn % (NODES + 1));
        let task = |index: usize| format!("own-{stream}-{workflow}-{index}");
        if part < NODES {
            client.create_task(programs::command(&task(part), &["true"])).await.map_err(status)?;
            return Ok(1);
        }
        let tasks: Vec<Identifier> =
            (0..NODES).map(|index| programs::identifier(ResourceType::Task, &task(index))).collect();
        let workflow = programs::chain_of(&format!("own-{stream}-{workflow}"), &tasks);
        client.create_workflow(workflow).await.map_err(status)?;
        Ok(2)
    })
    .await?;
    note(numbers, ["register_own", "register_own_p99"], &own);

    let mut client = world.client().await?;
    let mut tasks = Vec::new();
    for index in 0..NODES {
        tasks.push(client.create_task(programs::command(&format!("shared-{index}"), &["true"])).await?);
    }
    let shared = streams::call(address, STREAMS, async |client, stream, turn| {
        let workflow = programs::chain_of(&format!("shared-{stream}-{turn}"), &tasks);
        client.create_workflow(workflow).await.map_err(status)?;
        Ok(2)
    })
    .await?;
    note(numbers, ["register_shared", "register_shared_p99"], &shared);
    Ok(())
}

/// Objects a second: a call may register several.
fn note(numbers: &mut Numbers, [rate, p99]: [&'static str; 2], measured: &streams::Measured<usize>) {
    let objects: usize = measured.answers.iter().sum();
    let per_second = measured.per_second * objects as f64 / measured.answers.len().max(1) as f64;
    numbers.extend([(rate, per_second), (p99, measured.p99)]);
    eprintln!("{rate}: {per_second:.0} objects/s, 99 of 100 calls within {:.1} ms", measured.p99);
}

fn status(error: anyhow::Error) -> Status {
    error.downcast().unwrap_or_else(|error| Status::internal(error.to_string()))
}
