//! A power cut: the driver's log may end anywhere behind what it acknowledged, and with it the last rounds of a run are
//! gone. They are decided again, from what the tasks have left.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, Sink, integer, lines_of, until};

const TASKS: usize = 3;
/// Bytes of the header of the log, and of each frame before its page.
const HEAD: usize = 32;
const FRAME: usize = 24;

/// The driver's database and its log, as the driver left them.
struct Files {
    database: PathBuf,
    pages: Vec<u8>,
    log: Vec<u8>,
}

impl Files {
    fn of(machine: &Machine) -> Files {
        let database = machine.file("driver.db");
        let (pages, log) = (std::fs::read(&database).unwrap(), std::fs::read(log_of(&database)).unwrap());
        Files { database, pages, log }
    }

    fn page(&self) -> usize {
        u32::from_be_bytes(self.log[8..12].try_into().unwrap()) as usize
    }

    /// Where the transactions of the log end.
    fn commits(&self) -> Vec<usize> {
        let frame = FRAME + self.page();
        let ends_one = |at: &usize| self.log[at - frame + 4..at - frame + 8] != [0; 4];
        (HEAD + frame..=self.log.len()).step_by(frame).filter(ends_one).collect()
    }

    /// What a cut leaves, with a page behind it of which only the beginning was written.
    fn cut(&self, at: usize) {
        let torn = &self.log[at..self.log.len().min(at + self.page() / 2)];
        std::fs::write(&self.database, &self.pages).unwrap();
        std::fs::write(log_of(&self.database), [&self.log[..at], torn].concat()).unwrap();
        let _made_anew = std::fs::remove_file(beside(&self.database, "-shm"));
    }
}

fn log_of(database: &Path) -> PathBuf {
    beside(database, "-wal")
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn ran(machine: &Machine, task: usize) -> PathBuf {
    machine.file(&format!("ran{task}"))
}

/// A whole run of which no event was delivered, and where its beginning was acknowledged.
fn run_whole(machine: &Arc<Machine>) -> (Files, usize) {
    let go = machine.file("go");
    let scripts: Vec<String> = (0..TASKS)
        .map(|task| {
            let (ran, go) = (ran(machine, task), go.display());
            format!("echo $$ >> {}; until [ -e {go} ]; do sleep 0.01; done; {PASS_ON}", ran.display())
        })
        .collect();
    let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
    machine.sink.put_off.store(usize::MAX, Ordering::SeqCst);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let kept = runtime.block_on(async {
        let driver = machine.open().await;
        let workflow = machine.workflow("e", Flow::chain(&scripts)).await;
        driver.start(workflow).await.unwrap();
        let acknowledged = Files::of(machine).log.len();
        std::fs::write(&go, "").unwrap();
        let end =
            machine.storage.uri(&["metadata", "propeller", "p-d-e", "end-node", "data", "0", "outputs.pb"]);
        until("the run has ended", || Path::new(&end).exists()).await;
        // The files are those of a running driver: one that is closed carries the log into the database.
        let mut files = Files::of(machine);
        until("the last round is written", || {
            let before = std::mem::replace(&mut files, Files::of(machine));
            before.log.len() == files.log.len() && before.log.len() > acknowledged
        })
        .await;
        (files, acknowledged)
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
    closed(&machine.file("driver.db"));
    kept
}

/// A driver that finds what is there carries the run to its end, and tells all of it.
fn carry_on(machine: &mut Machine) {
    machine.sink = Sink::new();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let driver = machine.open().await;
        let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
        assert_eq!(machine.outputs("e").await, integer(7));
        for task in 0..TASKS {
            let ended = format!("n{task} SUCCEEDED");
            assert_eq!(lines.iter().filter(|line| **line == ended).count(), 1, "{lines:#?}");
        }
        driver.shutdown().await;
    });
    closed(&machine.file("driver.db"));
}

/// Waits until nothing here has the files open: whoever closes them last carries the log over and removes it.
fn closed(database: &Path) {
    let is_one = |link: PathBuf| link.to_string_lossy().starts_with(&*database.to_string_lossy());
    let is_open = || {
        let descriptors = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(Result::ok);
        descriptors.filter_map(|entry| std::fs::read_link(entry.path()).ok()).any(is_one)
    };
    let wait = until("the files are closed", || !is_open());
    tokio::runtime::Runtime::new().unwrap().block_on(wait);
}

#[test]
fn a_run_goes_on_wherever_the_power_was_cut() {
    let mut machine = Arc::new(Machine::new());
    let (files, acknowledged) = run_whole(&machine);
    let machine = Arc::get_mut(&mut machine).unwrap();
    let cuts: Vec<usize> = files.commits().into_iter().filter(|at| *at >= acknowledged).collect();
    assert!(cuts.len() > 2 * TASKS, "{cuts:?}");
    for at in cuts {
        files.cut(at);
        carry_on(machine);
        // What a task has left counts, though nobody remembers that it was started.
        for task in 0..TASKS {
            assert_eq!(lines_of(&ran(machine, task)).len(), 1, "n{task} after {at} bytes");
        }
    }
}

#[test]
fn what_the_tasks_left_may_be_gone_too() {
    let mut machine = Arc::new(Machine::new());
    let (files, acknowledged) = run_whole(&machine);
    let machine = Arc::get_mut(&mut machine).unwrap();
    files.cut(acknowledged);
    std::fs::remove_dir_all(machine.file("attempts")).unwrap();
    carry_on(machine);
    for task in 0..TASKS {
        assert_eq!(lines_of(&ran(machine, task)).len(), 2, "n{task}");
    }
}
