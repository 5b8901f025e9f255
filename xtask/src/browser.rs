//! The browser test: real executions of a real server, then Chromium on the console's pages.

use std::fs;

use anyhow::{Result, bail};

use crate::cache::Places;
use crate::demo::{PROGRAM, client};
use crate::process;
use crate::server::Server;

const PLACE: (&str, &str) = ("flytesnacks", "development");
/// The version that the programs of the tests are registered as.
const VERSION: &str = "e2e";
/// What every run visits; the rest of the folder is visited when `AILERON_VISITS` is set, until all of it holds again.
const VISITS: &str = "tests/e2e/launch.test.mjs";
const STAGE: &str = "tests/e2e/programs/stage.py";
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
    register(places, &server)?;
    let (project, domain) = PLACE;
    let mut node = places.command("node");
    let visits = if std::env::var_os("AILERON_VISITS").is_some() { "tests/e2e/" } else { VISITS };
    node.args(["--test", visits]).env("AILERON_URL", server.address());
    node.env("EXECUTION", format!("{project}/{domain}/{GOOD}"));
    node.env("FAILED_EXECUTION", format!("{project}/{domain}/{BAD}"));
    node.env("STAGE_VERSION", VERSION).env("PYTHON_BIN", places.venv().join("bin"));
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

/// Registers what the tests launch themselves.
fn register(places: &Places, server: &Server) -> Result<()> {
    let (project, domain) = PLACE;
    let mut pyflyte = client(places, server, "pyflyte");
    pyflyte.args(["register", "--project", project, "--domain", domain, "--version", VERSION]).arg(STAGE);
    let (succeeded, _) = process::tee(&mut pyflyte)?;
    if !succeeded {
        bail!("{STAGE} was not registered");
    }
    Ok(())
}
