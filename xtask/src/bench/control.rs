//! The control plane under load, on both databases: `docs/bench/control-plane.md`.
//!
//! The load generator is a program of its own (`tests/src/bin/load`), so that measuring costs the measured
//! process nothing.

use anyhow::Result;
use serde_json::Value;

use aileron_test_postgres::Cluster;

use super::{Goal, Report, Row, load, row};
use crate::cache::Places;
use crate::process;

/// What is measured on one database; the keys are those of the load generator behind the database's name. How many launches
/// must be accepted is asked of a server that is all in one, and of one that makes a custom resource for each, but not of one
/// that does neither.
macro_rules! rows {
    ($name:literal, $prefix:literal, $created:expr, $created_within:expr) => {
        [
            row(
                concat!($name, ": registered, tasks of their own"),
                concat!($prefix, "register_own"),
                "objects/s",
                Goal::AtLeast(2000.0),
            ),
            row(
                concat!($name, ": registered, 99 of 100 calls within"),
                concat!($prefix, "register_own_p99"),
                "ms",
                Goal::AtMost(40.0),
            ),
            row(
                concat!($name, ": registered, shared tasks"),
                concat!($prefix, "register_shared"),
                "objects/s",
                Goal::Context,
            ),
            row(concat!($name, ": CreateExecution"), concat!($prefix, "create"), "/s", $created),
            row(
                concat!($name, ": CreateExecution, 99 of 100 within"),
                concat!($prefix, "create_p99"),
                "ms",
                $created_within,
            ),
            row(concat!($name, ": GetExecution"), concat!($prefix, "get"), "/s", Goal::AtLeast(15000.0)),
            row(
                concat!($name, ": GetExecution, 99 of 100 within"),
                concat!($prefix, "get_p99"),
                "ms",
                Goal::AtMost(10.0),
            ),
            row(
                concat!($name, ": pages of 100 of a run of 50,000 nodes"),
                concat!($prefix, "node_pages"),
                "/s",
                Goal::AtLeast(1000.0),
            ),
            row(
                concat!($name, ": such a page, 99 of 100 within"),
                concat!($prefix, "node_pages_p99"),
                "ms",
                Goal::AtMost(40.0),
            ),
            row(
                concat!($name, ": filtered lists among 1,000,000 executions"),
                concat!($prefix, "filtered"),
                "/s",
                Goal::Context,
            ),
            row(
                concat!($name, ": such a list, 99 of 100 within"),
                concat!($prefix, "filtered_p99"),
                "ms",
                Goal::AtMost(5.0),
            ),
            row(concat!($name, ": events"), concat!($prefix, "events"), "/s", Goal::AtLeast(10000.0)),
            row(
                concat!($name, ": an event, 99 of 100 within"),
                concat!($prefix, "events_p99"),
                "ms",
                Goal::Context,
            ),
        ]
    };
}

static ROWS: [[Row; 13]; 2] = [
    rows!("SQLite", "sqlite_", Goal::AtLeast(1500.0), Goal::AtMost(20.0)),
    rows!("PostgreSQL", "postgres_", Goal::Context, Goal::Context),
];

/// Builds what is measured, measures, and writes the report.
pub(super) fn run(places: &Places) -> Result<()> {
    load::build(places)?;
    let report = Report::begin(METHOD, ROWS.as_flattened())?;
    let mut numbers = Value::Object(serde_json::Map::new());
    process::step("measure on SQLite", || measure(places, "sqlite_", None, &mut numbers))?;
    process::step("measure on PostgreSQL", || {
        // Its own settings: what is committed is on the disk.
        let cluster = Cluster::start_with(&[])?;
        measure(places, "postgres_", Some(&cluster.database()?), &mut numbers)
    })?;
    report.write(&numbers, &places.root.join("docs/bench/control-plane.md"))
}

fn measure(places: &Places, prefix: &str, database: Option<&str>, numbers: &mut Value) -> Result<()> {
    let on: Vec<&str> = database.into_iter().flat_map(|url| ["--database", url]).collect();
    let measured = load::measure(places, &on)?;
    for (key, value) in measured.as_object().into_iter().flatten() {
        numbers[format!("{prefix}{key}")] = value.clone();
    }
    Ok(())
}

const METHOD: &str = "\
# The control plane, measured

Written by `cargo xtask bench control`; run it on an otherwise idle machine to measure again.

Method. The release binary serves on a free port with a new data folder, once with SQLite in it and once with a new
PostgreSQL on the same machine, whose commits are on the disk when they are answered; the load generator
(`tests/src/bin/load`) is another process there and speaks gRPC. All three share the machine's cores. Each row is
counted for 5 s over connections that make one call at a time.

- Registering: 8 connections register workflows of 20 nodes with a launch plan each, and with 20 tasks each, or with the
  same 20 tasks for all.
- CreateExecution and GetExecution: 16 connections, a workflow of one node. The only slot for attempts is taken by a
  sleeping task, so that accepting, handing over and planning are measured and processes are not. Executions are asked for
  when all that were launched have begun.
- Pages: 16 connections walk through a run of 50,000 nodes in pages of 100.
- Filtered lists: 4 connections ask for the newest 25 by phase and time, by several phases, and by launch plan and phase,
  among a million executions that were written into the database.
- Events: 64 connections report 64 runs at once, 100,000 events of nodes and attempts, of which 5 % come twice and 2 % after
  the next one; what came before what it belongs to is sent again. In the end every row is checked to be what it is
  without such accidents.

Absolute figures drift with the machine; compare rows of one run.
";
