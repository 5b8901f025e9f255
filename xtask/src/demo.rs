//! `cargo xtask demo [--once]`: the main job on real input, from nothing to a finished execution.

pub(crate) mod kubernetes;

use std::net::TcpListener;

use anyhow::{Context, Result, bail};

use crate::cache::Places;
use crate::server::Server;
use crate::{console, process, setup};

const LISTEN: &str = "127.0.0.1:30080";
/// The arguments of `pyflyte run` that name the example and its input.
pub(crate) const PROGRAM: [&str; 4] =
    ["examples/orders.py", "sales_report", "--orders", "examples/orders.csv"];

/// Sets up, builds, serves, and runs the example; then stays up unless `once`.
pub(crate) fn run(places: &Places, once: bool) -> Result<()> {
    port_is_free(LISTEN)?;
    process::step("set up tools and flytekit", || {
        setup::console(places)?;
        setup::python(places)
    })?;
    process::step("build the console", || console::build(places))?;
    process::step("build the server", || build_server(places))?;
    let data = places.cache.join("demo-data");
    let server = process::step(&format!("start the server on {LISTEN}, data in {}", data.display()), || {
        Server::start(places, LISTEN, &data)
    })?;
    let execution = process::step("pyflyte run: register, launch, wait", || launch(places, &server, &[]))?;
    process::step("fetch the outputs", || {
        let mut python = client(places, &server, "python");
        process::run(python.args(["examples/outputs.py", &execution]))
    })?;
    println!("\nConsole:        {}/console/", server.address());
    println!("This execution: {}", page(&server, &execution));
    if once {
        return Ok(());
    }
    println!("The server stays up; Ctrl-C ends it.");
    server.stay()
}

/// The program users run, with the console inside.
pub(crate) fn build_server(places: &Places) -> Result<()> {
    process::run(places.cargo().args(["build", "--release", "--package", "aileron"]))
}

/// A program of flytekit that knows of the server by its endpoint alone.
pub(crate) fn client(places: &Places, server: &Server, program: &str) -> std::process::Command {
    let mut command = places.python(program);
    command.env("FLYTE_PLATFORM_URL", server.endpoint()).env("FLYTE_PLATFORM_INSECURE", "true");
    command
}

/// Runs the example to its end; its generated name is in the address that pyflyte prints.
fn launch(places: &Places, server: &Server, more: &[&str]) -> Result<String> {
    let mut pyflyte = client(places, server, "pyflyte");
    pyflyte.args(["run", "--remote", "--wait", "--poll-interval", "1"]).args(more).args(PROGRAM);
    let (succeeded, said) = process::tee(&mut pyflyte)?;
    let name = execution_in(&said);
    match (succeeded, name) {
        (true, name) => name.context("pyflyte printed no address of an execution"),
        (false, Some(name)) => bail!("the example did not succeed: see {}", page(server, &name)),
        (false, None) => bail!("pyflyte could not launch the example"),
    }
}

fn execution_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("/executions/")?;
    let name: String =
        rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    (!name.is_empty()).then_some(name)
}

fn page(server: &Server, execution: &str) -> String {
    format!("{}/console/projects/flytesnacks/domains/development/executions/{execution}", server.address())
}

fn port_is_free(address: &str) -> Result<()> {
    let port = address.rsplit(':').next().unwrap_or_default();
    TcpListener::bind(address).map(drop).with_context(|| {
        format!("{address} is in use; `ss -ltnp 'sport = :{port}'` shows by whom: end that program, then run this again")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_execution_is_in_the_address_that_pyflyte_prints() {
        let said = "Go to http://h:1/console/projects/p/domains/d/executions/abc-12 to see execution";
        assert_eq!(execution_in(said).as_deref(), Some("abc-12"));
        assert_eq!(execution_in("no address"), None);
    }

    #[test]
    fn a_port_in_use_is_one_line_with_the_mend() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = port_is_free(&taken.local_addr().unwrap().to_string()).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("is in use; `ss -ltnp") && text.lines().count() == 1, "{text}");
    }
}
