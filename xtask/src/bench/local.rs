//! Tasks on one machine: `docs/bench/local.md` and `docs/bench/swarm.md`.
//!
//! The load generator is a program of its own (`tests/src/bin/bench_local.rs`); what it runs lies in
//! `tests/bench`.

use anyhow::Result;
use serde_json::Value;

use super::Goal::{AtMost, Context as Shown};
use super::{Report, Row, row};
use crate::cache::Places;
use crate::{demo, process, setup};

const TASKS: [Row; 17] = [
    row("bare spawn of a command that does nothing", "spawn", "ms", Shown),
    row("chain of 100, a node", "hop_100", "ms", AtMost(3.0)),
    row("chain of 5,000, a node", "hop_5000", "ms", AtMost(3.0)),
    row("chain of 5,000 over chain of 100, a node", "hop_ratio", "×", AtMost(1.2)),
    row("a native command a task, over its bare spawn", "native_overhead", "ms", AtMost(3.0)),
    row("a command kept apart, over one that is not", "apart", "ms", Shown),
    row("the same without a network", "apart_no_network", "ms", Shown),
    row("fan-out of 6,000", "fan_6000", "s", AtMost(15.0)),
    row("1,000 workflows of 10 nodes at once", "thousand", "s", AtMost(25.0)),
    row("bare interpreter that imports flytekit", "import", "ms", Shown),
    row("fresh flytekit task, whole", "fresh", "ms", Shown),
    row("fresh flytekit task, over interpreter and import", "fresh_over_import", "%", AtMost(5.0)),
    row("warm Python task in a chain of 1,000, whole", "warm", "ms", AtMost(8.0)),
    row("40 light Python tasks in a row, warm", "forty", "s", AtMost(0.4)),
    row("the same, Prefect 3.9.1, in its own process", "forty_prefect", "s", Shown),
    row("the same, Dagster 1.13.29, in its own process", "forty_dagster", "s", Shown),
    row(
        "40 light Python tasks in a row, an interpreter each (from the row above)",
        "forty_fresh",
        "s",
        Shown,
    ),
];

const SWARM: [Row; 3] = [
    row("100 workflows of 2,000 nodes, ten at once", "swarm", "s", AtMost(900.0)),
    row("memory of the server at its most", "swarm_peak", "MiB", AtMost(256.0)),
    row("growth of that after the first 20,000 nodes, each 1,000", "swarm_growth", "MiB", AtMost(0.2)),
];

/// Builds what is measured, measures tasks, and writes the report.
pub(super) fn tasks(places: &Places) -> Result<()> {
    build(places)?;
    process::step("set up Python", || setup::local_bench(places))?;
    let report = Report::begin(TASKS_METHOD, &TASKS)?;
    let (venv, peers, programs) = (places.venv(), places.peers(), places.root.join("tests/bench"));
    let folders = [venv, programs, peers].map(|folder| folder.to_string_lossy().into_owned());
    let mut numbers = process::step("measure", || measure(places, "tasks", &folders))?;
    numbers["forty_fresh"] = numbers["fresh"].as_f64().map(|each| each * 0.04).into();
    report.write(&numbers, &places.root.join("docs/bench/local.md"))
}

/// The same for very many nodes.
pub(super) fn swarm(places: &Places) -> Result<()> {
    build(places)?;
    let report = Report::begin(SWARM_METHOD, &SWARM)?;
    let numbers = process::step("measure", || measure(places, "swarm", &[]))?;
    report.write(&numbers, &places.root.join("docs/bench/swarm.md"))
}

/// The console has no part in it.
fn build(places: &Places) -> Result<()> {
    process::step("build the server and the load generator", || {
        demo::build_server(places)?;
        let generator = ["build", "--release", "--package", "aileron-tests", "--bin", "bench-local"];
        process::run(places.cargo().args(generator))
    })
}

/// The generator prints progress on standard error and one JSON object on standard output.
fn measure(places: &Places, what: &str, folders: &[String]) -> Result<Value> {
    let mut generator = places.command(&places.target.join("release/bench-local").to_string_lossy());
    generator.arg(what).arg(places.binary()).args(folders).stderr(std::process::Stdio::inherit());
    Ok(serde_json::from_str(&process::answer(&mut generator)?)?)
}

const TASKS_METHOD: &str = "\
# Tasks on one machine

Written by `cargo xtask bench local`; run it on an otherwise idle machine to measure again.

Method. The release binary serves on a free port with a new data folder and its default settings; the load generator
(`tests/src/bin/bench_local.rs`) is another process on the same machine and speaks gRPC. Times go from CreateExecution to
the answer in which the execution has succeeded, asked for every 5 ms. Nodes of chains and fans run the command `true`, a
process each. Commands that are kept apart (`--task-isolation shared-network`, `no-network`) are nodes of chains of 100,
measured in turn with chains of a server that keeps nothing apart, the best of five each. A light Python task adds the
tenth Fibonacci number, computed by recursion, to the integer that the task before it put out. For Aileron it is a
flytekit task (`tests/bench/light.py`) in a process of its own: fresh, the command `pyflyte-execute` as Flyte's containers
run it; warm, forked by a worker (`--warm-workers 1`). Its floor, an interpreter that imports flytekit's entry point and
ends, is measured in turn with fresh tasks, five of each four times.
For Prefect and Dagster it is a task or an operation of theirs in the process that runs the flow
(`tests/bench/*_chain.py`), by their default settings, after a run to warm up: no process a task, so they isolate less.
Of forty tasks the best of three runs counts, for each. Absolute figures drift with the machine; compare rows of one run.
";

const SWARM_METHOD: &str = "\
# Very many nodes on one machine

Written by `cargo xtask bench swarm`; run it on an otherwise idle machine to measure again.

Method. The release binary serves on a free port with a new data folder and its default settings. A hundred executions
of a workflow with 2,000 nodes, none after another, run ten at a time: 200,000 nodes, each a process that runs `true`.
Memory is the most that the server's process has had in use (`VmHWM`); its growth is taken from the end of the first ten
executions to the end of the last.
";
