//! Tasks in their images, by podman or docker.
//!
//! The engine's client runs in the attempt's process as any command would: what it is told is passed on, what
//! the container writes is in the log, its exit code is the client's. A client that is killed leaves its container
//! running, so the container has a name that follows from the attempt's, and whoever ends an attempt removes the
//! container too. What a crash leaves is found by its labels.

mod attempt;
mod line;
mod present;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::Settings;
use super::folder::{Folder, Trace};
use super::limits::Limits;

pub(super) use present::Present;

/// The exit code of an engine that could not start the container, unless it is the task's.
pub(super) const NOT_STARTED: i32 = 125;
/// The label that names the data folder, by [`mark`].
const OF_FOLDER: &str = "io.aileron.data-folder";
/// The label that names the attempt's folder.
const OF_ATTEMPT: &str = "io.aileron.attempt";

/// What runs containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerEngine {
    /// Podman, with or without root.
    Podman,
    /// Docker.
    Docker,
}

impl ContainerEngine {
    /// The name of its client.
    pub const fn program(self) -> &'static str {
        match self {
            ContainerEngine::Podman => "podman",
            ContainerEngine::Docker => "docker",
        }
    }

    /// Asks the engine whether it is there. Blocks until it has answered.
    ///
    /// # Errors
    /// What it, or the system, says if it is not.
    pub fn check(self) -> Result<(), String> {
        let asked = Command::new(self.program()).arg("info").stdin(Stdio::null()).output();
        let output = asked.map_err(|error| error.to_string())?;
        if output.status.success() { Ok(()) } else { Err(said(&output)) }
    }
}

/// What an engine is asked with: its client, and the variables of the client's process, which has the engine's
/// settings among them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Client {
    engine: ContainerEngine,
    own: Vec<(OsString, OsString)>,
}

impl Client {
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.engine.program());
        command.args(words).env_clear().envs(self.own.iter().cloned()).stdin(Stdio::null());
        command
    }

    fn ask(&self, words: &[&str]) -> io::Result<Output> {
        self.command(words).output()
    }

    /// What the engine knows of a container; nothing when there is none, or it has nothing to say.
    fn inspect(&self, container: &str, format: &str) -> Option<String> {
        let output = self.ask(&["container", "inspect", "--format", format, container]).ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    }

    /// To be removed alone would let it have ten seconds to end. What has ended cannot be killed.
    fn remove(&self, container: &str) {
        let _ended_already = self.ask(&["kill", "--signal", "KILL", container]);
        let error = match self.ask(&["rm", "--force", "--volumes", container]) {
            Ok(output) if output.status.success() => return,
            Ok(output) => said(&output),
            Err(error) => error.to_string(),
        };
        if !error.to_ascii_lowercase().contains("no such container") {
            tracing::warn!(container, error, "a container may be left behind");
        }
    }
}

/// The container of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InImage {
    client: Client,
    name: String,
    labels: [(&'static str, String); 2],
    user: User,
    /// Made by the program beside a container of podman's, where its client was started, when memory ran out: the
    /// client looks for it elsewhere, where it is not in each version.
    oom: PathBuf,
}

/// Whom the container's processes are: who starts the server, so that its files are the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct User {
    id: u32,
    group: u32,
}

/// What a container is made of.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    pub(super) image: &'a str,
    /// What replaces the image's entry point, if something does.
    pub(super) command: &'a [String],
    pub(super) arguments: &'a [String],
    pub(super) variables: &'a BTreeMap<String, String>,
    /// Folders that are where they are here.
    pub(super) folders: Vec<PathBuf>,
    /// The working directory, when it is not the image's.
    pub(super) work: Option<&'a Path>,
    pub(super) limits: &'a Limits,
}

impl InImage {
    /// The short name is the attempt's in the data folder.
    pub(super) fn new(
        engine: ContainerEngine,
        settings: &Settings,
        short_name: &str,
        folder: &Folder,
    ) -> InImage {
        let mark = mark(settings);
        let attempt = folder.path().to_string_lossy().into_owned();
        InImage {
            client: Client { engine, own: settings.environment.clone() },
            name: format!("aileron-{mark}-{short_name}"),
            labels: [(OF_FOLDER, mark), (OF_ATTEMPT, attempt)],
            oom: folder.work().join("oom"),
            user: User { id: rustix::process::getuid().as_raw(), group: rustix::process::getgid().as_raw() },
        }
    }

    /// Whether the system ended the container because its memory ran out.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let noted = || self.oom.metadata().is_ok_and(|note| note.is_file() && note.len() == 0);
        self.client.inspect(&self.name, "{{.State.OOMKilled}}").is_some_and(|told| told == "true") || noted()
    }

    /// Whether anything ever ran in the container.
    pub(super) fn was_started(&self) -> bool {
        let started = self.client.inspect(&self.name, "{{.State.StartedAt}}");
        started.is_some_and(|time| !time.starts_with("0001-"))
    }

    /// Ends the container, if it runs, and removes it, if it is there. Blocks until that is done.
    pub(super) fn remove(&self) {
        self.client.remove(&self.name);
    }
}

/// Removes what earlier drivers of the data folder left: containers whose attempts nobody looks after any more.
/// Blocks until that is done.
pub(super) fn sweep(engine: ContainerEngine, settings: &Settings) {
    let client = Client { engine, own: settings.environment.clone() };
    let ours = format!("label={OF_FOLDER}={}", mark(settings));
    match client.ask(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &ours]) {
        Ok(output) if output.status.success() => {
            let ids = String::from_utf8_lossy(&output.stdout);
            ids.lines().filter(|id| !is_looked_after(&client, id)).for_each(|id| client.remove(id));
        }
        Ok(output) => tracing::warn!(error = said(&output), "containers may be left from before"),
        Err(error) => tracing::warn!(%error, "containers may be left from before"),
    }
}

/// Whether a client is there for the container, which the driver adopts.
fn is_looked_after(client: &Client, container: &str) -> bool {
    let label = format!("{{{{index .Config.Labels \"{OF_ATTEMPT}\"}}}}");
    let Some(attempt) = client.inspect(container, &label) else { return false };
    matches!(Folder::at(PathBuf::from(attempt)).trace(), Ok(Trace::Running { .. }))
}

/// What tells the containers of one data folder from those of others.
fn mark(settings: &Settings) -> String {
    crate::digest(settings.data_dir.as_os_str().as_encoded_bytes(), 4)
}

/// What an engine said about why it did not do what it was asked to.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.trim();
    if text.is_empty() { format!("it ended with {}", output.status) } else { text.to_owned() }
}
