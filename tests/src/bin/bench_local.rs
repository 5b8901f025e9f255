//! Measures how a server runs tasks on one machine, and prints what it took as one JSON object.
//!
//! `bench-local tasks BINARY VENV FOLDER PEERS`: hops, fan-outs, many workflows, and Python tasks, fresh and warm;
//! VENV has flytekit, FOLDER the programs, and PEERS is the environment of other orchestrators.
//! `bench-local swarm BINARY`: 200,000 nodes, and the memory that the server takes.
//! `cargo xtask bench` turns the numbers into reports.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its output is its result")]
#![expect(clippy::cast_precision_loss, reason = "counts and times, shown with three digits")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use aileron_idl::core::{TaskTemplate, WorkflowTemplate};
use aileron_tests::client::Client;
use aileron_tests::server::Server;
use aileron_tests::{floor, programs};
use anyhow::{Context, Result, bail};

/// What a task without work runs.
const NOTHING: &str = "true";
/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(900);

type Numbers = BTreeMap<&'static str, f64>;

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut numbers = Numbers::new();
    match words.as_slice() {
        ["tasks", binary, venv, folder, peers] => {
            hops(Path::new(binary), &mut numbers).await?;
            apart(Path::new(binary), &mut numbers).await?;
            many(Path::new(binary), &mut numbers).await?;
            python(Path::new(binary), Path::new(venv), folder, &mut numbers).await?;
            others(Path::new(peers), folder, &mut numbers)?;
        }
        ["swarm", binary] => swarm(Path::new(binary), &mut numbers).await?,
        _ => bail!("usage: bench-local tasks BINARY VENV FOLDER PEERS, or bench-local swarm BINARY"),
    }
    println!("{}", serde_json::to_string_pretty(&numbers)?);
    Ok(())
}

/// A server on a new folder, and a client of it.
struct Stage {
    _folder: tempfile::TempDir,
    server: Server,
    client: Client,
}

impl Stage {
    async fn new(binary: &Path, options: &[&str]) -> Result<Stage> {
        let folder = tempfile::tempdir()?;
        let server = Server::start(binary, &folder.path().join("data"), "127.0.0.1:0", options)?;
        let client = Client::connect(server.address()).await?;
        Ok(Stage { _folder: folder, server, client })
    }

    /// Seconds from the launch of a workflow to its success.
    async fn seconds(&mut self, workflow: WorkflowTemplate) -> Result<f64> {
        let plan = self.client.create_workflow(workflow).await?;
        let started = Instant::now();
        let execution = self.client.launch(&plan).await?;
        self.client.succeed(&execution, PATIENCE).await?;
        Ok(started.elapsed().as_secs_f64())
    }
}

/// Milliseconds a node of chains, short and long, and what they cost over the bare spawn.
async fn hops(binary: &Path, numbers: &mut Numbers) -> Result<()> {
    let mut stage = Stage::new(binary, &[]).await?;
    let task = stage.client.create_task(programs::command("nothing", &[NOTHING])).await?;
    stage.seconds(programs::chain("rehearsal", &task, 100)).await?;
    let bare = floor::spawns(&[NOTHING], 1, 1000)?;
    let mut hop = async |name: &'static str, length: usize| -> Result<f64> {
        let each = stage.seconds(programs::chain(name, &task, length)).await? * 1000.0 / length as f64;
        eprintln!("{name}: {each:.2} ms a node");
        Ok(each)
    };
    // The short one is measured several times, as it is over in a moment.
    let mut short =
        [hop("chain-100", 100).await?, hop("chain-100-b", 100).await?, hop("chain-100-c", 100).await?];
    short.sort_by(f64::total_cmp);
    let long = hop("chain-5000", 5000).await?;
    numbers.extend([
        ("spawn", bare),
        ("hop_100", short[1]),
        ("hop_5000", long),
        ("hop_ratio", long / short[1]),
        ("native_overhead", long - bare),
    ]);
    Ok(())
}

/// What it costs to keep each task apart, in chains measured in turn with chains of tasks that are not.
async fn apart(binary: &Path, numbers: &mut Numbers) -> Result<()> {
    const LENGTH: usize = 100;
    const ROUNDS: usize = 5;
    let mut each = Vec::new();
    for isolation in ["off", "shared-network", "no-network"] {
        let mut stage = Stage::new(binary, &["--task-isolation", isolation]).await?;
        let task = stage.client.create_task(programs::command("nothing", &[NOTHING])).await?;
        stage.seconds(programs::chain("rehearsal", &task, LENGTH)).await?;
        each.push((stage, task, f64::INFINITY));
    }
    for round in 0..ROUNDS {
        for (stage, task, best) in &mut each {
            let seconds = stage.seconds(programs::chain(&format!("chain-{round}"), task, LENGTH)).await?;
            *best = best.min(seconds * 1000.0 / LENGTH as f64);
        }
    }
    let best: Vec<f64> = each.iter().map(|(_, _, best)| *best).collect();
    numbers.extend([("apart", best[1] - best[0]), ("apart_no_network", best[2] - best[0])]);
    eprintln!("kept apart: {:.2} ms more, without a network {:.2}", best[1] - best[0], best[2] - best[0]);
    Ok(())
}

/// One wide workflow, and many small ones at once.
async fn many(binary: &Path, numbers: &mut Numbers) -> Result<()> {
    let mut stage = Stage::new(binary, &[]).await?;
    let task = stage.client.create_task(programs::command("nothing", &[NOTHING])).await?;
    numbers.insert("fan_6000", stage.seconds(programs::fan("fan-6000", &task, 6000)).await?);
    eprintln!("fan of 6,000: {:.1} s", numbers["fan_6000"]);
    let plan = stage.client.create_workflow(programs::chain("ten", &task, 10)).await?;
    let started = Instant::now();
    let mut launched = Vec::new();
    for _ in 0..1000 {
        launched.push(stage.client.launch(&plan).await?);
    }
    for execution in &launched {
        stage.client.succeed(execution, PATIENCE).await?;
    }
    numbers.insert("thousand", started.elapsed().as_secs_f64());
    eprintln!("1,000 of 10: {:.1} s", numbers["thousand"]);
    Ok(())
}

/// Python tasks: by an interpreter each, and by a warm worker.
async fn python(binary: &Path, venv: &Path, folder: &str, numbers: &mut Numbers) -> Result<()> {
    let bin = venv.join("bin").to_string_lossy().into_owned();
    let task = programs::python("light", "step", folder);
    let interpreter = venv.join("bin/python").to_string_lossy().into_owned();
    let import = [interpreter.as_str(), "-c", "import flytekit.bin.entrypoint"];
    floor::spawns(&import, 1, 2)?;

    // The floor is measured in between, as machines change their speed.
    let mut stage = Stage::new(binary, &["--task-path", &bin]).await?;
    stage.client.create_task(task.clone()).await?;
    let (mut bare, mut fresh) = (0.0, 0.0);
    for round in 0..FRESH_ROUNDS {
        bare += floor::spawns(&import, 1, 5)?;
        fresh += chain(&mut stage, &format!("fresh-{round}"), &task, 5).await? * 200.0;
    }
    let rounds = f64::from(FRESH_ROUNDS);
    numbers.extend([
        ("import", bare / rounds),
        ("fresh", fresh / rounds),
        ("fresh_over_import", (fresh / bare - 1.0) * 100.0),
    ]);
    eprintln!("import {:.0} ms, fresh task {:.0} ms", numbers["import"], numbers["fresh"]);
    drop(stage);

    let mut stage = Stage::new(binary, &["--task-path", &bin, "--warm-workers", "1"]).await?;
    stage.client.create_task(task.clone()).await?;
    chain(&mut stage, "warm-rehearsal", &task, 10).await?;
    let mut forty = f64::INFINITY;
    for round in 0..3 {
        forty = forty.min(chain(&mut stage, &format!("warm-forty-{round}"), &task, 40).await?);
    }
    // Seconds of a thousand are milliseconds of one.
    let warm = chain(&mut stage, "warm-1000", &task, 1000).await?;
    numbers.extend([("forty", forty), ("warm", warm)]);
    eprintln!("forty warm tasks {forty:.2} s, a warm task {warm:.2} ms");
    Ok(())
}

/// How often the floor and the fresh tasks are measured in turn.
const FRESH_ROUNDS: u32 = 4;

/// Seconds of a chain of so many Python tasks, which are registered.
async fn chain(stage: &mut Stage, name: &str, task: &TaskTemplate, length: usize) -> Result<f64> {
    stage.seconds(programs::passing(name, task, length)).await
}

/// The same forty tasks by other orchestrators, in their own process.
fn others(peers: &Path, folder: &str, numbers: &mut Numbers) -> Result<()> {
    for (key, program) in [("forty_prefect", "prefect_chain.py"), ("forty_dagster", "dagster_chain.py")] {
        let home = tempfile::tempdir()?;
        let mut command = Command::new(peers.join("bin/python"));
        command.arg(PathBuf::from(folder).join(program)).current_dir(home.path());
        command.env("HOME", home.path()).env("DAGSTER_DISABLE_TELEMETRY", "1").env("DO_NOT_TRACK", "1");
        let output = command.output()?;
        let told = String::from_utf8_lossy(&output.stdout);
        let seconds = told.lines().last().and_then(|line| line.trim().parse().ok());
        let seconds = seconds.with_context(|| {
            format!("{program} told no time: {}", String::from_utf8_lossy(&output.stderr))
        })?;
        eprintln!("{program}: {seconds:.2} s");
        numbers.insert(key, seconds);
    }
    Ok(())
}

/// A hundred workflows of 2,000 nodes, ten at once.
async fn swarm(binary: &Path, numbers: &mut Numbers) -> Result<()> {
    const WORKFLOWS: usize = 100;
    const AT_ONCE: usize = 10;
    let mut stage = Stage::new(binary, &[]).await?;
    let task = stage.client.create_task(programs::command("nothing", &[NOTHING])).await?;
    let plan = stage.client.create_workflow(programs::fan("swarm", &task, 2000)).await?;
    let started = Instant::now();
    let mut early = 0.0;
    for round in 0..WORKFLOWS / AT_ONCE {
        let mut launched = Vec::new();
        for _ in 0..AT_ONCE {
            launched.push(stage.client.launch(&plan).await?);
        }
        for execution in &launched {
            stage.client.succeed(execution, PATIENCE).await?;
        }
        let memory = megabytes(stage.server.peak_memory()?);
        if round == 0 {
            early = memory;
        }
        eprintln!(
            "{} nodes: {:.0} s, {memory:.0} MiB",
            (round + 1) * AT_ONCE * 2000,
            started.elapsed().as_secs_f64()
        );
    }
    let peak = megabytes(stage.server.peak_memory()?);
    numbers.extend([
        ("swarm", started.elapsed().as_secs_f64()),
        ("swarm_peak", peak),
        ("swarm_growth", (peak - early) / 180.0),
    ]);
    Ok(())
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
