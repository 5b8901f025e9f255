//! Faults on the real thing: parts are killed in turn while workflows run, and in the end nothing is lost,
//! nothing has run twice, and nothing is left.
//!
//! What is killed and when follows from a seed. How the processes race does not: a seed that failed once is
//! run again with the same harm, not with the same schedule.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aileron_idl::admin::NodeExecution;
use aileron_idl::core::{Identifier, WorkflowExecutionIdentifier};
use aileron_test_cluster::{Nodes, Part};
use anyhow::{Context, Result, bail, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng, SeedableRng};
use tokio::time::sleep;

use crate::client::Client;
use crate::kubernetes::{NAMESPACE, Options, World};
use crate::programs::{chain, command};

/// Nodes of each workflow.
const NODES: usize = 4;
/// Longest wait for everything to end once the last part was killed.
const PATIENCE: Duration = Duration::from_secs(300);
/// Longest wait for a server that comes back.
const RETURN: Duration = Duration::from_secs(60);
/// Pods run for a moment, so that something is always under way; nothing is deleted before it is counted.
const PLUGINS: &str =
    "{default-annotations: {instant-node/run-ms: \"300\"}, default-cpus: 10m, default-memory: 10Mi}";

/// What is done, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What decides which part is next.
    pub seed: u64,
    /// How many parts are killed.
    pub kills: u32,
    /// How many workflows are under way at any time.
    pub live: usize,
}

/// What happened.
#[derive(Clone, Debug)]
pub struct Report {
    /// Workflows that ended well.
    pub workflows: usize,
    /// Pods that were made for them.
    pub pods: usize,
    /// How often each part was killed.
    pub kills: BTreeMap<&'static str, u32>,
    /// How long all of it took.
    pub took: Duration,
}

/// A part that can be killed.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Propeller,
    Server,
    Postgres,
    Cluster(Part),
}

const VICTIMS: [(&str, Victim); 6] = [
    ("propeller", Victim::Propeller),
    ("server", Victim::Server),
    ("postgres", Victim::Postgres),
    ("apiserver", Victim::Cluster(Part::ApiServer)),
    ("etcd", Victim::Cluster(Part::Etcd)),
    ("kubelet", Victim::Cluster(Part::InstantNode)),
];

/// Runs a plan.
///
/// # Errors
/// When something was lost, ran twice or was left; the error names it and the plan.
pub async fn run(plan: Plan) -> Result<Report> {
    let options = Options { revive: true, postgres: true, plugins: PLUGINS, ..Options::new(Nodes::Instant) };
    let mut world = World::start(options)?;
    let result = harm(&mut world, plan).await;
    result.with_context(|| format!("{plan:?}\n{}", world.logs()))
}

async fn harm(world: &mut World, plan: Plan) -> Result<Report> {
    let started = Instant::now();
    let mut dice = StdRng::seed_from_u64(plan.seed);
    let launch_plan = register(&world.address()).await?;
    let (mut all, mut kills) = (Vec::new(), BTreeMap::new());
    let mut turn = Vec::new();
    for _ in 0..plan.kills {
        top_up(world, &launch_plan, plan.live, &mut all).await?;
        sleep(Duration::from_millis(dice.random_range(50..800))).await;
        let (name, victim) = next(&mut turn, &mut dice).context("there are parts")?;
        kill(world, victim).await.with_context(|| format!("kill {name}"))?;
        *kills.entry(name).or_default() += 1;
    }
    let mut client = reached(&world.address()).await?;
    for id in &all {
        if let Err(error) = ended_well(&mut client, world, id).await {
            let seen = witness(&mut client, world, id).await;
            return Err(error.context(format!("{}:\n{seen}", id.name)));
        }
    }
    let pods = judge_pods(world, &all).await?;
    Ok(Report { workflows: all.len(), pods, kills, took: started.elapsed() })
}

/// Each part has its turn before one is killed again.
fn next(turn: &mut Vec<(&'static str, Victim)>, dice: &mut StdRng) -> Option<(&'static str, Victim)> {
    if turn.is_empty() {
        turn.extend(VICTIMS);
        turn.shuffle(dice);
    }
    turn.pop()
}

async fn register(address: &str) -> Result<Identifier> {
    let mut client = Client::connect(address).await?;
    let task = client.create_task(command("nothing", &["true"])).await?;
    client.create_workflow(chain("chaos", &task, NODES)).await
}

/// A connection to a server that may just come back.
async fn reached(address: &str) -> Result<Client> {
    let deadline = Instant::now() + RETURN;
    loop {
        match Client::connect(address).await {
            Ok(client) => return Ok(client),
            Err(error) if Instant::now() > deadline => {
                return Err(error.context("the server did not come back"));
            }
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Launches until enough are under way. A launch that is not answered is not counted: it may have been accepted,
/// and then runs beside the others.
async fn top_up(
    world: &World,
    launch_plan: &Identifier,
    live: usize,
    all: &mut Vec<WorkflowExecutionIdentifier>,
) -> Result<()> {
    let mut client = reached(&world.address()).await?;
    let deadline = Instant::now() + RETURN;
    let mut under_way = 0;
    for id in all.iter().rev().take(live) {
        let phase = client.execution(id).await.ok().and_then(|execution| Some(execution.closure?.phase()));
        under_way += usize::from(phase.is_none_or(|phase| !crate::client::is_over(phase)));
    }
    while under_way < live {
        match client.launch(launch_plan).await {
            Ok(id) => {
                all.push(id);
                under_way += 1;
            }
            Err(error) if Instant::now() > deadline => bail!("nothing can be launched: {error}"),
            Err(_) => {
                sleep(Duration::from_millis(50)).await;
                client = reached(&world.address()).await?;
            }
        }
    }
    Ok(())
}

async fn kill(world: &mut World, victim: Victim) -> Result<()> {
    match victim {
        Victim::Propeller => {
            world.kill_propeller()?;
            world.start_propeller()
        }
        Victim::Server => {
            world.kill_server()?;
            restarted(world).await
        }
        Victim::Postgres => crashed(world).await,
        Victim::Cluster(part) => {
            let before = world.cluster.kill(part)?;
            world.cluster.wait_for(part, before).map(drop)
        }
    }
}

/// One that was just killed has no process for a moment.
async fn crashed(world: &World) -> Result<()> {
    let postgres = world.postgres.as_ref().context("there is a database")?;
    let deadline = Instant::now() + RETURN;
    loop {
        match postgres.crash() {
            Ok(()) => return Ok(()),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// The server needs cluster and database when it starts; either may just come back.
async fn restarted(world: &mut World) -> Result<()> {
    let deadline = Instant::now() + RETURN;
    loop {
        match world.start_server() {
            Ok(()) => return Ok(()),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => sleep(Duration::from_millis(200)).await,
        }
    }
}

async fn ended_well(client: &mut Client, world: &World, id: &WorkflowExecutionIdentifier) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match client.succeed(id, deadline.saturating_duration_since(Instant::now())).await {
            Ok(()) => return Ok(()),
            // A database that recovers refuses for a moment.
            Err(error) if error.downcast_ref::<tonic::Status>().is_some() && Instant::now() < deadline => {
                sleep(Duration::from_millis(100)).await;
                *client = reached(&world.address()).await?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// All that could tell why an execution has not ended: what the server knows of it, its object, its pods, and what the
/// programs said of it.
async fn witness(client: &mut Client, world: &World, id: &WorkflowExecutionIdentifier) -> String {
    let execution = client.execution(id).await.map(|execution| execution.closure);
    let nodes = client.nodes(id).await.map(|nodes| {
        let phase = |node: NodeExecution| {
            let name = node.id.map(|id| id.node_id).unwrap_or_default();
            format!("{name} {}", node.closure.unwrap_or_default().phase().as_str_name())
        };
        nodes.into_iter().map(phase).collect::<Vec<_>>()
    });
    let in_cluster = match in_cluster(world, id).await {
        Ok(objects) => objects.join("\n"),
        Err(error) => format!("the cluster is not asked: {error:#}"),
    };
    let said = world.said_of(&id.name);
    format!("server: {execution:?}\nnodes: {nodes:?}\n{in_cluster}\nprograms:\n{said}")
}

/// The object of an execution and its pods, each as a line.
async fn in_cluster(world: &World, id: &WorkflowExecutionIdentifier) -> Result<Vec<String>> {
    let object = world.workflows().await?.get_opt(&id.name).await?;
    let told = object.map(|object| (object.metadata, object.data["status"].clone()));
    let mut lines = vec![format!("object: {told:?}")];
    let of_execution = ListParams::default().labels(&format!("execution-id={}", id.name));
    for pod in Api::<Pod>::namespaced(world.kube().await?, NAMESPACE).list(&of_execution).await? {
        lines.push(format!("pod {}: {:?}", pod.name_any(), pod.status));
    }
    Ok(lines)
}

/// Every node had one pod, and no pod is of nobody.
async fn judge_pods(world: &World, all: &[WorkflowExecutionIdentifier]) -> Result<usize> {
    let workflows = world.workflows().await?.list(&ListParams::default()).await?;
    let known: Vec<_> = workflows.items.iter().filter_map(ResourceExt::uid).collect();
    let pods: Api<Pod> = Api::namespaced(world.kube().await?, NAMESPACE);
    let mut by_execution: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pod in pods.list(&ListParams::default()).await? {
        let owned = pod.owner_references().iter().any(|owner| known.contains(&owner.uid));
        ensure!(owned, "the pod {} is of no workflow", pod.name_any());
        let execution = pod.labels().get("execution-id").cloned().unwrap_or_default();
        by_execution.entry(execution).or_default().push(pod.name_any());
    }
    let mut counted = 0;
    for id in all {
        let made = by_execution.get(&id.name).map_or(&[][..], Vec::as_slice);
        ensure!(made.len() == NODES, "{} has {} pods for {NODES} nodes: {made:?}", id.name, made.len());
        counted += made.len();
    }
    Ok(counted)
}
