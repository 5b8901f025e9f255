//! Ending what runs in a cluster.

use aileron_idl::core::workflow_execution::Phase;
use aileron_test_cluster::Nodes;
use aileron_tests::client::Client;
use aileron_tests::kubernetes::{NAMESPACE, Options, World};
use aileron_tests::programs::{command, fan};
use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::ListParams;

use crate::object;
use crate::{PATIENCE, until};

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_leaves_neither_object_nor_pods() -> Result<()> {
    // Nobody runs the pods: they stay pending for as long as they may.
    let world = World::start(Options::new(Nodes::None))?;
    let mut client = Client::connect(&world.address()).await?;
    let task = client.create_task(command("pending", &["true"])).await?;
    let plan = client.create_workflow(fan("pending", &task, 3)).await?;
    let id = client.launch(&plan).await?;
    let pods: Api<Pod> = Api::namespaced(world.kube().await?, NAMESPACE);
    until(async || Ok(pods.list(&ListParams::default()).await?.items.len() == 3))
        .await
        .with_context(|| world.logs())?;

    client.abort(&id, "enough").await?;
    let closure = client.end(&id, PATIENCE).await.with_context(|| world.logs())?;
    assert_eq!(closure.phase(), Phase::Aborted);
    let objects = world.workflows().await?;
    until(async || Ok(objects.get_opt(&id.name).await?.is_none())).await.context("the object goes")?;
    until(async || Ok(pods.list(&ListParams::default()).await?.items.is_empty()))
        .await
        .context("the pods go")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_whose_object_is_gone_is_aborted_all_the_same() -> Result<()> {
    let mut world = World::start(Options::new(Nodes::None))?;
    let mut client = Client::connect(&world.address()).await?;
    let task = client.create_task(command("lost", &["true"])).await?;
    let plan = client.create_workflow(fan("lost", &task, 1)).await?;
    world.kill_propeller()?;
    let id = client.launch(&plan).await?;
    let objects = world.workflows().await?;
    until(async || Ok(objects.get_opt(&id.name).await?.is_some())).await?;
    object::remove(&world, &id.name).await?;
    client.abort(&id, "it is lost").await?;
    assert_eq!(client.end(&id, PATIENCE).await?.phase(), Phase::Aborted);
    Ok(())
}
