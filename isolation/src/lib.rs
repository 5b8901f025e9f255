//! A command that is kept apart from the machine it runs on: it sees files as they are but can change only what is
//! its own, does not see other processes or the server's folder, and has a network only if it is to.
//!
//! A process cannot be put into namespaces from outside, so this program runs itself twice: [`run`] makes the
//! namespaces and waits, and within them [`run_inside`] is the first process, which builds what the command sees,
//! gives up every right to undo that, and runs the command.
//!
//! Three walls, each of which holds without the others: namespaces, which must be had; Landlock, for files; a filter
//! of system calls. A kernel that lacks one of the latter two is told by [`Lacks`].
//!
//! What this crate deliberately does not do: say what a task may see, which the driver knows; limit memory or
//! processors, which control groups do; hold against a flaw of the kernel, for which there are virtual machines.
//!
//! Start reading at [`Apart`], then [`run`].

mod calls;
mod error;
mod files;
mod inside;
mod mounts;
mod network;
mod outside;
mod rights;
mod view;

use std::ffi::OsString;
use std::path::PathBuf;

pub use error::IsolationError;
pub use inside::run_inside;
pub use outside::run;

/// The exit code of a command that could not be kept apart, and was not run.
pub const NOT_APART: u8 = 126;

/// From what a command is kept apart. All paths are absolute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    /// Folders, and files, of which it sees nothing. What is not there is passed over.
    pub hidden: Vec<PathBuf>,
    /// What it sees even so, to read. What is not there is passed over.
    pub shown: Vec<PathBuf>,
    /// What it may change. They must be there.
    pub writable: Vec<PathBuf>,
    /// What it finds at `/tmp`: one of those that it may change.
    pub tmp: PathBuf,
    /// Whether it has the machine's network; without, nothing but a loopback of its own.
    pub network: bool,
}

/// What the kernel lacks of what would stand behind the namespaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lacks {
    /// It has no Landlock.
    pub landlock: bool,
    /// It has no filters of system calls, or none for this processor.
    pub seccomp: bool,
}

impl Apart {
    /// The words that say this on a command line; see [`Apart::of_words`].
    pub fn words(&self) -> Vec<OsString> {
        let paths = [("--hide", &self.hidden), ("--show", &self.shown), ("--write", &self.writable)];
        let paths = paths.into_iter().flat_map(|(flag, paths)| paths.iter().map(move |path| (flag, path)));
        let words = paths.chain([("--tmp", &self.tmp)]);
        let words = words.flat_map(|(flag, path)| [OsString::from(flag), path.clone().into_os_string()]);
        words.chain((!self.network).then(|| "--no-network".into())).collect()
    }

    /// Reads what [`Apart::words`] wrote, up to `--`; what follows that is the command.
    ///
    /// # Errors
    /// When a word is none of these.
    pub fn of_words(words: Vec<OsString>) -> Result<(Apart, Vec<OsString>), IsolationError> {
        let mut apart = Apart { network: true, ..Apart::default() };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut path = || words.next().map(PathBuf::from).ok_or(IsolationError::Words(word.clone()));
            match word.to_str() {
                Some("--hide") => apart.hidden.push(path()?),
                Some("--show") => apart.shown.push(path()?),
                Some("--write") => apart.writable.push(path()?),
                Some("--tmp") => apart.tmp = path()?,
                Some("--no-network") => apart.network = false,
                Some("--") => return Ok((apart, words.collect())),
                _ => return Err(IsolationError::Words(word)),
            }
        }
        Ok((apart, Vec::new()))
    }
}

impl Lacks {
    /// Nothing, or what in words.
    pub fn told(self) -> Option<&'static str> {
        match (self.landlock, self.seccomp) {
            (false, false) => None,
            (true, false) => Some("Landlock"),
            (false, true) => Some("filters of system calls (seccomp)"),
            (true, true) => Some("Landlock and filters of system calls (seccomp)"),
        }
    }

    /// What this kernel lacks, as far as asking it tells.
    pub fn here() -> Lacks {
        Lacks { landlock: files::is_lacking(), seccomp: calls::is_lacking() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_it_all() {
        let apart = Apart {
            hidden: vec!["/data".into(), "/a b".into()],
            shown: vec!["/data/objects".into()],
            writable: vec!["/data/work".into(), "/data/tmp".into()],
            tmp: "/data/tmp".into(),
            network: false,
        };
        let command = ["--", "sh", "-c", "--hide"].map(OsString::from);
        let words = [apart.words(), command.to_vec()].concat();
        assert_eq!(Apart::of_words(words).unwrap(), (apart, command[1..].to_vec()));
    }

    #[test]
    fn a_wrong_word_is_told() {
        for words in [&["--hid", "/a"][..], &["--hide"], &["sh"]] {
            let words = words.iter().map(OsString::from).collect();
            assert!(Apart::of_words(words).is_err());
        }
    }
}
