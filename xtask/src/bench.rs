//! `cargo xtask bench`: measures, and writes the reports in docs/bench.
//!
//! Each part has programs of its own that measure and answer one JSON object of numbers; here these become
//! rows beside their goals.

mod access;
mod compiler;
mod console;
mod control;
mod kubernetes;
mod load;
mod local;
mod server;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::Value;

use crate::cache::Places;

/// What is measured.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Part {
    /// The server under load, and the size of the console
    Server,
    /// The compiler and the layout, natively and in wasm
    Compiler,
    /// Tasks on one machine: hops, fan-outs, Python tasks beside other orchestrators
    Local,
    /// 200,000 nodes on one machine, and the memory they take; some minutes
    Swarm,
    /// The page in Chromium
    Console,
    /// The driver for a cluster
    Kubernetes,
    /// The control plane, on both databases
    Control,
    /// What telling callers apart costs
    Access,
}

/// Measures one part, or all.
pub(crate) fn run(places: &Places, part: Option<Part>) -> Result<()> {
    match part {
        Some(Part::Server) => server::run(places),
        Some(Part::Compiler) => compiler::run(places),
        Some(Part::Console) => console::run(places),
        Some(Part::Control) => control::run(places),
        Some(Part::Access) => access::run(places),
        Some(Part::Local) => local::tasks(places),
        Some(Part::Swarm) => local::swarm(places),
        Some(Part::Kubernetes) => kubernetes::run(places),
        None => {
            let parts = [
                compiler::run,
                console::run,
                server::run,
                control::run,
                access::run,
                local::tasks,
                local::swarm,
                kubernetes::run,
            ];
            parts.iter().try_for_each(|run| run(places))
        }
    }
}

/// A row of a report: what is measured, its key among the numbers, its unit, the goal.
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

const fn row(what: &'static str, key: &'static str, unit: &'static str, goal: Goal) -> Row {
    Row { what, key, unit, goal }
}

/// A report to be: how it is measured, its rows, and the machine as it was at the beginning.
struct Report {
    method: &'static str,
    rows: &'static [Row],
    machine: String,
}

impl Report {
    fn begin(method: &'static str, rows: &'static [Row]) -> Result<Self> {
        Ok(Self { method, rows, machine: machine()? })
    }

    fn write(&self, numbers: &Value, file: &Path) -> Result<()> {
        fs::create_dir_all(file.parent().context("the report lies in a folder")?)?;
        fs::write(file, self.render(numbers))?;
        println!("wrote {}", file.display());
        Ok(())
    }

    fn render(&self, numbers: &Value) -> String {
        let Self { method, machine, .. } = self;
        let mut text = format!("{method}\n{machine}\n\n| measured | goal | result | |\n|---|---|---|---|\n");
        for row in self.rows {
            let value = numbers[row.key].as_f64();
            let shown = value
                .map_or_else(|| "not measured".to_owned(), |value| format!("{} {}", digits(value), row.unit));
            let (goal, verdict) = judge(&row.goal, value, row.unit);
            text.push_str(&format!("| {} | {goal} | {shown} | {verdict} |\n", row.what));
        }
        text
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files, shown with three digits")]
fn kilobytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_the_goal_the_result_and_what_is_missing() {
        let numbers = serde_json::json!({"first_rpc": 0.1, "idle_rss": 50.0, "get_per_second": 20000.0});
        let report = Report { method: "", rows: &server::ROWS, machine: "Machine: test.".to_owned() };
        let text = report.render(&numbers);
        assert!(
            text.contains("| cold start to the first answered RPC | ≤ 0.15 s | 0.10 s | met |"),
            "{text}"
        );
        assert!(text.contains("| ≤ 40.0 MB | 50.0 MB | **missed** |"), "{text}");
        assert!(text.contains("| GetExecution, 16 streams | ≥ 15000 /s | 20000 /s | met |"), "{text}");
        assert!(text.contains("| CreateExecution, 16 streams | ≥ 1500 /s | not measured |  |"), "{text}");
    }
}
