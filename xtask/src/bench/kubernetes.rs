//! The driver for a cluster: `docs/bench/kubernetes.md`.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::{Goal, Report, Row, row};
use crate::cache::Places;
use crate::{process, setup};

const ROWS: [Row; 24] = [
    row("chain of 100: a node", "chain_100", "ms", Goal::AtMost(10.0)),
    row("chain of 100: a node, with no driver at all", "chain_100_floor", "ms", Goal::Context),
    row("chain of 400: a node", "chain_400", "ms", Goal::AtMost(10.0)),
    row("chain of 400: a node, with no driver at all", "chain_400_floor", "ms", Goal::Context),
    row("chain of 400: from a pod's success to the next one, median", "gap_p50", "ms", Goal::AtMost(15.0)),
    row(
        "chain of 400: from a pod's success to the next one, 99th of 100",
        "gap_p99",
        "ms",
        Goal::AtMost(60.0),
    ),
    row("fan-out of 500: whole", "fan_500", "s", Goal::Context),
    row("fan-out of 500: times the floor", "fan_500_ratio", "x", Goal::AtMost(2.0)),
    row("fan-out of 2,000: whole", "fan_2000", "s", Goal::Context),
    row("fan-out of 2,000: times the floor", "fan_2000_ratio", "x", Goal::AtMost(2.0)),
    row("200 workflows of 3 tasks: all", "many", "s", Goal::AtMost(4.0)),
    row("writes to the API server, a node, at most", "writes", "", Goal::AtMost(3.0)),
    row("bytes written to the API server, a node, at most", "bytes", "KB", Goal::AtMost(4.0)),
    row("resident memory with nothing to do", "idle_rss", "MB", Goal::AtMost(25.0)),
    row("resident memory at its most: chains", "chains_rss", "MB", Goal::AtMost(150.0)),
    row("resident memory at its most: fan-out of 2,000", "fan_2000_rss", "MB", Goal::AtMost(150.0)),
    row("resident memory at its most: 200 workflows", "many_rss", "MB", Goal::AtMost(150.0)),
    row("largest object of a run", "object", "KB", Goal::AtMost(256.0)),
    row("1,000 jobs of a connector that answers in 50 ms: all", "connector_jobs", "s", Goal::Context),
    row("1,000 jobs of a connector, by its calls alone", "connector_jobs_floor", "s", Goal::Context),
    row("1,000 jobs of a connector: times the floor", "connector_jobs_ratio", "x", Goal::AtMost(1.2)),
    row(
        "1,000 jobs of a connector: resident memory, all under way",
        "connector_jobs_rss",
        "MB",
        Goal::AtMost(150.0),
    ),
    row("from an operator's write of a status until it is told, median", "status_p50", "ms", Goal::Context),
    row(
        "from an operator's write of a status until it is told, 99th of 100",
        "status_p99",
        "ms",
        Goal::AtMost(100.0),
    ),
];

/// What the program measures, each in a process of its own.
const PARTS: [&str; 7] = ["idle", "chains", "fan_500", "fan_2000", "many", "connectors", "operators"];
/// Runs of which the worst is told.
const RUNS: [&str; 4] = ["chain_100", "chain_400", "fan_500", "fan_2000"];
/// A folder in memory.
const MEMORY: &str = "/dev/shm";

/// Builds what is measured, measures, and writes the report.
pub(super) fn run(places: &Places) -> Result<()> {
    process::step("set up the cluster", || setup::cluster(places))?;
    let bench = ["bench", "--workspace", "--bench", "kubernetes"];
    process::step("build the measurement", || process::run(places.cargo().args(bench).arg("--no-run")))?;
    let report = Report::begin(METHOD, &ROWS)?;
    let mut numbers = Map::new();
    for part in PARTS {
        let mut command = places.cargo();
        command.args(bench).args(["--quiet", "--", part]);
        if Path::new(MEMORY).is_dir() {
            command.env("TMPDIR", MEMORY);
        }
        let answer = process::step(&format!("measure: {part}"), || process::answer(&mut command))?;
        let found: Map<String, Value> = serde_json::from_str(answer.lines().last().unwrap_or_default())?;
        numbers.extend(found);
    }
    for of in ["writes", "bytes", "object"] {
        numbers.insert(of.to_owned(), json!(worst(&numbers, of).context("a run tells what it has written")?));
    }
    report.write(&Value::Object(numbers), &places.root.join("docs/bench/kubernetes.md"))
}

/// The most that a run has written for a node.
fn worst(numbers: &Map<String, Value>, of: &str) -> Option<f64> {
    let told = RUNS.iter().filter_map(|run| numbers.get(&format!("{run}_{of}"))?.as_f64());
    told.max_by(f64::total_cmp)
}

const METHOD: &str = "\
# Measured in a cluster

Written by `cargo xtask bench kubernetes`; run it on an otherwise idle machine to measure again.

Method. A real API server with etcd (without fsync), whose one node ends every pod at once, so that the numbers are the
driver's and the API server's. The driver, its object store (a folder in memory) and what it reports to (memory) are in one
process with the measurement (`propeller/benches/kubernetes`), one process for each part, whose memory holds the
measurement's own, every event among it. A run counts from the creation of its object until its success is told. Between a
pod's success and the next one's creation is what a third party sees of both, by a watch of its own. Written is what the
driver sends in requests that change something, pods and states together. The floor is that of the same pods in the same
run, created by a program that does nothing else and knows nothing of workflows. A connector's jobs take 4 s each, all at
once; their floor is a client that makes the same calls at the same pace and nothing else. Statuses are written into 200
`DaskJob`s, one after the other. Absolute figures drift with the machine; compare rows of one run.
";
