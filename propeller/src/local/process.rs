//! An attempt's process: started, awaited, ended.
//!
//! The command runs under a shell that first claims the attempt by making the file `pid`, which fails
//! if it is there: whoever starts an attempt a second time, even after a crash between start and note,
//! starts nothing. The shell writes the exit code to `exit` and then ends its whole process group, so
//! nothing that the task left in the background outlives it, as in a container.
//!
//! A task of flytekit's may be forked by a warm worker instead, which makes and writes the same files: see
//! [`super::warm`].
//!
//! The end of a process is seen through a pidfd, which works for children and for processes that an
//! earlier driver started alike. It takes Linux 5.3 or later.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use aileron_engine::Timestamp;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::folder::{Folder, Trace};
use super::images::InImage;
use super::limits::{Group, Limits};
use crate::clock;

/// `$0` is the attempt's folder, the arguments are the command. TERM is caught so that the exit code
/// is still written; the command itself gets it with its default meaning.
const CLAIM: &str = r#"
set -C
{ echo $$ > "$0/pid"; } 2>/dev/null || exit 125
set +C
"#;
const RUN: &str = r#"
trap : HUP INT TERM
"$@"
code=$?
echo $code > "$0/exit" || exit $code
kill -KILL 0
"#;
/// The shell's own code when it could not claim the attempt.
const NOT_CLAIMED: i32 = 125;

/// How often a worker is given another millisecond to note an end.
const WORKER_PATIENCE: u32 = 5_000;

/// What to run, and where.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    pub(super) folder: Folder,
    /// For its temporary files. Its path is short, as sockets are made below it.
    pub(super) tmp: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) confinement: Confinement,
}

/// What holds an attempt to its limits.
#[derive(Clone, Debug)]
pub(super) struct Confinement {
    pub(super) limits: Limits,
    pub(super) group: Group,
    /// Most memory of one process in bytes, where no group sees to the memory of all.
    pub(super) data: Option<u64>,
    /// The container, when the process is the client of an engine, which sees to the limits then.
    pub(super) in_image: Option<InImage>,
}

/// A process that claimed its attempt, or is about to.
#[derive(Debug)]
pub(super) struct Process {
    folder: Folder,
    pid: Pid,
    /// Absent when an earlier driver started it.
    child: Option<Child>,
    pidfd: AsyncFd<OwnedFd>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With this exit code; 128 and the number of a signal that ended it.
    Exited { code: i32, at: Timestamp },
    /// Another process has the attempt.
    NotClaimed,
    /// Without a trace, or because the driver stopped.
    Lost,
}

impl Launch {
    /// Makes everything that the process finds.
    pub(super) fn prepare(&self) -> io::Result<()> {
        self.folder.make()?;
        std::fs::create_dir_all(&self.tmp)?;
        self.confinement.group.make(&self.confinement.limits)
    }

    /// Starts the process in its folder, which is made. Blocks for about a millisecond.
    pub(super) fn spawn(self) -> io::Result<Child> {
        self.prepare()?;
        let Launch { folder, tmp, arguments, environment, confinement } = self;
        let log = File::options().create(true).append(true).open(folder.log())?;
        Command::new("/bin/sh")
            .args(["-c", &[CLAIM, &confinement.script(), RUN].concat()])
            .arg(folder.path())
            .args(arguments)
            .env_clear()
            .env("TMPDIR", tmp)
            .envs(environment)
            .current_dir(folder.work())
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log)
            .process_group(0)
            .spawn()
    }
}

impl Confinement {
    /// What a shell does to confine itself.
    fn script(&self) -> String {
        let quoted = |path: &Path| path.to_string_lossy().replace('\'', r"'\''");
        let join = |members: PathBuf| format!("echo $$ > '{}' || exit 126\n", quoted(&members));
        // The shell counts in KiB.
        let limit = self.data.map(|data| format!("ulimit -d {} || exit 126\n", data.div_ceil(1024)));
        self.group.members().into_iter().map(join).chain(limit).collect()
    }
}

impl Process {
    /// A process that this driver started. One that cannot be watched is ended.
    pub(super) fn started(folder: Folder, child: Child) -> io::Result<Process> {
        let pid = Pid::from_child(&child);
        Process::watched(folder, pid, Some(child)).inspect_err(|_| {
            let _gone_already = kill_process_group(pid, Signal::KILL);
        })
    }

    /// A process that an earlier driver started. It is looked at again once its end can no longer be
    /// missed: it may have ended before, and its number may be another process's by now.
    pub(super) fn adopted(folder: Folder, pid: Pid) -> io::Result<Process> {
        let process = Process::watched(folder, pid, None)?;
        if process.folder.is_claimed_by(pid)? {
            return Ok(process);
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "the task's process has just ended"))
    }

    #[expect(
        deprecated,
        reason = "its successor is `unsafe`, for descriptors that are not owned; this one is"
    )]
    fn watched(folder: Folder, pid: Pid, child: Option<Child>) -> io::Result<Process> {
        let pidfd = pidfd_open(pid, PidfdFlags::NONBLOCK)?;
        Ok(Process { folder, pid, child, pidfd: AsyncFd::with_interest(pidfd, Interest::READABLE)? })
    }

    /// Waits for the end.
    pub(super) async fn ended(&mut self) -> io::Result<End> {
        self.gone().await?;
        // What is left of the group dies with its leader; until it is reaped, its number is not reused.
        let status = match self.child.as_mut() {
            Some(child) => {
                let _none_left = kill_process_group(self.pid, Signal::KILL);
                Some(child.wait()?)
            }
            None => None,
        };
        let trace = settled(&self.folder).await?;
        let folder = self.folder.clone();
        tokio::task::spawn_blocking(move || end(&folder, trace, status)).await.map_err(io::Error::other)?
    }

    /// The end that the process has noted itself, if it has: it does no more then, but may take a moment to be gone.
    pub(super) async fn noted(&self) -> io::Result<Option<End>> {
        let folder = self.folder.clone();
        let look = move || match folder.trace()? {
            trace @ Trace::Ended { .. } => end(&folder, trace, None).map(Some),
            _ => Ok(None),
        };
        tokio::task::spawn_blocking(look).await.map_err(io::Error::other)?
    }

    /// Waits until the process is gone, without reading what it left.
    pub(super) async fn gone(&self) -> io::Result<()> {
        self.pidfd.readable().await.map(|mut ready| ready.retain_ready())
    }

    /// Asks the whole group to end, and kills it after the grace.
    pub(super) async fn terminate(&mut self, grace: Duration) -> io::Result<End> {
        self.signal(Signal::TERM);
        if tokio::time::timeout(grace, self.gone()).await.is_err() {
            self.signal(Signal::KILL);
        }
        self.ended().await
    }

    /// The group may be gone already; that is what the signal is for.
    fn signal(&self, signal: Signal) {
        if let Err(error) = kill_process_group(self.pid, signal) {
            tracing::debug!(pid = self.pid.as_raw_nonzero(), %error, "no process group to signal");
        }
    }
}

/// Whether an error says that there is no such process, which has ended then.
pub(super) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

/// The trace of an attempt once nobody is about to change it. A worker notes an end within a millisecond or
/// two; one that does not is stuck.
pub(super) async fn settled(folder: &Folder) -> io::Result<Trace> {
    for _ in 0..WORKER_PATIENCE {
        let look = folder.clone();
        match tokio::task::spawn_blocking(move || look.trace()).await.map_err(io::Error::other)?? {
            Trace::Ending => tokio::time::sleep(Duration::from_millis(1)).await,
            trace => return Ok(trace),
        }
    }
    Ok(Trace::Vanished)
}

fn end(folder: &Folder, trace: Trace, status: Option<ExitStatus>) -> io::Result<End> {
    match (trace, status) {
        (Trace::Ended { code, at, .. }, _) => Ok(End::Exited { code, at: clock::timestamp(at) }),
        (Trace::Stopped, _) => Ok(End::Lost),
        (Trace::Running { .. } | Trace::Ending | Trace::Unclaimed, _) => Ok(End::NotClaimed),
        (Trace::Vanished, Some(status)) if status.code() == Some(NOT_CLAIMED) => Ok(End::Lost),
        (Trace::Vanished, Some(status)) => Ok(End::Exited { code: code(status), at: clock::now() }),
        (Trace::Vanished, None) => {
            kill_orphans(folder)?;
            Ok(End::Lost)
        }
    }
}

/// The code as a shell gives it.
fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// Ends what works on in an attempt's folder after the process that claimed it is gone.
pub(super) fn kill_orphans(folder: &Folder) -> io::Result<()> {
    for pid in folder.orphans()? {
        let _gone_already = kill_process(pid, Signal::KILL);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aileron_crd::ExecutionId;

    use super::super::limits::Groups;
    use super::*;

    fn folder(root: &tempfile::TempDir) -> Folder {
        let execution = ExecutionId { project: "p".into(), domain: "d".into(), name: "e".into() };
        Folder::of(root.path(), &execution, "n0", 0)
    }

    fn start(folder: &Folder, script: &str) -> Process {
        let arguments = ["/bin/sh", "-c", script].map(str::to_owned).into();
        let environment = vec![("PATH".into(), "/usr/bin:/bin".into())];
        let confinement = Confinement {
            limits: Limits::default(),
            group: Groups::default().of("", &Limits::default()),
            data: None,
            in_image: None,
        };
        let tmp = folder.path().join("tmp");
        let launch = Launch { folder: folder.clone(), tmp, arguments, environment, confinement };
        Process::started(folder.clone(), launch.spawn().unwrap()).unwrap()
    }

    fn code(end: End) -> i32 {
        match end {
            End::Exited { code, .. } => code,
            other => panic!("{other:?}"),
        }
    }

    async fn wait_for(file: &std::path::Path) -> String {
        loop {
            match std::fs::read_to_string(file) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => tokio::task::yield_now().await,
            }
        }
    }

    #[tokio::test]
    async fn output_and_exit_code_are_kept() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root);
        let end = start(&folder, "echo out; echo err >&2; exit 3").ended().await.unwrap();
        assert_eq!(code(end), 3);
        assert_eq!(std::fs::read_to_string(folder.log()).unwrap(), "out\nerr\n");
    }

    #[tokio::test]
    async fn an_attempt_runs_once_however_often_it_is_started() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root);
        let script = "echo ran >> ../ran; until [ -e ../go ]; do sleep 0.01; done";
        let mut first = start(&folder, script);
        wait_for(&folder.path().join("ran")).await;
        assert_eq!(start(&folder, script).ended().await.unwrap(), End::NotClaimed);
        std::fs::write(folder.path().join("go"), "").unwrap();
        assert_eq!(code(first.ended().await.unwrap()), 0);
        assert_eq!(std::fs::read_to_string(folder.path().join("ran")).unwrap(), "ran\n");
    }

    #[tokio::test]
    async fn a_kill_has_the_code_that_a_shell_gives_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root);
        let end = start(&folder, "kill -KILL $$").ended().await.unwrap();
        assert_eq!(code(end), 137);
    }

    #[tokio::test]
    async fn the_whole_group_ends_even_if_it_does_not_want_to() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root);
        let script =
            "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > ../inner; sleep 600' & sleep 600 & wait; wait";
        let mut process = start(&folder, script);
        let inner = wait_for(&folder.path().join("inner")).await;
        let end = process.terminate(Duration::from_millis(50)).await.unwrap();
        assert_eq!(code(end), 137);
        let inner = Pid::from_raw(inner.parse().unwrap()).unwrap();
        while is_alive(inner) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_task_may_end_itself_when_asked_to() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root);
        let script = "trap 'echo bye > ../bye; exit 4' TERM; echo up > ../up; while :; do sleep 0.01; done";
        let mut process = start(&folder, script);
        wait_for(&folder.path().join("up")).await;
        assert_eq!(code(process.terminate(Duration::from_secs(60)).await.unwrap()), 4);
        assert!(folder.path().join("bye").exists());
    }

    #[tokio::test]
    async fn nothing_in_the_background_outlives_its_task() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&root);
        let mut process = start(&folder, "sleep 600 & echo $! > ../background");
        assert_eq!(code(process.ended().await.unwrap()), 0);
        let background = wait_for(&folder.path().join("background")).await;
        let background = Pid::from_raw(background.parse().unwrap()).unwrap();
        while is_alive(background) {
            tokio::task::yield_now().await;
        }
    }

    /// A zombie that nobody reaps is dead for our purpose.
    fn is_alive(pid: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        stat.is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
    }
}
