//! The process that makes the namespaces, and stays outside of some: it is told to end as any command would be, and
//! waits for what is inside.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Signal, getgid, getuid, set_parent_process_death_signal};
use rustix::thread::UnshareFlags;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::{Apart, IsolationError, rights};

/// Keeps this process apart, and runs the program with these words and `--`, the command, in there: the program has to
/// call [`run_inside`](crate::run_inside) then. The exit code is the command's.
///
/// The process must have one thread.
///
/// # Errors
/// When the command could not be kept apart, or not be started.
pub fn run(apart: &Apart, again: (&Path, &[OsString]), command: &[OsString]) -> Result<u8, IsolationError> {
    stay().map_err(IsolationError::Wait)?;
    unshare(apart)?;
    let (program, words) = again;
    let mut inside = Command::new(program);
    inside.args(words).args(apart.words()).arg("--").args(command);
    let status = inside.status();
    let status = status.map_err(|source| IsolationError::Start { program: program.to_owned(), source })?;
    Ok(code(status))
}

/// The command gets the signals too, as it is of the same group, and may take its time to end; whoever waits for this
/// process waits for that. It is gone with who started it, however that ends.
fn stay() -> std::io::Result<()> {
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Its user keeps the number, so that the files it makes are the caller's.
fn unshare(apart: &Apart) -> Result<(), IsolationError> {
    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    let mut spaces =
        UnshareFlags::NEWUSER | UnshareFlags::NEWNS | UnshareFlags::NEWPID | UnshareFlags::NEWIPC;
    if !apart.network {
        spaces |= UnshareFlags::NEWNET;
    }
    #[expect(deprecated, reason = "its successor is `unsafe` for a flag that is not among these")]
    rustix::thread::unshare(spaces).map_err(|error| IsolationError::Namespaces(error.into()))?;
    let map = |file, text: String| std::fs::write(file, text).map_err(IsolationError::Namespaces);
    map("/proc/self/setgroups", "deny".to_owned())?;
    map("/proc/self/uid_map", format!("{user} {user} 1"))?;
    map("/proc/self/gid_map", format!("{group} {group} 1"))?;
    rights::hand_on()
}

/// The code as a shell gives it.
pub(crate) fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
