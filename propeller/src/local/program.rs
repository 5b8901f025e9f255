//! Finding a task's program before its process is started, so that a wrong setting has a clear error.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aileron_engine::Failure;

/// Programs that were found; what was not found is looked for again, as someone may install it.
#[derive(Debug, Default)]
pub(super) struct Programs {
    found: Mutex<HashSet<(String, OsString)>>,
}

impl Programs {
    /// Checks that a program is there, in `path` unless it is named with its folder.
    pub(super) fn check(&self, name: &str, path: &OsStr, task_path: Option<&Path>) -> Result<(), Failure> {
        // A relative name with a folder is the task's own, in a working directory yet to be filled.
        if name.contains('/') && !name.starts_with('/') {
            return Ok(());
        }
        let key = (name.to_owned(), path.to_owned());
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.contains(&key) {
            return Ok(());
        }
        if !search(name, path).any(|file| is_executable(&file)) {
            return Err(missing(name, path, task_path));
        }
        found.insert(key);
        Ok(())
    }
}

pub(super) fn search(name: &str, path: &OsStr) -> impl Iterator<Item = PathBuf> {
    let folders: Vec<PathBuf> =
        if name.starts_with('/') { vec![PathBuf::new()] } else { std::env::split_paths(path).collect() };
    folders.into_iter().map(move |folder| folder.join(name))
}

fn is_executable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn missing(name: &str, path: &OsStr, task_path: Option<&Path>) -> Failure {
    let setting = match task_path {
        Some(folder) => format!("`--task-path` is `{}`", folder.display()),
        None => "`--task-path` is not set".to_owned(),
    };
    let message = format!(
        "the task's program `{name}` was not found in `{}`; {setting}: give it the `bin` folder of a Python \
         environment that has flytekit, and start the server again",
        path.display()
    );
    Failure::permanent("TaskProgramNotFound", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, path: &str, task_path: Option<&str>) -> Result<(), String> {
        let found = Programs::default().check(name, OsStr::new(path), task_path.map(Path::new));
        found.map_err(|failure| failure.message)
    }

    #[test]
    fn a_program_is_found_where_the_shell_would_find_it() {
        assert_eq!(check("sh", "/nothing:/bin", None), Ok(()));
        assert_eq!(check("/bin/sh", "", None), Ok(()));
        assert_eq!(check("./own", "", None), Ok(()));
        assert!(check("sh", "/nothing", None).is_err());
        let plain_file = tempfile::NamedTempFile::new().unwrap();
        assert!(check(plain_file.path().to_str().unwrap(), "/bin", None).is_err());
    }

    #[test]
    fn a_missing_program_names_the_setting() {
        let message = check("pyflyte-execute", "/venv/bin:/nothing", Some("/venv/bin")).unwrap_err();
        assert!(message.contains("`pyflyte-execute` was not found in `/venv/bin:/nothing`"), "{message}");
        assert!(message.contains("`--task-path` is `/venv/bin`"), "{message}");
        assert!(check("pyflyte-execute", "/nothing", None).unwrap_err().contains("`--task-path` is not set"));
    }
}
