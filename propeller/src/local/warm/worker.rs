//! One warm worker: its process, and the socket to it.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex as AsyncMutex, oneshot};

use super::super::process::Launch;
use super::fit::Key;
use super::message::{self, Said};

/// The worker's program, and what is beside it.
const ZYGOTE: &str = "zygote.py";
const SCRIPTS: [(&str, &str); 2] =
    [(ZYGOTE, include_str!("zygote.py")), ("rehearsal.py", include_str!("rehearsal.py"))];
/// Longer than an interpreter takes to import flytekit on a busy machine.
const IMPORT_LIMIT: Duration = Duration::from_secs(60);

/// Why a worker takes no attempts.
#[derive(Debug, thiserror::Error)]
pub(super) enum WorkerError {
    #[error("failed to start a warm worker")]
    Start(#[from] io::Error),
    #[error("flytekit does not import in a warm worker: {0}")]
    Unfit(String),
    #[error("a warm worker ended before it was ready; its folder `{0}` has its log")]
    Ended(PathBuf),
    #[error("a warm worker was not ready after {} s", IMPORT_LIMIT.as_secs())]
    TooSlow,
}

/// A worker that takes attempts. Dropping it closes the socket; it ends when its attempts have.
#[derive(Debug)]
pub(super) struct Worker {
    writer: AsyncMutex<OwnedWriteHalf>,
    next: AtomicU64,
    waiting: Arc<Waiting>,
    imported: Vec<(PathBuf, Option<SystemTime>)>,
}

/// Comes when an attempt is over, which is before its process is gone; an error when the worker is gone first.
pub(in crate::local) type Over = oneshot::Receiver<()>;

/// Who waits for which answer; nobody can once the worker is gone.
#[derive(Debug, Default)]
struct Waiting(Mutex<Option<Attempts>>);

#[derive(Debug, Default)]
struct Attempts {
    told: HashMap<u64, oneshot::Sender<Option<Over>>>,
    started: HashMap<u64, oneshot::Sender<()>>,
}

impl Worker {
    /// Starts the interpreter in a folder of its own, and waits until it has imported flytekit.
    pub(super) async fn start(key: &Key, folder: &Path, spares: usize) -> Result<Worker, WorkerError> {
        let (ours, child) = spawn(key, folder, spares)?;
        let (reader, writer) = ours.into_split();
        let mut lines = BufReader::new(reader).lines();
        let said = tokio::time::timeout(IMPORT_LIMIT, lines.next_line()).await;
        let said = said.map_err(|_| WorkerError::TooSlow)??.as_deref().and_then(Said::parse);
        let imported = match said {
            Some(Said::Ready(folders)) => folders.into_iter().map(PathBuf::from).map(stamped).collect(),
            Some(Said::Unfit(reason)) => return Err(WorkerError::Unfit(reason)),
            _ => return Err(WorkerError::Ended(folder.to_owned())),
        };
        let waiting = Arc::new(Waiting(Mutex::new(Some(Attempts::default()))));
        tokio::spawn(listen(lines, waiting.clone(), child));
        Ok(Worker { writer: AsyncMutex::new(writer), next: AtomicU64::new(0), waiting, imported })
    }

    /// Gives it an attempt, whose folder is there. Nothing when it did not start it, or may not have.
    pub(super) async fn run(&self, launch: &Launch) -> Option<Over> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.waiting.lock().as_mut()?.told.insert(number, answer);
        self.writer.lock().await.write_all(&message::encode(number, launch)).await.ok()?;
        answered.await.ok()?
    }

    /// Whether it lives, and would import now what it has imported.
    pub(super) fn is_good(&self) -> bool {
        let same = |(folder, then): &(PathBuf, Option<SystemTime>)| changed(folder) == *then;
        self.waiting.lock().is_some() && self.imported.iter().all(same)
    }
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Option<Attempts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self, number: u64) {
        if let Some(attempts) = self.lock().as_mut() {
            let (ends, over) = oneshot::channel();
            attempts.started.insert(number, ends);
            attempts.answer(number, Some(over));
        }
    }

    fn failed(&self, number: u64) {
        if let Some(attempts) = self.lock().as_mut() {
            attempts.answer(number, None);
        }
    }

    fn over(&self, number: u64) {
        let waiter = self.lock().as_mut().and_then(|attempts| attempts.started.remove(&number));
        if let Some(waiter) = waiter {
            let _nobody_waits = waiter.send(());
        }
    }
}

impl Attempts {
    fn answer(&mut self, number: u64, over: Option<Over>) {
        if let Some(waiter) = self.told.remove(&number) {
            let _nobody_waits = waiter.send(over);
        }
    }
}

/// The process has a group of its own: signals that are meant for the server are not meant for it.
fn spawn(key: &Key, folder: &Path, spares: usize) -> io::Result<(UnixStream, Child)> {
    let tmp = folder.join("tmp");
    std::fs::create_dir_all(&tmp)?;
    for (name, text) in SCRIPTS {
        std::fs::write(folder.join(name), text)?;
    }
    let log = std::fs::File::create(folder.join("worker.log"))?;
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let child = Command::new(&key.interpreter)
        .arg(folder.join(ZYGOTE))
        .arg(spares.to_string())
        .env_clear()
        .envs(key.environment.iter().cloned())
        .env("TMPDIR", tmp)
        .current_dir(folder)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0)
        .spawn()?;
    Ok((UnixStream::from_std(ours)?, child))
}

/// Passes answers on as long as the worker lives, and sees to its end.
async fn listen(mut lines: Lines<BufReader<OwnedReadHalf>>, waiting: Arc<Waiting>, mut child: Child) {
    while let Ok(Some(line)) = lines.next_line().await {
        match Said::parse(&line) {
            Some(Said::Started(number)) => waiting.started(number),
            Some(Said::Over(number)) => waiting.over(number),
            Some(Said::Failed(number, reason)) => {
                tracing::debug!(reason, "a warm worker did not start an attempt");
                waiting.failed(number);
            }
            _ => tracing::warn!(line, "a warm worker says what nobody understands"),
        }
    }
    // Whoever waits sees that the answer does not come.
    *waiting.lock() = None;
    match child.wait().await {
        Ok(status) if status.success() => {}
        Ok(status) => tracing::warn!(%status, "a warm worker died; the next task has a new one"),
        Err(error) => tracing::warn!(%error, "the end of a warm worker was not seen"),
    }
}

fn stamped(folder: PathBuf) -> (PathBuf, Option<SystemTime>) {
    let time = changed(&folder);
    (folder, time)
}

/// When something was last added to a folder or removed from it.
fn changed(folder: &Path) -> Option<SystemTime> {
    std::fs::metadata(folder).and_then(|found| found.modified()).ok()
}
