//! Which attempts a warm worker can run: flytekit's own commands, by the interpreter that their script names.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::super::process::Launch;
use super::super::program::search;

/// Commands that import flytekit and then read what to do.
const COMMANDS: [&str; 2] = ["pyflyte-execute", "pyflyte-map-execute"];
/// The one that unpacks a program first, and then runs one of the others.
const UNPACKING: &str = "pyflyte-fast-execute";
/// A task that does not want a worker sets this variable to one of these.
const SWITCH: (&str, [&str; 4]) = ("AILERON_WARM", ["0", "false", "no", "off"]);
/// Variables that tell an attempt about itself, or are keys of its run, and change nothing about an import.
const TOLD: [&str; 9] = [
    "FLYTE_INTERNAL_",
    "FLYTE_ATTEMPT_NUMBER",
    "FLYTE_K8S_ARRAY_INDEX",
    "BATCH_JOB_ARRAY_INDEX_",
    "TMPDIR",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "FLYTE_AWS_ACCESS_KEY_ID",
    "FLYTE_AWS_SECRET_ACCESS_KEY",
];
/// How much of a script is read to find its interpreter, in bytes.
const HEAD: u64 = 1024;

/// What makes workers alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) interpreter: PathBuf,
    /// In the order of their names.
    pub(super) environment: Vec<(OsString, OsString)>,
}

impl Key {
    /// The worker that an attempt takes; none when no worker can run it, or its task wants none.
    pub(super) fn of(launch: &Launch) -> Option<Key> {
        let command = command(&launch.arguments)?;
        let variable = |wanted: &str| {
            let found = launch.environment.iter().rev().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_os_str())
        };
        let refuses = |value: &OsStr| SWITCH.1.iter().any(|word| value.eq_ignore_ascii_case(word));
        // A relative folder is one below the working directory, which differs from attempt to attempt.
        let is_relative = |value: &OsStr| std::env::split_paths(value).any(|folder| folder.is_relative());
        if variable(SWITCH.0).is_some_and(refuses) || variable("PYTHONPATH").is_some_and(is_relative) {
            return None;
        }
        let path = variable("PATH").unwrap_or_default();
        let interpreter = search(command, path).find_map(|script| interpreter(&script, path))?;
        let decides = |(name, _): &&(OsString, OsString)| {
            !TOLD.iter().any(|told| name.as_bytes().starts_with(told.as_bytes()))
        };
        let mut environment: Vec<_> = launch.environment.iter().filter(decides).cloned().collect();
        environment.sort_unstable();
        Some(Key { interpreter, environment })
    }
}

/// The command of flytekit's that does the work, if it is one.
fn command(arguments: &[String]) -> Option<&str> {
    let known = |name: &&String| COMMANDS.contains(&name.as_str());
    let first = arguments.first()?;
    if first != UNPACKING {
        return Some(first).filter(known).map(String::as_str);
    }
    let rest = arguments.iter().position(|argument| argument == "--")?;
    arguments.get(rest + 1).filter(known).map(String::as_str)
}

/// The interpreter that a console script names in one of the ways that installers write it.
fn interpreter(script: &Path, path: &OsStr) -> Option<PathBuf> {
    let head = head(script).ok()?;
    let mut lines = head.lines();
    let first = lines.next()?.strip_prefix("#!")?.trim();
    let named = match first.split_once(' ') {
        // A path that is too long for the system stands in a second line, which is shell and Python at once.
        None if first == "/bin/sh" => lines.next()?.strip_prefix("'''exec' ")?.split(' ').next()?,
        None => first,
        Some(("/usr/bin/env", name)) if !name.contains(['/', ' ']) => {
            return search(name, path).find(|file| file.is_file());
        }
        Some(_) => return None,
    };
    let python = Path::new(named.trim_matches('"'));
    let is_python = python.file_name()?.as_bytes().starts_with(b"python");
    (is_python && python.is_absolute()).then(|| python.to_owned())
}

fn head(script: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(script)?.take(HEAD).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use aileron_crd::ExecutionId;

    use super::super::super::folder::Folder;
    use super::super::super::limits::{Groups, Limits};
    use super::super::super::process::Confinement;
    use super::*;

    /// The interpreter for a command with these variables, when each command is a script that begins so.
    fn chosen(script: &str, command: &str, variables: &[(&str, &str)]) -> Option<String> {
        let bin = tempfile::tempdir().unwrap();
        for name in COMMANDS {
            fs::write(bin.path().join(name), script).unwrap();
        }
        let variable = |(name, value): &(&str, &str)| ((*name).into(), (*value).into());
        let mut environment: Vec<_> = variables.iter().map(variable).collect();
        environment.push(("PATH".into(), bin.path().into()));
        let launch = Launch {
            folder: Folder::of(bin.path(), &ExecutionId::default(), "n0", 0),
            tmp: bin.path().into(),
            arguments: command.split(' ').map(str::to_owned).collect(),
            environment,
            confinement: Confinement {
                limits: Limits::default(),
                group: Groups::default().of("", &Limits::default()),
                data: None,
                in_image: None,
            },
        };
        Key::of(&launch).map(|key| key.interpreter.to_string_lossy().into_owned())
    }

    #[test]
    fn the_interpreter_is_the_one_that_the_script_names() {
        let plain = "#!/venv/bin/python3.11\nimport flytekit";
        for command in
            ["pyflyte-execute --inputs i", "pyflyte-fast-execute --dest-dir . -- pyflyte-map-execute"]
        {
            assert_eq!(chosen(plain, command, &[]).unwrap(), "/venv/bin/python3.11");
        }
        let long = "#!/bin/sh\n'''exec' /long/bin/python \"$0\" \"$@\"\n' '''\nimport flytekit";
        assert_eq!(chosen(long, "pyflyte-execute", &[]).unwrap(), "/long/bin/python");
    }

    #[test]
    fn what_is_no_command_of_flytekits_has_no_worker() {
        let plain = "#!/venv/bin/python\n";
        for command in ["python main.py", "/bin/sh -c true", "pyflyte-fast-execute -- python main.py"] {
            assert_eq!(chosen(plain, command, &[]), None, "{command}");
        }
        for script in ["#!/bin/bash\n", "#!/venv/bin/python -E\n", "\u{7f}ELF", ""] {
            assert_eq!(chosen(script, "pyflyte-execute", &[]), None, "{script}");
        }
    }

    #[test]
    fn a_task_may_refuse() {
        let plain = "#!/venv/bin/python\n";
        assert_eq!(chosen(plain, "pyflyte-execute", &[("AILERON_WARM", "False")]), None);
        assert!(chosen(plain, "pyflyte-execute", &[("AILERON_WARM", "true")]).is_some());
        assert!(chosen(plain, "pyflyte-execute", &[("PYTHONPATH", "/root")]).is_some());
        assert_eq!(chosen(plain, "pyflyte-execute", &[("PYTHONPATH", "/root:src")]), None);
    }
}
