//! The command line that runs an attempt's container.
//!
//! The container is on the host's network, as the task's process would be, and has the folders that it needs where
//! they are here. Its output goes to the client alone, which writes it to the attempt's log.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::{ContainerEngine, Contents, InImage};
use crate::local::limits::Limits;

impl InImage {
    /// The client's command line, and the variables of the client's process.
    pub(in crate::local) fn line(&self, contents: &Contents<'_>) -> (Vec<String>, Vec<(OsString, OsString)>) {
        let engine = self.client.engine;
        let mut words: Vec<String> =
            [engine.program(), "run", "--name", &self.name].map(str::to_owned).into();
        words.extend(
            ["--network=host", "--security-opt=label=disable", "--log-driver=none"].map(str::to_owned),
        );
        words.extend(self.labels.iter().map(|(name, value)| format!("--label={name}={value}")));
        words.extend(self.user());
        words.extend(contents.folders.iter().map(|folder| mount(folder)));
        words.extend(contents.work.map(|folder| format!("--workdir={}", folder.display())));
        words.extend(limits(contents.limits));
        let environment = self.variables(contents.variables, &mut words);
        let arguments = match contents.command {
            [] => &[],
            [program, arguments @ ..] => {
                words.push(format!("--entrypoint={program}"));
                arguments
            }
        };
        words.push(contents.image.to_owned());
        words.extend(arguments.iter().chain(contents.arguments).cloned());
        (words, environment)
    }

    /// Without root, podman maps users: then the same number is another one outside, unless it is told.
    fn user(&self) -> Vec<String> {
        let mut words = vec![format!("--user={}:{}", self.user.id, self.user.group)];
        if self.client.engine == ContainerEngine::Podman && self.user.id != 0 {
            words.push("--userns=keep-id".to_owned());
        }
        words
    }

    /// A variable goes by its name alone, which keeps its value out of the list of processes, unless the client
    /// has one of that name itself.
    fn variables(
        &self,
        variables: &BTreeMap<String, String>,
        words: &mut Vec<String>,
    ) -> Vec<(OsString, OsString)> {
        let mut environment = self.client.own.clone();
        for (name, value) in variables {
            let own = self.client.own.iter().find(|(taken, _)| taken == OsStr::new(name));
            words.push(match own {
                Some((_, taken)) if taken != OsStr::new(value) => format!("--env={name}={value}"),
                _ => format!("--env={name}"),
            });
            if own.is_none() {
                environment.push((name.into(), value.into()));
            }
        }
        environment
    }
}

fn mount(folder: &Path) -> String {
    let folder = folder.display();
    format!("--mount=type=bind,source={folder},target={folder}")
}

/// What is swapped out counts as memory.
fn limits(limits: &Limits) -> Vec<String> {
    let memory = limits
        .memory
        .iter()
        .flat_map(|memory| ["memory", "memory-swap"].map(|limit| format!("--{limit}={}", memory.bytes)));
    let cpu = limits.cpu.map(|cpu| format!("--cpus={}.{:03}", cpu / 1000, cpu % 1000));
    memory.chain(cpu).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::{Client, OF_ATTEMPT, OF_FOLDER, User};
    use super::*;
    use crate::local::limits::Memory;

    fn in_image(engine: ContainerEngine, id: u32) -> InImage {
        let own = vec![("HOME".into(), "/me".into()), ("AWS_REGION".into(), "here".into())];
        InImage {
            client: Client { engine, own },
            name: "aileron-1".into(),
            labels: [(OF_FOLDER, "f".into()), (OF_ATTEMPT, "/data/a".into())],
            user: User { id, group: 7 },
            oom: PathBuf::from("/data/a/oom"),
        }
    }

    #[test]
    fn the_line_says_all_that_the_container_is() {
        let variables = [("A", "a"), ("AWS_REGION", "here"), ("HOME", "/task")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let (words, environment) = in_image(ContainerEngine::Podman, 1000).line(&Contents {
            image: "image:1",
            command: &["run".to_owned(), "it".to_owned()],
            arguments: &["now".to_owned()],
            variables: &variables,
            folders: vec![PathBuf::from("/data/objects")],
            work: Some(Path::new("/data/work")),
            limits: &Limits { memory: Some(Memory { bytes: 64, text: "64".into() }), cpu: Some(1500) },
        });
        assert_eq!(
            words.join(" "),
            "podman run --name aileron-1 --network=host --security-opt=label=disable --log-driver=none \
             --label=io.aileron.data-folder=f --label=io.aileron.attempt=/data/a --user=1000:7 --userns=keep-id \
             --mount=type=bind,source=/data/objects,target=/data/objects --workdir=/data/work --memory=64 \
             --memory-swap=64 --cpus=1.500 --env=A --env=AWS_REGION --env=HOME=/task --entrypoint=run image:1 it now"
        );
        let expected = [("HOME", "/me"), ("AWS_REGION", "here"), ("A", "a")];
        assert_eq!(environment, expected.map(|(name, value)| (OsString::from(name), OsString::from(value))));
    }

    #[test]
    fn an_image_may_have_a_command_of_its_own() {
        let (words, _) = in_image(ContainerEngine::Docker, 0).line(&Contents {
            image: "image:1",
            command: &[],
            arguments: &["now".to_owned()],
            variables: &BTreeMap::new(),
            folders: Vec::new(),
            work: None,
            limits: &Limits::default(),
        });
        assert!(words.join(" ").ends_with("--user=0:7 image:1 now"), "{words:?}");
    }
}
