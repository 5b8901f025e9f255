//! Tasks in their images, by podman or docker.
//!
//! The engine's client runs in the attempt's process as any command would: what it is told is passed on, what
//! the container writes is in the log, its exit code is the client's. The container is on the host's network and
//! finds objects in a folder where they lie here. It has a name that follows from the attempt's, because a client
//! that is killed leaves its container running: whoever ends an attempt removes the container too.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, Output, Stdio};

use aileron_idl::core::Container;
use sha2::{Digest, Sha256};

use super::Settings;
use super::limits::Limits;

/// The exit code of an engine that could not start the container.
pub(super) const NOT_STARTED: i32 = 125;

/// What runs containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Podman, with or without root.
    Podman,
    /// Docker.
    Docker,
}

impl Engine {
    /// The name of its client.
    pub const fn program(self) -> &'static str {
        match self {
            Engine::Podman => "podman",
            Engine::Docker => "docker",
        }
    }

    /// Asks the engine whether it is there.
    ///
    /// # Errors
    /// What it, or the system, says if it is not.
    pub fn check(self) -> Result<(), String> {
        let asked = Command::new(self.program()).arg("info").stdin(Stdio::null()).output();
        match asked {
            Ok(Output { status, .. }) if status.success() => Ok(()),
            Ok(Output { stderr, .. }) => Err(String::from_utf8_lossy(&stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The container of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InImage {
    engine: Engine,
    name: String,
    /// The variables of the client's process: the engine's settings are among them.
    own: Vec<(OsString, OsString)>,
}

impl InImage {
    /// The short name is the attempt's in the data folder.
    pub(super) fn new(engine: Engine, settings: &Settings, short_name: &str) -> InImage {
        let digest = Sha256::digest(settings.data_dir.as_os_str().as_encoded_bytes());
        let folder: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let name = format!("aileron-{folder}-{short_name}");
        InImage { engine, name, own: settings.environment.clone() }
    }

    /// The client's command line for what the task's container runs, and the variables of the client's process.
    /// A variable goes by its name alone, which keeps its value out of the list of processes, unless the client
    /// has one of that name itself.
    pub(super) fn command(
        &self,
        container: &Container,
        (command, arguments): (&[String], &[String]),
        variables: &BTreeMap<String, String>,
        (objects, limits): (Option<&str>, &Limits),
    ) -> (Vec<String>, Vec<(OsString, OsString)>) {
        let mut words: Vec<String> =
            [self.engine.program(), "run", "--name", &self.name].map(str::to_owned).into();
        words.extend(["--network", "host", "--security-opt", "label=disable"].map(str::to_owned));
        if let Some(folder) = objects {
            words.extend(["--volume".to_owned(), format!("{folder}:{folder}")]);
        }
        if let Some(memory) = &limits.memory {
            words.extend(["--memory".to_owned(), memory.bytes.to_string()]);
        }
        if let Some(cpu) = limits.cpu {
            words.extend(["--cpus".to_owned(), format!("{}.{:03}", cpu / 1000, cpu % 1000)]);
        }
        let mut environment = self.own.clone();
        for (name, value) in variables {
            words.push("--env".to_owned());
            if self.own.iter().any(|(taken, _)| taken == OsStr::new(name)) {
                words.push(format!("{name}={value}"));
            } else {
                words.push(name.clone());
                environment.push((name.into(), value.into()));
            }
        }
        let rest: &[String] = match command {
            [] => &[],
            [program, rest @ ..] => {
                words.extend(["--entrypoint".to_owned(), program.clone()]);
                rest
            }
        };
        words.push(container.image.clone());
        words.extend(rest.iter().chain(arguments).cloned());
        (words, environment)
    }

    /// Whether the system ended the container because its memory ran out.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let asked = self.ask(&["inspect", "--format", "{{.State.OOMKilled}}", &self.name]);
        asked.is_ok_and(|output| output.stdout.starts_with(b"true"))
    }

    /// Ends the container, if it runs, and removes it, if it is there. Blocks until that is done.
    pub(super) fn remove(&self) {
        let removed = self.ask(&["rm", "--force", "--volumes", &self.name]);
        let said = match removed {
            Ok(output) if output.status.success() => return,
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        if !said.to_ascii_lowercase().contains("no such container") {
            tracing::warn!(container = self.name, error = said.trim(), "a container may be left behind");
        }
    }

    fn ask(&self, words: &[&str]) -> io::Result<Output> {
        let mut command = Command::new(self.engine.program());
        command.args(words).env_clear().envs(self.own.iter().cloned()).stdin(Stdio::null()).output()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_own_variables_stay_its_own() {
        let container = Container { image: "image:1".into(), ..Default::default() };
        let variables =
            [("A", "a"), ("HOME", "/task")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let own = vec![(OsString::from("HOME"), OsString::from("/me"))];
        let in_image = InImage { engine: Engine::Podman, name: "aileron-1".into(), own };
        let limits = Limits { memory: None, cpu: Some(1500) };
        let (words, environment) = in_image.command(
            &container,
            (&["run".to_owned()], &["it".to_owned()]),
            &variables.into(),
            (Some("/data/objects"), &limits),
        );
        assert_eq!(
            words.join(" "),
            "podman run --name aileron-1 --network host --security-opt label=disable --volume \
             /data/objects:/data/objects --cpus 1.500 --env A --env HOME=/task --entrypoint run image:1 it"
        );
        let expected = [("HOME", "/me"), ("A", "a")];
        assert_eq!(environment, expected.map(|(name, value)| (OsString::from(name), OsString::from(value))));
    }
}
