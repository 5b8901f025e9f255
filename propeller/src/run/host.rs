//! What the runs of one driver share.

use std::sync::Arc;

use aileron_engine::AttemptSeen;
use aileron_idl::core::TaskTemplate;
use aileron_storage::Storage;
use futures::future::BoxFuture;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::journal::Journal;
use super::literals::Literals;
use super::{Attempt, Step};
use crate::control::ControlPlane;

/// What runs tasks. Running one twice is running it once: after a restart it finds what was begun.
pub(crate) trait TaskRunner: Send + Sync + 'static {
    /// Runs a task's attempt to its end, telling on the way what is seen of it. It ends early with a halt
    /// when the attempt is to end, and nothing of it runs any more then; or when the driver stops, which
    /// whoever goes on finds again.
    fn run<'a>(&'a self, attempt: &'a Attempt, task: &'a TaskTemplate) -> BoxFuture<'a, Step<AttemptSeen>>;

    /// Ends an attempt that this driver does not run: one of an earlier driver, if it is there at all.
    fn end<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, ()>;

    /// Tidies up after an attempt whose end the run was told.
    fn tidy<'a>(&'a self, attempt: &'a Attempt) -> BoxFuture<'a, ()> {
        let _ = attempt;
        Box::pin(std::future::ready(()))
    }
}

/// What the runs and attempts of one driver share.
pub(crate) struct Host {
    pub(crate) storage: Storage,
    pub(crate) control: Arc<dyn ControlPlane>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) runner: Arc<dyn TaskRunner>,
    pub(crate) literals: Literals,
    /// Told when the cache has an entry more, or a reservation less.
    pub(crate) cache_news: Notify,
    /// Where logs are served; a task's log is at `PREFIX/PROJECT/DOMAIN/EXECUTION/NODE/ATTEMPT`.
    pub(crate) log_url_prefix: String,
    /// How deep executions may be nested that launch plan nodes launch.
    pub(crate) max_nesting: u32,
    /// Cancelled when the driver stops.
    pub(crate) stop: CancellationToken,
    /// Runs, attempts and their chores.
    pub(crate) tasks: TaskTracker,
}
