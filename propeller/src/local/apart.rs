//! Keeping attempts apart from the machine, when they are to be.
//!
//! The attempt's command is run by a program that makes the walls around it first; see `aileron-isolation` for what
//! they are. Here it is said what is inside of them: the machine's files, to read, without the server's own; of the
//! objects all, to read; and to write, what is the attempt's own: its working directory, its temporary files, and where
//! it puts its outputs and bulk data.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aileron_isolation::{Apart, Lacks};
use aileron_storage::links;

use super::Settings;
use super::runner::ProcessAttempt;
use crate::container::template::Substitutes;

/// The first word that the program is given.
const ATTEMPT: &str = "attempt";

/// How attempts are kept apart.
#[derive(Clone, Debug)]
pub struct TaskIsolation {
    /// The program that does it, and runs a command when it is called as `PROGRAM attempt WORDS -- COMMAND`.
    pub program: PathBuf,
    /// Whether attempts have the machine's network.
    pub network: bool,
    /// Files and folders that attempts see nothing of, beside the data folder.
    pub hidden: Vec<PathBuf>,
}

impl TaskIsolation {
    /// Tries it with a command that does nothing, and tells what this kernel lacks. Blocks until that has ended.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn check(&self) -> Result<Lacks, String> {
        let tmp = std::env::temp_dir();
        let tmp = tmp.canonicalize().unwrap_or(tmp);
        let apart = Apart { writable: vec![tmp.clone()], tmp, network: self.network, ..Apart::default() };
        let mut command = Command::new(&self.program);
        command.arg(ATTEMPT).args(apart.words()).args(["--", "/bin/sh", "-c", "exit 0"]);
        let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(Lacks::here()),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        }
    }
}

impl ProcessAttempt<'_> {
    /// The command within its walls, if there are to be some. Makes the folders that it may write to. Blocks.
    pub(super) fn within_walls(
        &self,
        names: &Substitutes,
        arguments: Vec<String>,
    ) -> io::Result<Vec<String>> {
        let settings = &self.processes.settings;
        let Some(isolation) = &settings.isolation else { return Ok(arguments) };
        let folder = self.folder();
        folder.make()?;
        let own = [folder.work(), self.tmp()].into_iter().map(|folder| made(&folder));
        let roots = [settings.storage.root(), self.attempt.run.paths.raw_root()];
        let objects = roots.into_iter().zip([&names.output_prefix, &names.raw_output_prefix]);
        let objects = objects.map(|(root, folder)| (Path::new(local(root)), Path::new(local(folder))));
        let objects = objects.filter(|(root, _)| root.is_absolute());
        let objects = objects.map(|(root, folder)| made_below(root, folder));
        let writable = own.chain(objects).collect::<io::Result<_>>()?;
        let apart = Apart {
            hidden: hidden(settings, isolation),
            shown: shown(settings),
            writable,
            tmp: made(&self.tmp())?,
            network: isolation.network,
        };
        let mut words = vec![text(isolation.program.clone())?, ATTEMPT.to_owned()];
        for word in apart.words() {
            words.push(text(word)?);
        }
        words.push("--".to_owned());
        words.extend(arguments);
        Ok(words)
    }
}

/// Links are followed, as what the view is made of has to be where it is.
fn made(folder: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    folder.canonicalize()
}

/// A folder below a root, as it is there: other tasks write below the same root, and a link that one of them has left
/// would have this one write wherever that leads. Should one be made from now on, the walls do not follow it.
fn made_below(root: &Path, folder: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(root)?;
    let root_there = root.canonicalize()?;
    let below = folder.strip_prefix(root).map_err(io::Error::other)?;
    if matches!(links::reach(&root_there, below)?, links::Reached::ByLink) {
        let told =
            format!("`{}` is, or lies behind, a link; a task writes to folders alone", folder.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
    }
    let there = root_there.join(below);
    std::fs::create_dir_all(&there)?;
    Ok(there)
}

/// The path of a folder, however its URI is written.
fn local(uri: &str) -> &str {
    uri.strip_prefix("file://").unwrap_or(uri).trim_end_matches('/')
}

fn hidden(settings: &Settings, isolation: &TaskIsolation) -> Vec<PathBuf> {
    let all = std::iter::once(&settings.data_dir).chain(&isolation.hidden);
    all.filter_map(|path| path.canonicalize().ok()).collect()
}

/// The objects, and the environment of the tasks, wherever they lie.
fn shown(settings: &Settings) -> Vec<PathBuf> {
    let environment = settings.task_path.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    let objects = Some(PathBuf::from(settings.storage.root())).filter(|root| root.is_absolute());
    [objects, environment].into_iter().flatten().filter_map(|path| path.canonicalize().ok()).collect()
}

/// A command line here is text.
fn text(word: impl Into<std::ffi::OsString>) -> io::Result<String> {
    let not_text = |word: std::ffi::OsString| {
        let told = format!("`{}` is no UTF-8, which the path of an isolated task has to be", word.display());
        io::Error::new(io::ErrorKind::InvalidInput, told)
    };
    word.into().into_string().map_err(not_text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_for_outputs_is_none_that_a_link_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let (root, victim) = (folder.path().join("root"), folder.path().join("victim"));
        std::fs::create_dir_all(root.join("mine/co")).unwrap();
        std::fs::create_dir(&victim).unwrap();
        symlink(&victim, root.join("mine/co/x-n0-0")).unwrap();
        symlink(&victim, root.join("mine/link")).unwrap();
        // What an operator has linked to is followed.
        let linked = folder.path().join("linked");
        symlink(&root, &linked).unwrap();
        for root in [&root, &linked] {
            for below in ["mine/co/x-n0-0", "mine/co/x-n0-0/deeper", "mine/link/a"] {
                let told = made_below(root, &root.join(below)).unwrap_err();
                assert_eq!(told.kind(), io::ErrorKind::InvalidInput, "{below}");
            }
            let made = made_below(root, &root.join("mine/co/y-n0-0")).unwrap();
            assert!(made.is_dir() && made.ends_with("root/mine/co/y-n0-0"), "{}", made.display());
        }
        assert_eq!(std::fs::read_dir(victim).unwrap().count(), 0);
    }
}
