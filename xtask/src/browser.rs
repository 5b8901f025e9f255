//! The browser test: real executions of a real server, then Chromium on the console's pages.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;

use crate::cache::Places;
use crate::demo::{PROGRAM, client};
use crate::process;
use crate::server::Server;

const PLACE: (&str, &str) = ("flytesnacks", "development");
/// The version that the programs of the tests are registered as.
const VERSION: &str = "e2e";
/// What is visited when nothing less is asked for.
const VISITS: &str = "tests/e2e/";
const STAGE: &str = "tests/e2e/programs/stage.py";
const GOOD: &str = "orders";
const BAD: &str = "failing";
/// In a data folder that has the executions: the programs that were registered for them.
const PREPARED: &str = ".prepared";

/// Which tests run.
#[derive(Args)]
pub(crate) struct Browser {
    /// Files of tests/e2e, such as `launch`; all of them when not given
    files: Vec<String>,
    /// Only the tests whose names match this expression
    #[arg(long)]
    only: Option<String>,
}

/// Runs those that were asked for, on the binary that `AILERON` names or the release one. What they start with is kept
/// in the build folder for the next time.
pub(crate) fn run(places: &Places, asked: &Browser) -> Result<()> {
    let mut arguments: Vec<String> =
        asked.only.iter().map(|only| format!("--test-name-pattern={only}")).collect();
    arguments.extend(asked.files.iter().map(|file| format!("{VISITS}{file}.test.mjs")));
    if asked.files.is_empty() {
        arguments.push(VISITS.to_owned());
    }
    let data = places.target.join("browser-data");
    if data.exists() && fs::read(data.join(PREPARED)).ok() != Some(fs::read(places.root.join(STAGE))?) {
        fs::remove_dir_all(&data)?;
    }
    let (succeeded, _) = visit(places, &data, &arguments)?;
    if succeeded { Ok(()) } else { bail!("some failed") }
}

/// Gives the output of `node --test` on all of them and whether it passed.
pub(crate) fn test(places: &Places) -> Result<(bool, String)> {
    let data = places.cache.join("browser-data");
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    visit(places, &data, &[VISITS.to_owned()])
}

fn visit(places: &Places, data: &Path, arguments: &[String]) -> Result<(bool, String)> {
    let screenshots = places.cache.join("screenshots");
    fs::create_dir_all(&screenshots)?;
    let server = Server::start(places, "127.0.0.1:0", data)?;
    prepare(places, &server, data)?;
    let (project, domain) = PLACE;
    let mut node = places.command("node");
    // They share one server and two cores: side by side they would only wait for each other.
    node.args(["--test", "--test-concurrency=1"]).args(arguments).env("AILERON_URL", server.address());
    node.env("AILERON", places.tested());
    node.env("EXECUTION", format!("{project}/{domain}/{GOOD}"));
    node.env("FAILED_EXECUTION", format!("{project}/{domain}/{BAD}"));
    node.env("STAGE_VERSION", VERSION).env("PYTHON_BIN", places.venv().join("bin"));
    process::tee(node.env("SCREENSHOTS", screenshots))
}

/// Makes what the tests look at, unless the folder has it.
fn prepare(places: &Places, server: &Server, data: &Path) -> Result<()> {
    let prepared = data.join(PREPARED);
    if prepared.exists() {
        return Ok(());
    }
    execute(places, server, GOOD, &PROGRAM, true)?;
    execute(places, server, BAD, &["tests/python/programs/failing.py", "fails"], false)?;
    register(places, server)?;
    fs::copy(places.root.join(STAGE), prepared)?;
    Ok(())
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
