//! What telling callers apart costs: `docs/bench/access.md`.
//!
//! The load generator is a program of its own (`tests/src/bin/load`), so that measuring costs the measured
//! process nothing.

use anyhow::Result;
use serde_json::Value;

use super::{Goal, Report, Row, load, row};
use crate::cache::Places;
use crate::process;

static ROWS: [Row; 13] = [
    row("GetExecution, everybody known", "open", "/s", Goal::Context),
    row("GetExecution by token, 1 role binding", "few", "/s", Goal::Context),
    row("GetExecution by token, 10,000 role bindings", "many", "/s", Goal::Context),
    row("processor time of a call, everybody known", "open_cpu", "µs", Goal::Context),
    row("processor time of a call, 1 role binding", "few_cpu", "µs", Goal::Context),
    row("processor time of a call, 10,000 role bindings", "many_cpu", "µs", Goal::Context),
    row("an authorised call costs more than an open one, 1 role binding", "few_more", "%", Goal::AtMost(5.0)),
    row("the same, 10,000 role bindings", "many_more", "%", Goal::AtMost(5.0)),
    row("so many fewer calls a second, 10,000 role bindings", "many_slower", "%", Goal::AtMost(5.0)),
    row("all that access adds to a call, 10,000 role bindings", "decision", "µs", Goal::AtMost(50.0)),
    row("the decision alone, 10,000 bindings of others", "decide_many", "µs", Goal::AtMost(50.0)),
    row("the decision alone, 10,000 bindings of the caller", "decide_one", "µs", Goal::AtMost(50.0)),
    row(
        "the decision alone, 10,000 bindings of the caller's 100 groups",
        "decide_groups",
        "µs",
        Goal::AtMost(50.0),
    ),
];

/// Builds what is measured, measures, and writes the report.
pub(super) fn run(places: &Places) -> Result<()> {
    load::build(places)?;
    let decide = ["bench", "--package", "aileron-server", "--bench", "decide"];
    process::step("build the measurement of decisions", || {
        process::run(places.cargo().args(decide).arg("--no-run"))
    })?;
    let report = Report::begin(METHOD, &ROWS)?;
    let mut numbers = process::step("measure", || load::measure(places, &["--only", "access"]))?;
    let alone =
        process::step("measure decisions", || process::answer(places.cargo().args(decide).arg("--quiet")))?;
    let alone: Value = serde_json::from_str(alone.lines().last().unwrap_or_default())?;
    if let (Some(numbers), Value::Object(alone)) = (numbers.as_object_mut(), alone) {
        numbers.extend(alone);
    }
    report.write(&numbers, &places.root.join("docs/bench/access.md"))
}

const METHOD: &str = "\
# Access, measured

Written by `cargo xtask bench access`; run it on an otherwise idle machine to measure again.

Method. The release binary serves a data folder with 200 executions that have ended, in three ways: without `auth`; with
`--auth builtin` and a file of one role binding; with one of 10,000 bindings of people, groups and programs in 500 projects.
The load generator (`tests/src/bin/load`) is another process on the same machine: 16 connections ask for executions, one
call at a time on each, for 5 s, with the access token of a program in the header of pyflyte's and
flytectl's where there is one. The three take turns five times;
the middle result of each counts. Processor time is what the server's process has spent, by the system's count, divided
by the calls it has answered: it drifts less than calls a second do. All that access adds to a call is more than the
decision by roles alone: the token is looked up, the limit on the caller's rate is off, the caller is handed on. The
decision alone is the mean of 200,000 in one process (`server/benches/decide.rs`), about projects of which half are the
caller's.
Absolute figures drift with the machine; compare rows of one run.
";
