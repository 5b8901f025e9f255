//! `cargo xtask bench`: measures the release binary and writes docs/bench/report.md.
//!
//! The load generator is a program of its own (`tests/src/bin/bench.rs`), so that measuring costs the
//! measured process nothing; here its numbers become rows beside their goals.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::cache::Places;
use crate::{console, demo, process, setup};

/// A row of the report: what is measured, its key in the generator's answer, its unit, the goal.
struct Row {
    what: &'static str,
    key: &'static str,
    unit: &'static str,
    goal: Goal,
}

enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Shown to judge the others by.
    Context,
}

const ROWS: [Row; 17] = [
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
];

const fn row(what: &'static str, key: &'static str, unit: &'static str, goal: Goal) -> Row {
    Row { what, key, unit, goal }
}

/// Builds what is measured, measures, and writes the report.
pub(crate) fn run(places: &Places) -> Result<()> {
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
    let machine = machine()?;
    let mut numbers = process::step("measure", || measure(places))?;
    weigh(&places.root.join("dist"), &mut numbers)?;
    let report = places.root.join("docs/bench/report.md");
    fs::create_dir_all(report.parent().context("the report lies in a folder")?)?;
    fs::write(&report, render(&numbers, &machine))?;
    println!("wrote {}", report.display());
    Ok(())
}

/// The generator prints progress on standard error and one JSON object on standard output.
fn measure(places: &Places) -> Result<Value> {
    let mut generator = places.command(&places.target.join("release/bench").to_string_lossy());
    generator.arg(places.binary()).stderr(std::process::Stdio::inherit());
    Ok(serde_json::from_str(&process::answer(&mut generator)?)?)
}

/// What a browser transfers: every compressed file of the bundle, or the plain one where there is none.
fn weigh(dist: &Path, numbers: &mut Value) -> Result<()> {
    let (mut wasm, mut page) = (0, 0);
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let has_sibling = path.with_file_name(format!("{name}.br")).exists();
        if path.is_dir() || has_sibling || name.starts_with('.') {
            continue;
        }
        let size = fs::metadata(&path)?.len();
        page += size;
        wasm += if name.ends_with(".wasm.br") { size } else { 0 };
    }
    numbers["console_wasm"] = Value::from(kilobytes(wasm));
    numbers["console_page"] = Value::from(kilobytes(page));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files, shown with three digits")]
fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}

fn render(numbers: &Value, machine: &str) -> String {
    let mut text = format!("{METHOD}\n{machine}\n\n| measured | goal | result | |\n|---|---|---|---|\n");
    for row in &ROWS {
        let value = numbers[row.key].as_f64();
        let shown = value
            .map_or_else(|| "not measured".to_owned(), |value| format!("{} {}", digits(value), row.unit));
        let (goal, verdict) = judge(&row.goal, value, row.unit);
        text.push_str(&format!("| {} | {goal} | {shown} | {verdict} |\n", row.what));
    }
    text
}

fn judge(goal: &Goal, value: Option<f64>, unit: &str) -> (String, &'static str) {
    let verdict = |met: Option<bool>| met.map_or("", |met| if met { "met" } else { "**missed**" });
    match goal {
        Goal::AtMost(most) => {
            (format!("≤ {} {unit}", digits(*most)), verdict(value.map(|value| value <= *most)))
        }
        Goal::AtLeast(least) => {
            (format!("≥ {} {unit}", digits(*least)), verdict(value.map(|value| value >= *least)))
        }
        Goal::Context => (String::new(), ""),
    }
}

/// About three significant digits.
fn digits(value: f64) -> String {
    let places = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.places$}")
}

/// The cores, the processor's name and the memory, which the numbers depend on.
fn machine() -> Result<String> {
    let cores = std::thread::available_parallelism()?;
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let name = field(&processors, "model name").unwrap_or("unknown processor");
    let memory = fs::read_to_string("/proc/meminfo")?;
    let memory: u64 =
        field(&memory, "MemTotal").and_then(|size| size.strip_suffix(" kB")?.parse().ok()).unwrap_or(0);
    // What else ran shows in every number; an idle machine says about 0 here.
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or("unknown");
    Ok(format!(
        "Machine: {cores} cores ({name}), {} GB of memory, Linux; load when it began: {load}.",
        memory >> 20
    ))
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

const METHOD: &str = "\
# Measured

Written by `cargo xtask bench`; run it on an otherwise idle machine to measure again.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_the_goal_the_result_and_what_is_missing() {
        let numbers = serde_json::json!({"first_rpc": 0.1, "idle_rss": 50.0, "get_per_second": 20000.0});
        let text = render(&numbers, "Machine: test.");
        assert!(
            text.contains("| cold start to the first answered RPC | ≤ 0.15 s | 0.10 s | met |"),
            "{text}"
        );
        assert!(text.contains("| ≤ 40.0 MB | 50.0 MB | **missed** |"), "{text}");
        assert!(text.contains("| GetExecution, 16 streams | ≥ 15000 /s | 20000 /s | met |"), "{text}");
        assert!(text.contains("| CreateExecution, 16 streams | ≥ 1500 /s | not measured |  |"), "{text}");
    }
}
