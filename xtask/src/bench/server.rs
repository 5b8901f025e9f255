//! The release binary under load: `docs/bench/report.md`.
//!
//! The load generator is a program of its own (`tests/src/bin/bench.rs`), so that measuring costs the
//! measured process nothing.

use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::{Goal, Report, Row, kilobytes, row};
use crate::cache::Places;
use crate::{console, demo, process, setup};

pub(super) const ROWS: [Row; 18] = [
    row("cold start to the first answered RPC", "first_rpc", "s", Goal::AtMost(0.15)),
    row(
        "cold start to the first finished no-op execution, empty disk",
        "first_execution",
        "s",
        Goal::AtMost(1.0),
    ),
    row("resident memory when idle, after that execution", "idle_rss", "MB", Goal::AtMost(40.0)),
    row("bare spawn of the same command, one after the other", "spawn_serial", "ms", Goal::Context),
    row("bare spawn of the same command, all cores", "spawn_parallel", "ms", Goal::Context),
    row("chain of 1,000: whole, a task", "chain_per_task", "ms", Goal::Context),
    row("chain of 1,000: overhead over the bare spawn, a task", "chain_overhead", "ms", Goal::AtMost(3.0)),
    row("chain of 100: overhead over the bare spawn, a task", "chain_overhead_100", "ms", Goal::AtMost(3.0)),
    row("1,000 in parallel: whole, a task", "parallel_per_task", "ms", Goal::Context),
    row(
        "1,000 in parallel: overhead over the bare spawn, a task",
        "parallel_overhead",
        "ms",
        Goal::AtMost(3.0),
    ),
    row(
        "100 in parallel: overhead over the bare spawn, a task",
        "parallel_overhead_100",
        "ms",
        Goal::AtMost(3.0),
    ),
    row("CreateExecution, 16 streams", "create_per_second", "/s", Goal::AtLeast(1500.0)),
    row("CreateExecution, 16 streams, 99 of 100 within", "create_p99", "ms", Goal::Context),
    row("GetExecution, 16 streams", "get_per_second", "/s", Goal::AtLeast(15000.0)),
    row("GetExecution, 16 streams, 99 of 100 within", "get_p99", "ms", Goal::Context),
    row("console: wasm, brotli", "console_wasm", "KB", Goal::AtMost(350.0)),
    row("console: whole page, brotli", "console_page", "KB", Goal::Context),
    row("workbench page: wasm, brotli", "workbench_wasm", "KB", Goal::AtMost(350.0)),
];

/// Builds what is measured, measures, and writes the report.
pub(super) fn run(places: &Places) -> Result<()> {
    process::step("set up", || setup::console(places))?;
    process::step("build the console", || console::build(places))?;
    process::step("build the server and the load generator", || {
        demo::build_server(places)?;
        process::run(places.cargo().args([
            "build",
            "--release",
            "--package",
            "aileron-tests",
            "--bin",
            "bench",
        ]))
    })?;
    let report = Report::begin(METHOD, &ROWS)?;
    let mut numbers = process::step("measure", || measure(places))?;
    weigh(&places.root.join("dist"), &mut numbers)?;
    report.write(&numbers, &places.root.join("docs/bench/report.md"))
}

/// The generator prints progress on standard error and one JSON object on standard output.
fn measure(places: &Places) -> Result<Value> {
    let mut generator = places.command(&places.target.join("release/bench").to_string_lossy());
    generator.arg(places.binary()).stderr(std::process::Stdio::inherit());
    Ok(serde_json::from_str(&process::answer(&mut generator)?)?)
}

/// What a browser transfers for either page: the compressed files, or the plain one where there is none.
fn weigh(dist: &Path, numbers: &mut Value) -> Result<()> {
    let (console, workbench) = (transfer(&dist.join("console"))?, transfer(&dist.join("workbench"))?);
    numbers["console_wasm"] = Value::from(kilobytes(console.wasm));
    numbers["console_page"] = Value::from(kilobytes(console.all));
    numbers["workbench_wasm"] = Value::from(kilobytes(workbench.wasm));
    Ok(())
}

/// Bytes of a page.
#[derive(Default)]
struct Transfer {
    wasm: u64,
    all: u64,
}

/// The files of a folder, those of folders in it not.
fn transfer(folder: &Path) -> Result<Transfer> {
    let mut sum = Transfer::default();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let has_sibling = path.with_file_name(format!("{name}.br")).exists();
        if path.is_dir() || has_sibling || name.starts_with('.') {
            continue;
        }
        let size = fs::metadata(&path)?.len();
        sum.all += size;
        sum.wasm += if name.ends_with(".wasm.br") { size } else { 0 };
    }
    Ok(sum)
}

const METHOD: &str = "\
# Measured

Written by `cargo xtask bench server`; run it on an otherwise idle machine to measure again.

Method. The release binary serves on a free port with a new data folder; the load generator
(`tests/src/bin/bench.rs`) is another process on the same machine and speaks gRPC. A no-op task is a raw
container task that runs `true` and has no outputs, so the numbers hold no Python. The floor is the same
command spawned and waited for by the generator in the same run: one after the other for the chain, as many
at once as there are cores for the parallel run; overhead is the difference. An execution counts from its
CreateExecution to the answer in which it has succeeded; start-up is the median of five. Requests are counted
for 5 s over 16 connections, one call at a time on each; the only slot for attempts is taken by a sleeping task
then, so that accepting, handing over and planning are measured and processes are not. Absolute figures drift
with the machine; compare rows of one run.
";
