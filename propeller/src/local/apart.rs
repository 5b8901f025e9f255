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
        let own = [folder.work(), self.tmp()];
        let objects = [&names.output_prefix, &names.raw_output_prefix].map(PathBuf::from);
        let objects = objects.into_iter().filter(|folder| folder.is_absolute());
        let writable =
            own.into_iter().chain(objects).map(|folder| made(&folder)).collect::<io::Result<_>>()?;
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
