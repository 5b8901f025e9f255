//! What the driver is told by whoever starts it.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aileron_crd::ExecutionId;
use aileron_storage::Storage;

use super::apart::TaskIsolation;
use super::images::ContainerEngine;
use super::limits::TaskLimits;
use crate::batch::Batch;
use crate::connectors::Connectors;
use crate::container::objects::ObjectAccess;

/// Variables of the driver's own environment that tasks see. Everything else stays here: it may hold
/// secrets that are not the task's business. `TMPDIR` is each attempt's own.
const INHERITED: [&str; 5] = ["HOME", "LANG", "TZ", "USER", "PATH"];

/// Settings of the local driver.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Holds `driver.db`, its lock, the folders of attempts below `attempts`, and their temporary files
    /// below `tmp`.
    pub data_dir: PathBuf,
    /// Where closures, inputs and outputs lie.
    pub storage: Storage,
    /// Goes before `PATH` for tasks: the `bin` folder of a virtual environment.
    pub task_path: Option<PathBuf>,
    /// Most attempts that run at once, over all executions.
    pub parallel_attempts: NonZeroUsize,
    /// Where logs are served; a task's log is at `PREFIX/PROJECT/DOMAIN/EXECUTION/NODE/ATTEMPT`.
    pub log_url_prefix: String,
    /// The caller's environment; only a few names of it are passed on to tasks.
    pub environment: Vec<(OsString, OsString)>,
    /// By what tasks reach the objects, unless they set those variables themselves.
    pub objects: ObjectAccess,
    /// How long a task may take to end itself once it is asked to, before it is killed.
    pub grace: Duration,
    /// Most warm workers, of different interpreters or environments, that are kept for tasks of flytekit's;
    /// 0 for none.
    pub warm_workers: usize,
    /// What runs tasks in their images; images are ignored without.
    pub containers: Option<ContainerEngine>,
    /// How attempts are kept apart from the machine, if they are.
    pub isolation: Option<TaskIsolation>,
    /// Which tasks are held to the memory and the processors that they ask for.
    pub task_limits: TaskLimits,
    /// Most bytes of a task's log that are kept on the disk, about: its beginning and its end.
    pub task_log_size: u64,
    /// The connectors that run tasks instead of processes, if there are some.
    pub connectors: Option<Connectors>,
    /// The AWS Batch that runs tasks, if there is one.
    pub batch: Option<Batch>,
    /// How deep executions may be nested that launch plan nodes launch: a launch plan that launches itself
    /// ends there.
    pub max_nesting: u32,
}

impl Settings {
    /// Settings with their defaults: as many attempts as cores, 5 s of grace, executions
    /// nested 64 deep at most, no warm workers, no containers, no isolation, limits for tasks that ask for some, 64 MiB
    /// of each log, no task path, no logs' address.
    pub fn new(data_dir: impl Into<PathBuf>, storage: Storage) -> Settings {
        Settings {
            data_dir: data_dir.into(),
            storage,
            task_path: None,
            parallel_attempts: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            log_url_prefix: String::new(),
            environment: Vec::new(),
            objects: ObjectAccess::default(),
            grace: Duration::from_secs(5),
            warm_workers: 0,
            containers: None,
            isolation: None,
            task_limits: TaskLimits::default(),
            task_log_size: 64 << 20,
            connectors: None,
            batch: None,
            max_nesting: 64,
        }
    }

    /// Where attempts have their folders.
    pub(super) fn attempts(&self) -> PathBuf {
        attempts(&self.data_dir)
    }

    /// Where attempts have their temporary files.
    pub(super) fn tmp(&self) -> PathBuf {
        self.data_dir.join("tmp")
    }

    /// Where warm workers have their files.
    pub(super) fn warm(&self) -> PathBuf {
        self.data_dir.join("warm")
    }

    /// What tasks of a run get that set nothing themselves, without `PATH`.
    pub(super) fn inherited(&self, run: &ExecutionId) -> Vec<(OsString, OsString)> {
        let passed = |name: &OsString| INHERITED.iter().any(|known| name == known) && name != "PATH";
        let inherited = self.environment.iter().filter(|(name, _)| passed(name)).cloned();
        let given = self.objects.of(run).into_iter().map(|(name, value)| (name.into(), value.into()));
        inherited.chain(given).collect()
    }

    /// The `PATH` of the caller.
    pub(super) fn inherited_path(&self) -> OsString {
        let found = self.environment.iter().find(|(name, _)| name == "PATH");
        found.map_or_else(|| "/usr/local/bin:/usr/bin:/bin".into(), |(_, value)| value.clone())
    }
}

/// Where attempts have their folders.
pub(super) fn attempts(data_dir: &Path) -> PathBuf {
    data_dir.join("attempts")
}
