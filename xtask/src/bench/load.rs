//! The load generator (`tests/src/bin/load`), a program of its own.

use std::process::Stdio;

use anyhow::Result;
use serde_json::Value;

use crate::cache::Places;
use crate::{demo, process};

/// Builds it, and the server that it measures.
pub(super) fn build(places: &Places) -> Result<()> {
    process::step("build the server and the load generator", || {
        demo::build_server(places)?;
        let build = ["build", "--release", "--package", "aileron-tests", "--bin", "load"];
        process::run(places.cargo().args(build))
    })
}

/// What it measures. It prints progress on standard error and one JSON object on standard output.
pub(super) fn measure(places: &Places, words: &[&str]) -> Result<Value> {
    let mut generator = places.command(&places.target.join("release/load").to_string_lossy());
    generator.arg(places.binary()).args(words).stderr(Stdio::inherit());
    Ok(serde_json::from_str(&process::answer(&mut generator)?)?)
}
