//! What telling callers apart costs: `docs/bench/access.md`.
//!
//! The load generator is a program of its own (`tests/src/bin/load`), so that measuring costs the measured
//! process nothing.

use anyhow::Result;

use super::{Goal, Report, Row, load, row};
use crate::cache::Places;
use crate::process;

static ROWS: [Row; 10] = [
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
];

/// Builds what is measured, measures, and writes the report.
pub(super) fn run(places: &Places) -> Result<()> {
    load::build(places)?;
    let report = Report::begin(METHOD, &ROWS)?;
    let numbers = process::step("measure", || load::measure(places, &["--only", "access"]))?;
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
decision by roles alone: the token is looked up, the limit on the caller's rate is off, the caller is handed on.
Absolute figures drift with the machine; compare rows of one run.
";
