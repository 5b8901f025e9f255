//! The driver for a cluster, beside the time that no driver can beat there: one JSON object of numbers. Arguments name
//! parts of it; each is best measured in a process of its own, whose memory is that part's.
//! `cargo xtask bench kubernetes` makes a report of them.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on has failed")]
#![allow(dead_code, reason = "the tests' harness has more than a measurement needs")]

#[path = "../../tests/kubernetes/flow.rs"]
mod flow;
mod gaps;
#[path = "../../tests/kubernetes/harness.rs"]
mod harness;
mod runs;
mod services;

use std::time::Duration;

use serde_json::{Map, Value, json};

/// How long one measurement may take.
const LIMIT: Duration = Duration::from_secs(600);

/// What can be measured by itself.
const PARTS: [&str; 7] = ["idle", "chains", "fan_500", "fan_2000", "many", "connectors", "operators"];

type Numbers = Map<String, Value>;

#[tokio::main]
async fn main() {
    // Cargo says `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let unknown = wanted.iter().find(|word| !PARTS.contains(&word.as_str()));
    assert!(unknown.is_none(), "there is no part {unknown:?}; there are {PARTS:?}");
    let mut numbers = Numbers::new();
    for part in PARTS {
        if wanted.is_empty() || wanted.iter().any(|word| word == part) {
            measure(part, &mut numbers).await;
            numbers.insert(format!("{part}_rss"), json!(memory("VmHWM:")));
        }
    }
    println!("{}", Value::Object(numbers));
}

async fn measure(part: &str, numbers: &mut Numbers) {
    match part {
        "idle" => runs::idle(numbers).await,
        "chains" => runs::chains(numbers).await,
        "fan_500" => runs::fan_out(500, numbers).await,
        "fan_2000" => runs::fan_out(2000, numbers).await,
        "many" => runs::many(200, 3, numbers).await,
        "connectors" => services::connectors(numbers).await,
        _ => services::operators(numbers).await,
    }
}

/// A line of this process's memory, in MB: the driver's, and that of what measures.
fn memory(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|found| found.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "counts far below where that matters")]
fn cast(count: usize) -> f64 {
    count as f64
}
