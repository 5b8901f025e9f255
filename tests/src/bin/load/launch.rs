//! Launching: CreateExecution of a workflow of one node.

use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_tests::programs;
use anyhow::Result;

use super::{Numbers, World, streams};

const STREAMS: usize = 16;

/// Launches for a while; answers what was launched.
pub(crate) async fn measure(
    world: &World,
    numbers: &mut Numbers,
) -> Result<Vec<WorkflowExecutionIdentifier>> {
    let mut client = world.client().await?;
    let nothing = client.create_task(programs::command("nothing", &["true"])).await?;
    let plan = client.create_workflow(programs::chain("once", &nothing, 1)).await?;
    let measured =
        streams::call(world.server.address(), STREAMS, async |client, _, _| client.launch(&plan).await)
            .await?;
    numbers.extend([("create", measured.per_second), ("create_p99", measured.p99)]);
    eprintln!("create: {:.0}/s, 99 of 100 within {:.1} ms", measured.per_second, measured.p99);
    Ok(measured.answers)
}
