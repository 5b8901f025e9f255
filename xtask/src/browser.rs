//! The browser test: two real executions, then Chromium on their pages.

use std::fs;

use anyhow::{Result, bail};

use crate::cache::Places;
use crate::demo::{PROGRAM, client};
use crate::process;
use crate::server::Server;

const PROJECT: &str = "flytesnacks/development";
const GOOD: &str = "orders";
const BAD: &str = "failing";

/// Gives the output of `node --test` and whether it passed.
pub(crate) fn test(places: &Places) -> Result<(bool, String)> {
    let data = places.cache.join("browser-data");
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    let screenshots = places.cache.join("screenshots");
    fs::create_dir_all(&screenshots)?;
    let server = Server::start(places, "127.0.0.1:0", &data)?;
    execute(places, &server, GOOD, &PROGRAM, true)?;
    execute(places, &server, BAD, &["tests/python/programs/failing.py", "fails"], false)?;
    let mut node = places.command("node");
    node.args(["--test", "tests/e2e/"]).env("AILERON_URL", server.address());
    node.env("EXECUTION", format!("{PROJECT}/{GOOD}")).env("FAILED_EXECUTION", format!("{PROJECT}/{BAD}"));
    process::tee(node.env("SCREENSHOTS", screenshots))
}

fn execute(places: &Places, server: &Server, name: &str, program: &[&str], succeeds: bool) -> Result<()> {
    let mut pyflyte = client(places, server, "pyflyte");
    pyflyte.args(["run", "--remote", "--wait", "--poll-interval", "1", "--name", name]).args(program);
    let (succeeded, _) = process::tee(&mut pyflyte)?;
    if succeeded != succeeds {
        bail!("{} should have {}", program[0], if succeeds { "succeeded" } else { "failed" });
    }
    Ok(())
}
