//! What a server says at its start about settings that would let tasks fail later.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// What flytekit's tasks are run by.
const COMMAND: &str = "pyflyte-execute";

/// Warns when the tasks' environment has no flytekit. Tasks that need none run all the same.
pub(crate) fn tell(task_path: Option<&Path>, path: Option<OsString>) {
    if let Some(hint) = missing_flytekit(task_path, path.as_deref()) {
        tracing::warn!(hint, "tasks of flytekit's will fail: there is no `{COMMAND}`");
    }
}

/// How to give tasks flytekit, if they have none.
fn missing_flytekit(task_path: Option<&Path>, path: Option<&OsStr>) -> Option<String> {
    let rest = path.into_iter().flat_map(std::env::split_paths);
    let mut folders = task_path.map(Path::to_owned).into_iter().chain(rest);
    if folders.any(|folder| folder.join(COMMAND).exists()) {
        return None;
    }
    let place = match task_path {
        Some(folder) => format!("`{}` and PATH have none", folder.display()),
        None => "PATH has none, and --task-path is not set".to_owned(),
    };
    Some(format!(
        "{place}: `python3 -m venv venv && venv/bin/pip install flytekit`, then start with --task-path venv/bin"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flytekit_may_be_in_either_place() {
        let with = tempfile::tempdir().unwrap();
        std::fs::write(with.path().join(COMMAND), "").unwrap();
        let without = tempfile::tempdir().unwrap();
        let path = |folder: &tempfile::TempDir| Some(folder.path().as_os_str().to_owned());
        assert_eq!(missing_flytekit(Some(with.path()), path(&without).as_deref()), None);
        assert_eq!(missing_flytekit(None, path(&with).as_deref()), None);
        let hint = missing_flytekit(Some(without.path()), path(&without).as_deref()).unwrap();
        assert!(hint.contains("pip install flytekit") && hint.contains("have none"), "{hint}");
        assert!(missing_flytekit(None, None).unwrap().contains("--task-path is not set"));
    }
}
