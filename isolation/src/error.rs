//! Why a command could not be kept apart.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// Why a command could not be kept apart; it was not run then.
#[derive(Debug, thiserror::Error)]
pub enum IsolationError {
    /// A word of the command line is not known, or lacks its path.
    #[error("`{}` is no word of this, or lacks its path", .0.display())]
    Words(OsString),
    /// The system makes no namespaces for this user.
    #[error(
        "the system makes no namespaces for this user: {0}; let it (`sysctl user.max_user_namespaces`, and on some \
         systems `kernel.unprivileged_userns_clone=1` or `kernel.apparmor_restrict_unprivileged_userns=0`)"
    )]
    Namespaces(io::Error),
    /// A part of what the command sees could not be made.
    #[error("failed to {what} `{}`", .path.display())]
    View {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A right could not be given up.
    #[error("failed to give up {what}: {why}")]
    Rights {
        /// Which.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The loopback could not be set up.
    #[error("failed to set up the loopback: {0}")]
    Loopback(io::Error),
    /// The command, or this program once more, could not be started.
    #[error("failed to start `{}`: {source}", .program.display())]
    Start {
        /// What was to be started.
        program: PathBuf,
        /// Why it was not.
        source: io::Error,
    },
    /// A process that was started cannot be waited for.
    #[error("failed to wait for a process: {0}")]
    Wait(io::Error),
}

impl IsolationError {
    pub(crate) fn view(what: &'static str, path: impl Into<PathBuf>, error: impl Into<io::Error>) -> Self {
        IsolationError::View { what, path: path.into(), source: error.into() }
    }

    pub(crate) fn rights(what: &'static str, why: impl std::fmt::Display) -> Self {
        IsolationError::Rights { what, why: why.to_string() }
    }
}
