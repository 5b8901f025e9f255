//! `cargo xtask demo --kubernetes`: the same program in real pods. A cluster of this machine, PostgreSQL, a server
//! that hands executions to the cluster, and a propeller that runs them there.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aileron_test_cluster::{Cluster, MACHINE, Nodes, TASK_IMAGE};
use aileron_test_postgres::Cluster as Postgres;
use anyhow::{Context, Result};

use super::{LISTEN, build_server, client, launch, page, port_is_free};
use crate::cache::Places;
use crate::server::Server;
use crate::{console, process, setup};

/// Where pods find the objects.
const DOOR_PORT: u16 = 30084;

/// Sets up, starts every part, and runs the example; then stays up unless `once`.
pub(crate) fn run(places: &Places, once: bool) -> Result<()> {
    port_is_free(LISTEN)?;
    process::step("set up tools, flytekit, PostgreSQL and the cluster", || {
        setup::console(places)?;
        setup::kubernetes(places)
    })?;
    process::step("build the console", || console::build(places))?;
    process::step("build the binary", || build_server(places))?;
    let cluster = process::step("start a cluster with a real node", || Cluster::start(Nodes::Real))?;
    let definition = process::answer(Command::new(places.binary()).arg("crd"))?;
    process::step("apply the definition of flyteworkflows", || cluster.apply(&definition))?;
    let postgres = process::step("start PostgreSQL", Postgres::start)?;
    let data = tempfile::tempdir()?;
    let server = process::step(&format!("start the server on {LISTEN}"), || {
        start_server(places, &cluster, &postgres, data.path())
    })?;
    let propeller = process::step("start the propeller", || Propeller::start(places, &cluster, data.path()))?;
    let execution = process::step("pyflyte run: register, launch, wait", || {
        launch(places, &server, &["--image", TASK_IMAGE])
    })?;
    process::step("fetch the outputs", || {
        let (access, secret) = keys(data.path())?;
        let mut python = client(places, &server, "python");
        // What lies in the store is read from there, as pods do.
        python.env("FLYTE_AWS_ENDPOINT", format!("http://{MACHINE}:{DOOR_PORT}"));
        python.env("FLYTE_AWS_ACCESS_KEY_ID", access).env("FLYTE_AWS_SECRET_ACCESS_KEY", secret);
        process::run(python.args(["examples/outputs.py", &execution]))
    })?;
    println!("\nConsole:        {}/console/", server.address());
    println!("This execution: {}", page(&server, &execution));
    if once {
        return Ok(());
    }
    println!("kubectl:        kubectl --kubeconfig {} get flyteworkflows -A", cluster.kubeconfig().display());
    println!("All of it stays up; Ctrl-C ends it.");
    let stayed = server.stay();
    drop(propeller);
    stayed
}

fn start_server(places: &Places, cluster: &Cluster, postgres: &Postgres, data: &Path) -> Result<Server> {
    let (kubeconfig, database) = (cluster.kubeconfig(), postgres.database()?);
    let door = format!("{MACHINE}:{DOOR_PORT}");
    let kubeconfig = kubeconfig.to_string_lossy();
    let settings = ["--driver", "kubernetes", "--kubeconfig", &kubeconfig, "--database", &database];
    let settings = settings.into_iter().chain([
        "--s3-listen",
        &door,
        "--allow-plaintext",
        "true",
        "--task-memory",
        "512Mi",
    ]);
    Server::start_with(places, LISTEN, data, settings)
}

/// The keys with which the server's objects are read and written.
fn keys(data: &Path) -> Result<(String, String)> {
    let keys = fs::read_to_string(data.join("s3.key")).context("the keys of the objects")?;
    let (access, secret) = keys.trim().split_once('\n').context("a file of keys has two lines")?;
    Ok((access.to_owned(), secret.to_owned()))
}

/// `aileron propeller`, ended when it is dropped.
struct Propeller(Child);

impl Propeller {
    fn start(places: &Places, cluster: &Cluster, data: &Path) -> Result<Propeller> {
        let (access, secret) = keys(data)?;
        let mut command = Command::new(places.binary());
        command.arg("propeller").arg("--kubeconfig").arg(cluster.kubeconfig()).args(["--server", LISTEN]);
        command.args(["--objects", "s3://aileron", "--objects-allow-http", "true"]);
        command.args(["--objects-endpoint", &format!("http://{MACHINE}:{DOOR_PORT}")]);
        command.args(["--public-url", &format!("http://{LISTEN}"), "--data-dir"]).arg(data);
        command.env("AWS_ACCESS_KEY_ID", access).env("AWS_SECRET_ACCESS_KEY", secret);
        let log = fs::File::create(places.log("propeller"))?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        Ok(Propeller(child.context("failed to start the propeller")?))
    }
}

impl Drop for Propeller {
    fn drop(&mut self) {
        // What it runs ends with the cluster.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
