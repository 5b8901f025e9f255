//! An API server that answers wrongly, late or not at all, and propellers that others have taken over from.

use std::collections::BTreeMap;

use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::core::{Identifier, WorkflowExecutionIdentifier};
use aileron_test_cluster::{Nodes, Part};
use aileron_tests::client::Client;
use aileron_tests::kubernetes::{NAMESPACE, Options, Program, World};
use aileron_tests::programs::{chain, command};
use anyhow::{Context, Result, bail};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Duration, sleep};

use crate::object;
use crate::proxy::{Fate, Proxy};
use crate::{PATIENCE, until};

/// Nodes of each workflow.
const NODES: usize = 4;
/// Pods run for a moment, so that something is always under way.
const SLOW: &str =
    "{default-annotations: {instant-node/run-ms: \"300\"}, default-cpus: 10m, default-memory: 10Mi}";

async fn plan(client: &mut Client) -> Result<Identifier> {
    let task = client.create_task(command("nothing", &["true"])).await?;
    client.create_workflow(chain("faults", &task, NODES)).await
}

async fn launched(
    client: &mut Client,
    plan: &Identifier,
    count: usize,
) -> Result<Vec<WorkflowExecutionIdentifier>> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(client.launch(plan).await?);
    }
    Ok(all)
}

/// All ended well, and every node had one pod.
async fn ran_once(world: &World, client: &mut Client, all: &[WorkflowExecutionIdentifier]) -> Result<()> {
    for id in all {
        client.succeed(id, PATIENCE).await?;
    }
    let pods: Api<Pod> = Api::namespaced(world.kube().await?, NAMESPACE);
    let mut by_execution: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pod in pods.list(&ListParams::default()).await? {
        let execution = pod.labels().get("execution-id").cloned().unwrap_or_default();
        by_execution.entry(execution).or_default().push(pod.name_any());
    }
    for id in all {
        let mut made = by_execution.remove(&id.name).unwrap_or_default();
        made.sort();
        let expected: Vec<_> = (0..NODES).map(|node| format!("{}-n{node}-0", id.name)).collect();
        assert_eq!(made, expected);
    }
    Ok(())
}

/// A proxy before the API server, and a propeller in place of the world's that knows no other way there.
async fn behind_a_proxy(world: &mut World, seed: Option<u64>) -> Result<(Proxy, Program)> {
    let proxy = Proxy::start(world.kube().await?, seed).await?;
    let folder = tempfile::tempdir()?;
    world.kill_propeller()?;
    let propeller = world.propeller_through(&proxy.kubeconfig(folder.path())?, &[])?;
    Ok((proxy, propeller))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_refuses_loses_and_cuts_costs_no_attempt() -> Result<()> {
    let mut world = World::start(Options { plugins: SLOW, ..Options::new(Nodes::Instant) })?;
    let (proxy, _propeller) = behind_a_proxy(&mut world, Some(1)).await?;
    let mut client = Client::connect(&world.address()).await?;
    let plan = plan(&mut client).await?;
    let all = launched(&mut client, &plan, 20).await?;
    ran_once(&world, &mut client, &all).await.with_context(|| world.logs())?;
    for fate in [Fate::Conflict, Fate::Throttled, Fate::Unwell, Fate::Lost, Fate::Expired, Fate::Cut] {
        assert!(proxy.count(fate) > 0, "nothing was {fate:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_asks_the_api_server_for_next_to_nothing() -> Result<()> {
    // Nobody runs the pods.
    let mut world = World::start(Options::new(Nodes::None))?;
    let (proxy, _propeller) = behind_a_proxy(&mut world, None).await?;
    let mut client = Client::connect(&world.address()).await?;
    let plan = plan(&mut client).await?;
    let all = launched(&mut client, &plan, 10).await?;
    let pods: Api<Pod> = Api::namespaced(world.kube().await?, NAMESPACE);
    until(async || Ok(pods.list(&ListParams::default()).await?.items.len() == all.len())).await?;
    // Until the states that tell of the pods are written.
    let mut before = u32::MAX;
    until(async || {
        sleep(Duration::from_secs(2)).await;
        let now = proxy.count(Fate::Passed);
        Ok(std::mem::replace(&mut before, now) == now)
    })
    .await
    .context("requests never ceased")?;
    sleep(Duration::from_secs(5)).await;
    let asked = proxy.count(Fate::Passed) - before;
    assert!(asked <= 5, "{asked} requests in 5 s while nothing changes");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_removed_while_nobody_watches_is_aborted() -> Result<()> {
    // Nobody runs the pods: the run goes on until it hears of it.
    let mut world = World::start(Options::new(Nodes::None))?;
    let (proxy, _propeller) = behind_a_proxy(&mut world, None).await?;
    let mut client = Client::connect(&world.address()).await?;
    let plan = plan(&mut client).await?;
    let id = client.launch(&plan).await?;
    let pods: Api<Pod> = Api::namespaced(world.kube().await?, NAMESPACE);
    until(async || Ok(!pods.list(&ListParams::default()).await?.items.is_empty())).await?;
    proxy.is_away(true);
    object::remove(&world, &id.name).await?;
    proxy.is_away(false);
    let closure = client.end(&id, PATIENCE).await.with_context(|| world.logs())?;
    assert_eq!(closure.phase(), Phase::Aborted);
    assert!(proxy.count(Fate::Expired) > 0, "no watch had to begin anew");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_removed_while_no_propeller_runs_is_aborted() -> Result<()> {
    let options =
        Options { settings: &["--lost-after", "2s"], least_rights: true, ..Options::new(Nodes::None) };
    let mut world = World::start(options)?;
    let mut client = Client::connect(&world.address()).await?;
    let plan = plan(&mut client).await?;
    let all = launched(&mut client, &plan, 2).await?;
    let [removed, kept] = all.as_slice() else { bail!("two were launched") };
    let pods: Api<Pod> = Api::namespaced(world.kube().await?, NAMESPACE);
    until(async || Ok(pods.list(&ListParams::default()).await?.items.len() == all.len())).await?;
    world.kill_propeller()?;
    object::remove(&world, &removed.name).await?;
    let closure = client.end(removed, PATIENCE).await.with_context(|| world.logs())?;
    assert_eq!(closure.phase(), Phase::Aborted);
    let cause = format!("{:?}", closure.output_result);
    assert!(cause.contains(&format!("`{}` is gone from the namespace", removed.name)), "{cause}");
    let kept = client.execution(kept).await?.closure.unwrap_or_default();
    assert_eq!(kept.phase(), Phase::Running);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_outlive_an_api_server_that_is_away_for_a_minute() -> Result<()> {
    let options = Options { revive: true, plugins: SLOW, ..Options::new(Nodes::Instant) };
    let world = World::start(options)?;
    let mut client = Client::connect(&world.address()).await?;
    let plan = plan(&mut client).await?;
    let mut all = launched(&mut client, &plan, 20).await?;
    let away = world.cluster.keep_away(Part::ApiServer)?;
    // What is launched meanwhile waits on the server.
    all.extend(launched(&mut client, &plan, 5).await?);
    sleep(Duration::from_secs(60)).await;
    let before = away.pid();
    drop(away);
    world.cluster.wait_for(Part::ApiServer, before)?;
    ran_once(&world, &mut client, &all).await.with_context(|| world.logs())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_propeller_that_wakes_up_after_another_took_over_does_no_harm() -> Result<()> {
    let settings = &["--lease-namespace", "default"];
    let world = World::start(Options { plugins: SLOW, settings, ..Options::new(Nodes::Instant) })?;
    let first = world.propeller().context("the propeller runs")?.id();
    let first = Pid::from_raw(first.try_into()?).context("a process has a number")?;
    let mut client = Client::connect(&world.address()).await?;
    let plan = plan(&mut client).await?;
    let mut all = launched(&mut client, &plan, 20).await?;
    until(async || Ok(client.nodes(&all[0]).await?.len() > 2)).await?;
    kill_process(first, Signal::STOP)?;
    let _second = world.another_propeller(&["--identity", "second"])?;
    all.extend(launched(&mut client, &plan, 5).await?);
    // The second one works, which it does only once the lease of the first has run out.
    let late = all.last().context("some were launched")?.clone();
    client.succeed(&late, PATIENCE).await.with_context(|| world.logs())?;
    kill_process(first, Signal::CONT)?;
    all.extend(launched(&mut client, &plan, 5).await?);
    ran_once(&world, &mut client, &all).await.with_context(|| world.logs())?;
    // Whichever it hears of first.
    let noticed = ["another propeller carries the run", "the shard's lease is lost"];
    until(async || Ok(noticed.iter().any(|words| world.propeller_said(words))))
        .await
        .context("the first one notices")
}
