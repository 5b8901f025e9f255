//! Loads a server from outside and prints what it took, as one JSON object.
//!
//! `bench BINARY`: starts the binary on new data folders and measures start-up, memory, the overhead of
//! a task over the bare spawn of its command, and requests a second. `cargo xtask bench` turns the numbers
//! into a report.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its output is its result")]
#![expect(clippy::cast_precision_loss, reason = "counts and times, shown with three digits")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aileron_tests::client::Client;
use aileron_tests::server::Server;
use aileron_tests::{floor, programs};
use anyhow::{Context, Result};
use tonic::Status;

/// What every measured task runs.
const NOTHING: &str = "true";
/// Callers at once; each has a connection of its own.
const STREAMS: usize = 16;
/// How long requests are counted.
const WINDOW: Duration = Duration::from_secs(5);
/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(300);

type Numbers = BTreeMap<&'static str, f64>;

#[tokio::main]
async fn main() -> Result<()> {
    let binary = std::env::args_os().nth(1).map(PathBuf::from).context("usage: bench BINARY")?;
    let mut numbers = Numbers::new();
    starts(&binary, &mut numbers).await?;
    spawns(&mut numbers)?;
    overheads(&binary, &mut numbers).await?;
    requests(&binary, &mut numbers).await?;
    println!("{}", serde_json::to_string_pretty(&numbers)?);
    Ok(())
}

/// From nothing to the first answer, to the first finished execution, and the memory after it; the
/// median of five starts.
async fn starts(binary: &Path, numbers: &mut Numbers) -> Result<()> {
    let mut runs: Vec<[f64; 3]> = Vec::new();
    for _ in 0..5 {
        runs.push(start(binary).await?);
    }
    for (index, key) in ["first_rpc", "first_execution", "idle_rss"].into_iter().enumerate() {
        let mut values: Vec<f64> = runs.iter().map(|run| run[index]).collect();
        numbers.insert(key, median(&mut values));
    }
    eprintln!(
        "start-up: {:.3} s, first execution: {:.3} s",
        numbers["first_rpc"], numbers["first_execution"]
    );
    Ok(())
}

async fn start(binary: &Path) -> Result<[f64; 3]> {
    let folder = tempfile::tempdir()?;
    let started = Instant::now();
    let server = Server::start(binary, &folder.path().join("data"), "127.0.0.1:0", &[])?;
    let mut client = Client::connect(server.address()).await?;
    let task = client.create_task(programs::command("nothing", &[NOTHING])).await?;
    let first_rpc = started.elapsed().as_secs_f64();
    let plan = client.create_workflow(programs::chain("once", &task, 1)).await?;
    let execution = client.launch(&plan).await?;
    client.succeed(&execution, PATIENCE).await?;
    let first_execution = started.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok([first_rpc, first_execution, server.resident_memory()? as f64 / 1e6])
}

/// The floor: the same command without a server, in milliseconds.
fn spawns(numbers: &mut Numbers) -> Result<()> {
    const COUNT: usize = 1000;
    numbers.insert("spawn_serial", floor::spawns(&[NOTHING], 1, COUNT)?);
    let cores = std::thread::available_parallelism()?.get();
    numbers.insert("spawn_parallel", floor::spawns(&[NOTHING], cores, COUNT)?);
    eprintln!(
        "bare spawn: {:.2} ms, {:.2} ms on {cores} cores",
        numbers["spawn_serial"], numbers["spawn_parallel"]
    );
    Ok(())
}

/// What a task costs over the bare spawn, in a chain and in parallel, few and many.
async fn overheads(binary: &Path, numbers: &mut Numbers) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(binary, &folder.path().join("data"), "127.0.0.1:0", &[])?;
    let mut client = Client::connect(server.address()).await?;
    let task = client.create_task(programs::command("nothing", &[NOTHING])).await?;
    let (serial, parallel) = (numbers["spawn_serial"], numbers["spawn_parallel"]);
    let mut measure = async |name: &str, count: usize| -> Result<f64> {
        let shape = if name.starts_with("chain") { programs::chain } else { programs::fan };
        let plan = client.create_workflow(shape(name, &task, count)).await?;
        let started = Instant::now();
        let execution = client.launch(&plan).await?;
        client.succeed(&execution, PATIENCE).await?;
        let each = started.elapsed().as_secs_f64() * 1000.0 / count as f64;
        eprintln!("{name} of {count}: {each:.2} ms a task");
        Ok(each)
    };
    numbers.insert("chain_overhead_100", measure("chain-100", 100).await? - serial);
    let chain = measure("chain-1000", 1000).await?;
    numbers.extend([("chain_per_task", chain), ("chain_overhead", chain - serial)]);
    numbers.insert("parallel_overhead_100", measure("fan-100", 100).await? - parallel);
    let fan = measure("fan-1000", 1000).await?;
    numbers.extend([("parallel_per_task", fan), ("parallel_overhead", fan - parallel)]);
    Ok(())
}

/// Requests a second. The only slot for attempts is taken by a task that sleeps, so that the created
/// executions wait for it: accepting, handing over and planning are measured, and processes are not.
async fn requests(binary: &Path, numbers: &mut Numbers) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server =
        Server::start(binary, &folder.path().join("data"), "127.0.0.1:0", &["--parallel-attempts", "1"])?;
    let mut client = Client::connect(server.address()).await?;
    let sleep = client.create_task(programs::command("sleep", &["sleep", "600"])).await?;
    let sleeping = client.create_workflow(programs::chain("sleeping", &sleep, 1)).await?;
    client.launch(&sleeping).await?;
    let nothing = client.create_task(programs::command("nothing", &[NOTHING])).await?;
    let plan = client.create_workflow(programs::chain("once", &nothing, 1)).await?;

    let create = async |client: &mut Client, _| client.launch(&plan).await;
    let created = callers(server.address(), ["create_per_second", "create_p99"], create, numbers).await?;
    let get = async |client: &mut Client, turn: usize| {
        client.execution(&created[turn * 7919 % created.len()]).await
    };
    callers(server.address(), ["get_per_second", "get_p99"], get, numbers).await?;
    Ok(())
}

/// All streams call for [`WINDOW`]; gives the answers, and notes how many a second and the slowest of 100.
async fn callers<T>(
    address: &str,
    [rate, slowest]: [&'static str; 2],
    call: impl AsyncFn(&mut Client, usize) -> Result<T, Status>,
    numbers: &mut Numbers,
) -> Result<Vec<T>> {
    let mut clients = Vec::new();
    for _ in 0..STREAMS {
        clients.push(Client::connect(address).await?);
    }
    let started = Instant::now();
    let streams =
        clients.into_iter().enumerate().map(async |(stream, mut client)| -> Result<Vec<(T, f64)>, Status> {
            let mut answers = Vec::new();
            while started.elapsed() < WINDOW {
                let asked = Instant::now();
                let answer = call(&mut client, answers.len() * STREAMS + stream).await?;
                answers.push((answer, asked.elapsed().as_secs_f64() * 1000.0));
            }
            Ok(answers)
        });
    let answers = futures::future::try_join_all(streams).await?;
    let elapsed = started.elapsed().as_secs_f64();
    let (answers, mut times): (Vec<T>, Vec<f64>) = answers.into_iter().flatten().unzip();
    numbers.insert(rate, answers.len() as f64 / elapsed);
    numbers.insert(slowest, part(&mut times, 99));
    eprintln!("{rate}: {:.0}, 99 of 100 within {:.1} ms", numbers[rate], numbers[slowest]);
    Ok(answers)
}

fn median(values: &mut [f64]) -> f64 {
    part(values, 50)
}

/// The value that `percent` of all are not above; 0 of none.
fn part(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * percent / 100).or(values.last()).copied().unwrap_or_default()
}
