//! The tests that speak by flytekit: on SQLite, and once more on a PostgreSQL of their own.

use std::fs;
use std::path::Path;

use anyhow::Result;
use clap::Args;

use aileron_test_postgres::Cluster;

use crate::cache::Places;
use crate::process;

/// Databases that are there for the servers of one run; each takes one.
const DATABASES: usize = 60;
/// Where those are named: a URL in which `{}` stands for a number below that of the databases.
const VARIABLE: &str = "AILERON_TEST_DATABASES";
/// What says nothing of a database: programs, which run in tasks, objects, containers, and pods.
const NOTHING_OF_A_DATABASE: [&str; 8] = [
    "test_descriptors.py",
    "test_s3.py",
    "test_buckets.py",
    "test_containers.py",
    "test_isolation.py",
    "test_large.py",
    "test_store_faults.py",
    PODS,
];
/// The tests whose tasks are pods of a real node.
const PODS: &str = "test_kubernetes.py";
/// What runs their containers.
const CONTAINERD: &str = "/usr/bin/containerd";

/// Which tests run, and on what.
#[derive(Args)]
pub(crate) struct Python {
    /// On PostgreSQL instead of SQLite
    #[arg(long)]
    postgres: bool,
    /// Arguments of pytest, such as `-k restart`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs those that were asked for, on the binary that `AILERON` names or the release one.
pub(crate) fn run(places: &Places, asked: &Python) -> Result<()> {
    let arguments: Vec<&str> = asked.arguments.iter().map(String::as_str).collect();
    let (succeeded, _) = tests(places, asked.postgres, &arguments)?;
    if succeeded { Ok(()) } else { anyhow::bail!("some failed") }
}

/// Runs pytest; answers whether all is well, and what it said.
pub(crate) fn tests(places: &Places, postgres: bool, arguments: &[&str]) -> Result<(bool, String)> {
    let mut pytest = places.python("python");
    pytest.args(["-m", "pytest", "tests/python", "-p", "no:cacheprovider", "--durations=5"]).args(arguments);
    pytest.env("AILERON", places.tested());
    if let Some(why) = no_pods() {
        println!("  {PODS}: left out, {why}");
        pytest.arg(format!("--ignore=tests/python/{PODS}"));
    }
    let cluster = postgres.then(Cluster::start).transpose()?;
    if let Some(cluster) = &cluster {
        for _ in 0..DATABASES {
            cluster.database()?;
        }
        pytest.env(VARIABLE, cluster.url("test_{}"));
        pytest.args(NOTHING_OF_A_DATABASE.map(|file| format!("--ignore=tests/python/{file}")));
    }
    process::tee(&mut pytest)
}

/// Why this machine runs no pods, if it does not.
fn no_pods() -> Option<&'static str> {
    if !rustix::process::geteuid().is_root() {
        return Some("only root can run pods");
    }
    if !Path::new(CONTAINERD).exists() {
        return Some("there is no containerd; `cargo xtask setup` installs Debian's");
    }
    let groups = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let is_writable = |line: &str| {
        let mut fields = line.split(' ').skip(2);
        let (kind, options) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        kind.starts_with("cgroup") && options.split(',').any(|option| option == "rw")
    };
    let any = groups.lines().any(is_writable);
    (!any).then_some("no control groups are mounted that can be written")
}
