//! An attempt's folder, and what its files say about the attempt.
//!
//! ```text
//! attempts/PROJECT-DOMAIN-EXECUTION/NODE/ATTEMPT/
//!   pid        who claimed the attempt: made once, never overwritten. A process that was forked for it
//!              is named with the time when it began, and with the worker that will note its end
//!   exit       its exit code, written when it ended
//!   stopped    made before the driver ends it to stop itself: nobody's fault
//!   task.log   stdout and stderr together
//!   work/      its working directory, removed after success
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aileron_crd::ExecutionId;
use rustix::process::Pid;

/// The folder of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder(PathBuf);

/// What the files of a folder say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trace {
    /// Nobody has claimed the attempt.
    Unclaimed,
    /// This process has, and lives. It leads a process group of its own.
    Running { pid: Pid, since: SystemTime },
    /// It ended with this code.
    Ended { code: i32, since: SystemTime, at: SystemTime },
    /// Its process is gone, and the worker that it came from is about to note how it ended.
    Ending,
    /// It was claimed, nobody lives, and there is no exit code.
    Vanished,
    /// The driver ended it in order to stop.
    Stopped,
}

impl Folder {
    /// The folder of an attempt below `attempts`.
    pub(super) fn of(attempts: &Path, execution: &ExecutionId, node: &str, attempt: u32) -> Folder {
        let ExecutionId { project, domain, name } = execution;
        let run = escape(&format!("{project}-{domain}-{name}"));
        Folder(attempts.join(run).join(escape(node)).join(attempt.to_string()))
    }

    /// The folder that lies there.
    pub(super) const fn at(path: PathBuf) -> Folder {
        Folder(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.0.join("task.log")
    }

    /// Makes the folder and the working directory in it.
    pub(super) fn make(&self) -> io::Result<()> {
        fs::create_dir_all(self.work())
    }

    /// Notes that the driver ends the attempt only to stop itself.
    pub(super) fn mark_stopped(&self) -> io::Result<()> {
        fs::write(self.0.join("stopped"), "")
    }

    /// What is known of the attempt. An end in good order counts even if the driver wanted to stop.
    pub(super) fn trace(&self) -> io::Result<Trace> {
        let Some(since) = modified(&self.0.join("pid"))? else { return Ok(Trace::Unclaimed) };
        if let Some(ended) = self.ended(since)? {
            return Ok(ended);
        }
        let claim = self.claim()?;
        if let Some(pid) = self.claimant(&claim)? {
            return Ok(Trace::Running { pid, since });
        }
        let noted = claim.worker.is_some_and(Born::lives);
        // It may have ended between the two looks.
        Ok(self.ended(since)?.unwrap_or(if noted {
            Trace::Ending
        } else if self.0.join("stopped").exists() {
            Trace::Stopped
        } else {
            Trace::Vanished
        }))
    }

    fn ended(&self, since: SystemTime) -> io::Result<Option<Trace>> {
        let file = self.0.join("exit");
        let code = read(&file)?.and_then(|text| text.trim().parse().ok());
        let (Some(code), Some(at)) = (code, modified(&file)?) else { return Ok(None) };
        if code != 0 && self.0.join("stopped").exists() {
            return Ok(Some(Trace::Stopped));
        }
        Ok(Some(Trace::Ended { code, since, at }))
    }

    /// The living process that claimed the attempt. A claim without a number is one that was cut short, or
    /// is this moment being written: then every process is looked at.
    fn claimant(&self, claim: &Claim) -> io::Result<Option<Pid>> {
        match claim.process {
            Some(process) => Ok(self.is_run_by(process).then_some(process.pid)),
            None => Ok(processes()?.into_iter().find(|pid| self.is_named_by(*pid))),
        }
    }

    /// Whether a process still runs the attempt: its number may be another's by now.
    pub(super) fn is_claimed_by(&self, pid: Pid) -> io::Result<bool> {
        let process = self.claim()?.process.unwrap_or(Born { pid, began: None });
        Ok(process.pid == pid && self.is_run_by(process))
    }

    fn is_run_by(&self, process: Born) -> bool {
        if process.began.is_some() { process.lives() } else { self.is_named_by(process.pid) }
    }

    fn claim(&self) -> io::Result<Claim> {
        Ok(Claim::of(&read(&self.0.join("pid"))?.unwrap_or_default()))
    }

    /// Whether this folder is an argument of the process, which is an attempt of it then.
    fn is_named_by(&self, pid: Pid) -> bool {
        let Ok(line) = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())) else { return false };
        line.split(|byte| *byte == 0).any(|argument| argument == self.0.as_os_str().as_encoded_bytes())
    }

    /// What is left of the group of the process that claimed the attempt, once that is gone. To be in
    /// the group is not enough, as its number may be in use again: it must work in this folder too.
    pub(super) fn orphans(&self) -> io::Result<Vec<Pid>> {
        let Some(Born { pid: leader, .. }) = self.claim()?.process else { return Ok(Vec::new()) };
        let works_here = |pid: &Pid| {
            let cwd = fs::read_link(format!("/proc/{}/cwd", pid.as_raw_nonzero()));
            cwd.is_ok_and(|cwd| cwd.starts_with(&self.0)) && group(*pid) == Some(leader)
        };
        Ok(processes()?.into_iter().filter(works_here).collect())
    }
}

/// Who claimed an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    process: Option<Born>,
    /// The process that it was forked from.
    worker: Option<Born>,
}

/// A process, and when it began, in ticks since the machine did: no two processes have both in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Born {
    pid: Pid,
    began: Option<u64>,
}

impl Claim {
    /// A line for the process, one for its worker if it has one: a number, and the time.
    fn of(text: &str) -> Claim {
        let born = |line: &str| {
            let mut words = line.split(' ');
            let pid = words.next()?.trim().parse().ok().and_then(Pid::from_raw)?;
            Some(Born { pid, began: words.next().and_then(|ticks| ticks.trim().parse().ok()) })
        };
        let mut lines = text.lines().map(born);
        Claim { process: lines.next().flatten(), worker: lines.next().flatten() }
    }
}

impl Born {
    /// Whether it is there and no zombie.
    fn lives(self) -> bool {
        let Some(fields) = stat(self.pid) else { return false };
        let began = fields.get(19).and_then(|ticks| ticks.parse().ok());
        fields.first().is_some_and(|state| state != "Z" && state != "X") && began == self.began
    }
}

fn group(pid: Pid) -> Option<Pid> {
    Pid::from_raw(stat(pid)?.get(2)?.parse().ok()?)
}

/// What the system tells of a process, behind its name, which may hold anything: state, parent, group and
/// so on.
fn stat(pid: Pid) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

fn processes() -> io::Result<Vec<Pid>> {
    let entries = fs::read_dir("/proc")?.filter_map(Result::ok);
    Ok(entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)).collect())
}

fn read(file: &Path) -> io::Result<Option<String>> {
    optional(fs::read_to_string(file))
}

fn modified(file: &Path) -> io::Result<Option<SystemTime>> {
    optional(fs::metadata(file).and_then(|metadata| metadata.modified()))
}

fn optional<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The name as one file name: whatever is not a letter, a digit, `-`, `_` or an inner `.` is
/// percent-encoded, so no name leaves its folder.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (place, byte) in name.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => escaped.push(char::from(byte)),
            b'.' if place > 0 => escaped.push('.'),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(node: &str) -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        let execution = ExecutionId { project: "p".into(), domain: "d".into(), name: "e".into() };
        let folder = Folder::of(root.path(), &execution, node, 0);
        folder.make().unwrap();
        (root, folder)
    }

    #[test]
    fn no_name_leaves_the_attempts() {
        for node in ["..", ".", "a/../../b", "/etc", "a\0b", ""] {
            let execution = ExecutionId { project: "../..".into(), domain: "d".into(), name: "e".into() };
            let folder = Folder::of(Path::new("/attempts"), &execution, node, 0);
            let parts: Vec<_> = folder.path().components().collect();
            assert!(folder.path().starts_with("/attempts/%2E.%2F..-d-e"), "{folder:?}");
            assert!(parts.len() >= 4 && !parts.iter().any(|part| part.as_os_str() == ".."), "{folder:?}");
        }
    }

    #[test]
    fn the_files_tell_how_far_the_attempt_is() {
        let (_root, folder) = folder("n0");
        assert_eq!(folder.trace().unwrap(), Trace::Unclaimed);
        // A number that is some process, but not one of this folder.
        fs::write(folder.path().join("pid"), "1\n").unwrap();
        assert_eq!(folder.trace().unwrap(), Trace::Vanished);
        fs::write(folder.path().join("exit"), "").unwrap();
        assert_eq!(folder.trace().unwrap(), Trace::Vanished);
        fs::write(folder.path().join("exit"), "143\n").unwrap();
        assert!(matches!(folder.trace().unwrap(), Trace::Ended { code: 143, .. }));
        folder.mark_stopped().unwrap();
        assert_eq!(folder.trace().unwrap(), Trace::Stopped);
        fs::write(folder.path().join("exit"), "0\n").unwrap();
        assert!(matches!(folder.trace().unwrap(), Trace::Ended { code: 0, .. }));
    }

    #[test]
    fn a_number_that_is_used_again_is_not_taken_for_the_process_that_had_it() {
        let (_root, folder) = folder("n0");
        let own = rustix::process::getpid();
        let began = stat(own).unwrap()[19].clone();
        let claim = |text: String| fs::write(folder.path().join("pid"), text).unwrap();
        let (own, later) = (own.as_raw_nonzero(), began.parse::<u64>().unwrap() + 1);
        claim(format!("{own} {began}\n1 0\n"));
        assert!(matches!(folder.trace().unwrap(), Trace::Running { .. }));
        claim(format!("{own} {later}\n1 0\n"));
        assert_eq!(folder.trace().unwrap(), Trace::Vanished);
        claim(format!("{own} {later}\n{own} {began}\n"));
        assert_eq!(folder.trace().unwrap(), Trace::Ending);
    }
}
