//! The first process in there: it builds what the command sees, gives up its rights, starts the command, and buries
//! what the command leaves. With its end everything in there ends.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use rustix::process::{Pid, Signal, WaitOptions, set_parent_process_death_signal, wait};

use crate::outside::code;
use crate::{Apart, IsolationError, calls, files, network, rights, view};

/// Runs the command, as the first process of the namespaces that [`run`](crate::run) made. The exit code is the
/// command's.
///
/// # Errors
/// When the command could not be kept apart, or not be started.
pub fn run_inside(apart: &Apart, command: &[OsString]) -> Result<u8, IsolationError> {
    let gone_with_parent = set_parent_process_death_signal(Some(Signal::KILL));
    gone_with_parent.map_err(|error| IsolationError::Wait(error.into()))?;
    let [program, arguments @ ..] = command else { return Err(IsolationError::Words("--".into())) };
    let work = std::env::current_dir().map_err(|error| IsolationError::view("find", ".", error))?;
    view::build(apart, &work)?;
    if !apart.network {
        network::set_up_loopback().map_err(IsolationError::Loopback)?;
    }
    rights::give_up()?;
    files::restrict(apart)?;
    calls::restrict()?;
    let child = Command::new(program).args(arguments).spawn();
    let child = child.map_err(|source| IsolationError::Start { program: PathBuf::from(program), source })?;
    wait_for(Pid::from_child(&child))
}

/// What the command leaves behind becomes this process's children.
fn wait_for(command: Pid) -> Result<u8, IsolationError> {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == command => {
                return Ok(code(ExitStatus::from_raw(status.as_raw())));
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(IsolationError::Wait(error.into())),
        }
    }
}
