//! An execution from its launch to its end.

use std::time::Duration;

use aileron_idl::admin::GetVersionRequest;
use aileron_idl::core::execution_error::ErrorKind;
use aileron_idl::core::{node_execution, workflow_execution};
use aileron_tests::client::Client;
use aileron_tests::programs::{chain, command, fan};
use anyhow::{Context, Result};

use crate::{PATIENCE, World};

/// What the README promises.
const TIME_TO_END: Duration = Duration::from_secs(10);

#[tokio::test]
async fn every_node_of_a_chain_succeeds_in_order() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let task = world.client.create_task(command("nothing", &["true"])).await?;
    let plan = world.client.create_workflow(chain("chain", &task, 10)).await?;
    let execution = world.client.launch(&plan).await?;
    world.client.succeed(&execution, PATIENCE).await?;
    let nodes = world.client.nodes(&execution).await?;
    let ids: Vec<_> = nodes.iter().filter_map(|node| Some(node.id.as_ref()?.node_id.as_str())).collect();
    assert_eq!(ids, ["start-node", "n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "end-node"]);
    let phases = nodes.iter().filter_map(|node| Some(node.closure.as_ref()?.phase()));
    assert!(phases.eq([node_execution::Phase::Succeeded; 12]));
    Ok(())
}

#[tokio::test]
async fn a_failed_command_fails_the_execution_as_the_users_error() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let task = world.client.create_task(command("bad", &["sh", "-c", "exit 7"])).await?;
    let plan = world.client.create_workflow(chain("bad", &task, 2)).await?;
    let execution = world.client.launch(&plan).await?;
    let closure = world.client.end(&execution, PATIENCE).await?;
    assert_eq!(closure.phase(), workflow_execution::Phase::Failed);
    let nodes = world.client.nodes(&execution).await?;
    let phase = |id: &str| nodes.iter().find(|node| node.id.as_ref().is_some_and(|node| node.node_id == id));
    let phase = phase("n1").and_then(|node| Some(node.closure.as_ref()?.phase()));
    assert_eq!(phase, Some(node_execution::Phase::Skipped));
    let first =
        nodes.iter().find(|node| node.id.as_ref().is_some_and(|id| id.node_id == "n0")).context("n0 ran")?;
    let Some(aileron_idl::admin::node_execution_closure::OutputResult::Error(error)) =
        first.closure.as_ref().and_then(|closure| closure.output_result.clone())
    else {
        anyhow::bail!("n0 has no error: {first:?}");
    };
    assert_eq!(error.kind(), ErrorKind::User, "{error:?}");
    Ok(())
}

#[tokio::test]
async fn an_aborted_execution_ends_aborted_and_runs_nothing_more() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let task = world.client.create_task(command("sleep", &["sleep", "300"])).await?;
    let plan = world.client.create_workflow(fan("sleeping", &task, 3)).await?;
    let execution = world.client.launch(&plan).await?;
    world.client.abort(&execution, "enough").await?;
    let closure = world.client.end(&execution, PATIENCE).await?;
    assert_eq!(closure.phase(), workflow_execution::Phase::Aborted);
    world.server.terminate(Duration::from_secs(10))?;
    Ok(())
}

#[tokio::test]
async fn what_was_accepted_right_before_a_crash_is_run() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let task = world.client.create_task(command("nothing", &["true"])).await?;
    let plan = world.client.create_workflow(chain("chain", &task, 3)).await?;
    let mut accepted = Vec::new();
    for _ in 0..20 {
        accepted.push(world.client.launch(&plan).await?);
    }
    let mut world = world.crash().await?;
    for execution in &accepted {
        world.client.succeed(execution, PATIENCE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn crash_after_crash_ends_every_execution_once() -> Result<()> {
    let mut world = World::new(&[]).await?;
    let runs = world.folder.path().join("runs");
    let script = format!("echo $FLYTE_INTERNAL_EXECUTION_ID >> {}", runs.display());
    let task = world.client.create_task(command("note", &["sh", "-c", &script])).await?;
    let plan = world.client.create_workflow(chain("notes", &task, 5)).await?;
    let mut accepted = Vec::new();
    for _ in 0..10 {
        accepted.push(world.client.launch(&plan).await?);
        world = world.crash().await?;
    }
    for execution in &accepted {
        world.client.succeed(execution, PATIENCE).await?;
    }
    let noted = std::fs::read_to_string(&runs)?;
    for execution in &accepted {
        let times = noted.lines().filter(|line| *line == execution.name).count();
        assert!(times >= 5, "{} ran {times} of its 5 tasks", execution.name);
    }
    Ok(())
}

/// In threads, as the client has to hear of the end while it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_ends_in_good_order_as_soon_as_it_has_said_its_address() -> Result<()> {
    for _ in 0..5 {
        let mut world = World::new(&[]).await?;
        assert!(world.server.terminate(TIME_TO_END)?.success());
    }
    Ok(())
}

/// In threads, as the client has to hear of the end while it is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_does_not_hold_up_the_end() -> Result<()> {
    let mut world = World::new(&["--drain-timeout", "10 min"]).await?;
    let address = world.server.address().trim_start_matches("http://");
    let _silent = std::net::TcpStream::connect(address)?;
    // The server accepts in order, so it has that connection once it answers on a later one.
    let mut later = Client::connect(world.server.address()).await?;
    later.admin.get_version(GetVersionRequest {}).await?;
    assert!(world.server.terminate(TIME_TO_END)?.success());
    Ok(())
}
