//! Server and propeller in two processes that know each other by certificates.

use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_idl::core::workflow_execution::Phase;
use aileron_test_cluster::Nodes;
use aileron_tests::client::Client;
use aileron_tests::kubernetes::{NAMESPACE, Options, World};
use aileron_tests::programs::{chain, command};
use anyhow::{Context, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;

use crate::{PATIENCE, until};

/// Of the store's door, as a task of an execution has it.
async fn access_key(world: &World, id: &WorkflowExecutionIdentifier) -> Result<String> {
    let pods: Api<Pod> = Api::namespaced(world.kube().await?, NAMESPACE);
    let pod = pods.get(&format!("{}-n0-0", id.name)).await?;
    let containers = pod.spec.context("a pod has a specification")?.containers;
    let mut variables = containers.into_iter().flat_map(|container| container.env.unwrap_or_default());
    let found = variables.find(|variable| variable.name == "AWS_ACCESS_KEY_ID");
    found.and_then(|variable| variable.value).context("the task has a key")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_propeller_reports_by_its_certificate_and_a_stranger_does_not() -> Result<()> {
    let mut world = World::start(Options::new(Nodes::Instant))?;
    let mut anybody = Client::connect(&world.address()).await?;
    let task = anybody.create_task(command("told", &["true"])).await?;
    let plan = anybody.create_workflow(chain("told", &task, 2)).await?;
    world.kill_propeller()?;
    world.kill_server()?;

    world.speak_tls()?;
    world.start_server().with_context(|| world.logs())?;
    world.start_propeller().with_context(|| world.logs())?;
    let known = world.certificates().context("there are certificates")?;
    let mut part = Client::connect_as_part(&world.address(), known).await?;
    let id = part.launch(&plan).await?;
    assert_eq!(part.end(&id, PATIENCE).await.with_context(|| world.logs())?.phase(), Phase::Succeeded);
    assert_ne!(access_key(&world, &id).await?, world.access_key()?, "a task has the server's own key");

    // One whose certificate nobody knows carries the run, and is not heard.
    world.kill_propeller()?;
    world.certificates().context("there are certificates")?.estrange()?;
    world.start_propeller().with_context(|| world.logs())?;
    let id = part.launch(&plan).await?;
    until(async || Ok(world.propeller_said("events are not delivered")))
        .await
        .with_context(|| world.logs())?;
    assert_eq!(part.execution(&id).await?.closure.unwrap_or_default().phase(), Phase::Undefined);
    Ok(())
}
