//! A Kubernetes of the tests' own: API server, etcd and controllers in a temporary folder, and a node
//! that runs pods for real or ends each at once.
//!
//! It ends with the process that started it, however that ends: the program that holds the parts
//! (`program/`, in Go) stops them when its standard input closes. Several run beside each other.
//!
//! What it deliberately does not do: build the program or the images (`cargo xtask setup` does), or know
//! what is applied to the cluster.
//!
//! Start reading at [`Cluster::start`].

mod operators;
mod part;

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

pub use operators::definition;
pub use part::{Absence, Part};

/// Where pods reach what the machine serves.
pub const MACHINE: &str = "10.88.0.1";
/// The image of flytekit's tasks, which real nodes have.
pub const TASK_IMAGE: &str = "registry.local/flytekit:1";
/// The images that every real node has, as files in [`folder`].
const IMAGES: [&str; 2] = ["pause.tar", "flytekit.tar"];
/// How the program says that it does not find a kind, and how long a new one may take to be listed.
const UNLISTED: &str = "no matches for kind";
const LISTED: Duration = Duration::from_secs(10);
/// How many of the last lines of a log an error carries.
const LAST_LINES: usize = 15;

/// Who runs the pods of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nodes {
    /// Nobody: pods stay pending.
    None,
    /// Each pod ends as soon as it is there, as its annotations say (`program/instant.go`).
    Instant,
    /// A scheduler and a kubelet with containerd. Needs root.
    Real,
}

impl Nodes {
    fn word(self) -> &'static str {
        match self {
            Nodes::None => "none",
            Nodes::Instant => "instant",
            Nodes::Real => "real",
        }
    }
}

/// What a cluster is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who runs its pods.
    pub nodes: Nodes,
    /// Images for a real node beside those it always has, as docker archives.
    pub images: Vec<PathBuf>,
    /// Whether a part that ends is started again. Without, the cluster ends with it.
    pub revive: bool,
}

/// A running cluster.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    holder: Child,
}

impl Cluster {
    /// Starts a cluster; some four seconds.
    ///
    /// # Errors
    /// When it does not start; the error ends with the last lines of its log.
    pub fn start(nodes: Nodes) -> Result<Cluster> {
        Cluster::start_with(&Options { nodes, images: Vec::new(), revive: false })
    }

    /// As [`start`](Cluster::start), with more said.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(options: &Options) -> Result<Cluster> {
        if options.nodes == Nodes::Real && !rustix::process::geteuid().is_root() {
            bail!("only root can run real pods: start this as root, or leave out what needs them");
        }
        let folder = tempfile::Builder::new().prefix("aileron-cluster-").tempdir()?.keep();
        let log = folder.with_extension("log");
        let mut command = up(options, &folder)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        // What ends us by a signal to the group must not end the parts before they are tidied up.
        let mut holder = command.process_group(0).spawn().context("the cluster's program")?;
        let output = holder.stdout.take().context("standard output is a pipe")?;
        // Made before anything can fail: dropping it ends the parts.
        let mut cluster = Cluster { folder, holder };
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next().transpose()? {
            if line.starts_with("ready ") {
                thread::spawn(move || lines.count());
                fs::remove_file(log)?;
                return Ok(cluster);
            }
        }
        let status = cluster.holder.wait()?;
        bail!("the cluster ended with {status} before it was ready:\n{}", last_lines(&log))
    }

    /// The one of this process with such nodes, which is started when it is first asked for.
    ///
    /// # Panics
    /// When it does not start.
    #[expect(clippy::expect_used, reason = "a test that cannot go on fails")]
    pub fn shared(nodes: Nodes) -> &'static Cluster {
        static SHARED: [OnceLock<Cluster>; 3] = [const { OnceLock::new() }; 3];
        SHARED[nodes as usize].get_or_init(|| Cluster::start(nodes).expect("a cluster for the tests"))
    }

    /// The file by which a client reaches the API server as its administrator.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// The folder with all that the cluster keeps, its logs among it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Applies manifests. Definitions of resources are there when it answers.
    ///
    /// # Errors
    /// What the API server has against them, all at once.
    pub fn apply(&self, manifests: &str) -> Result<()> {
        self.judge(manifests, &[])
    }

    /// As [`apply`](Cluster::apply), but nothing is kept.
    ///
    /// # Errors
    /// As there.
    pub fn dry_run(&self, manifests: &str) -> Result<()> {
        self.judge(manifests, &["dry-run"])
    }

    /// A kubeconfig, as text, with which a client has the rights of a service account.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn account(&self, namespace: &str, name: &str) -> Result<String> {
        let output = Command::new(program()?)
            .arg("account")
            .arg(self.kubeconfig())
            .args([namespace, name])
            .output()?;
        if !output.status.success() {
            bail!("no rights of {namespace}/{name}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// A kind that was defined a moment ago may be missing still in the list by which the program finds it.
    fn judge(&self, manifests: &str, how: &[&str]) -> Result<()> {
        let begun = Instant::now();
        loop {
            match self.judge_once(manifests, how) {
                Err(error) if error.to_string().contains(UNLISTED) && begun.elapsed() < LISTED => pause(),
                judged => return judged,
            }
        }
    }

    fn judge_once(&self, manifests: &str, how: &[&str]) -> Result<()> {
        let mut command = Command::new(program()?);
        command.arg("apply").arg(self.kubeconfig()).args(how);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        // Closed at once when it is written: the program reads to the end.
        let mut input = child.stdin.take().context("standard input is a pipe")?;
        input.write_all(manifests.as_bytes())?;
        drop(input);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("the API server refused: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// The time that no controller can beat: `pods` pods, one after the other or all at once.
    ///
    /// # Errors
    /// When the measuring program fails.
    pub fn floor(&self, shape: Shape, pods: usize) -> Result<Floor> {
        let mut command = Command::new(program()?);
        command.arg("floor").arg(self.kubeconfig()).arg(shape.word()).arg(pods.to_string());
        let output = command.output()?;
        if !output.status.success() {
            bail!("the floor was not measured: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // Nothing can be done about parts that do not stop.
        let _ = self.holder.wait();
    }
}

/// How the pods of a measurement follow each other.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Each when the one before has succeeded.
    Chain,
    /// All at once.
    FanOut,
}

impl Shape {
    fn word(self) -> &'static str {
        match self {
            Shape::Chain => "chain",
            Shape::FanOut => "fanout",
        }
    }
}

/// What was measured without any controller.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Floor {
    /// Seconds from the first creation to the last success.
    #[serde(rename = "total_s")]
    pub total: f64,
    /// Seconds for each pod.
    #[serde(rename = "pod_s")]
    pub pod: f64,
}

/// Where the program and the images lie: `${XDG_CACHE_HOME:-~/.cache}/aileron/cluster`.
///
/// # Errors
/// When neither variable is set.
pub fn folder() -> Result<PathBuf> {
    let caches = env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let caches = caches.or_else(|| env::home_dir().map(|home| home.join(".cache")));
    Ok(caches.context("neither XDG_CACHE_HOME nor HOME is set; set one")?.join("aileron/cluster"))
}

/// The program that holds a cluster.
///
/// # Errors
/// When it is not there; the error says how to make it.
pub fn program() -> Result<PathBuf> {
    needed("cluster")
}

fn up(options: &Options, folder: &Path) -> Result<Command> {
    let mut command = Command::new(program()?);
    command.args(["up", "--held", "--nodes", options.nodes.word(), "--dir"]).arg(folder);
    if options.revive {
        command.arg("--revive");
    }
    if options.nodes == Nodes::Real {
        for image in IMAGES {
            command.arg("--image").arg(needed(image)?);
        }
    }
    for image in &options.images {
        command.arg("--image").arg(image);
    }
    Ok(command)
}

fn needed(name: &str) -> Result<PathBuf> {
    let path = folder()?.join(name);
    if !path.is_file() {
        bail!("{} is missing: run `cargo xtask setup`", path.display());
    }
    Ok(path)
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// Waits a moment between two looks at something that changes by itself.
pub(crate) fn pause() {
    thread::sleep(Duration::from_millis(20));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_cluster_runs_pods_and_leaves_nothing_behind() {
        let cluster = Cluster::start(Nodes::Instant).unwrap();
        let floor = cluster.floor(Shape::Chain, 3).unwrap();
        assert!(floor.pod > 0.0, "{floor:?}");
        let folder = cluster.folder.clone();
        let parts = [Part::Etcd, Part::ApiServer].map(|part| cluster.pid(part).unwrap());
        drop(cluster);
        assert!(!folder.exists(), "{}", folder.display());
        for part in parts {
            assert!(rustix::process::test_kill_process(part).is_err(), "{part:?} still runs");
        }
    }

    /// Where the API server listens, `HOST:PORT`.
    fn address(cluster: &Cluster) -> String {
        let text = fs::read_to_string(cluster.kubeconfig()).unwrap();
        let (_, rest) = text.split_once("https://").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    #[test]
    fn a_killed_part_comes_back_and_serves_what_was_there() {
        let options = Options { nodes: Nodes::Instant, images: Vec::new(), revive: true };
        let cluster = Cluster::start_with(&options).unwrap();
        for part in [Part::Etcd, Part::ApiServer] {
            let before = cluster.kill(part).unwrap();
            assert_ne!(cluster.wait_for(part, before).unwrap(), before);
        }
        let address = address(&cluster);
        let away = cluster.keep_away(Part::ApiServer).unwrap();
        assert!(TcpStream::connect(&address).is_err(), "nobody serves");
        let before = away.pid();
        drop(away);
        cluster.wait_for(Part::ApiServer, before).unwrap();
    }
}
