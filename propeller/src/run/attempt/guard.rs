//! What becomes of an attempt whose code panics. That is a bug of ours: it is told as one, and no node waits for ever for
//! an answer that nobody will give.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use aileron_engine::{AttemptSeen, Failure};
use futures::FutureExt;

use super::Attempt;
use super::cache::{not_put, unanswered};
use crate::clock;

/// What is being done for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::run) enum Act {
    /// Carrying it to its end.
    Run,
    /// Looking for its outputs in the cache, or in the execution that this one recovers.
    LookUp,
    /// Putting its outputs into the cache.
    Store,
    /// Making its outputs of those of the nodes inside.
    Collect,
    /// Ending one of an earlier driver.
    End,
}

impl Act {
    /// What is seen instead of what the act would have told. A cache is done without; what runs is tried again, at no
    /// cost of the user's.
    fn instead(self, failure: Failure) -> AttemptSeen {
        match self {
            Act::Run | Act::Collect => AttemptSeen::Failed { since: None, at: clock::now(), failure },
            Act::LookUp => unanswered(),
            Act::Store => AttemptSeen::Stored { at: clock::now(), report: not_put() },
            Act::End => AttemptSeen::Gone,
        }
    }
}

impl Attempt {
    /// Acts for the attempt. If that panics, what of it runs is ended, and the run is told what to make of it.
    pub(in crate::run) async fn guarded(&self, act: Act, acting: impl Future<Output = ()>) {
        let Err(panic) = AssertUnwindSafe(acting).catch_unwind().await else { return };
        let why = words(panic.as_ref());
        let (execution, node) = (&self.run.workflow.execution_id.name, &self.place.unique_id);
        tracing::error!(
            execution,
            node,
            attempt = self.number,
            ?act,
            why,
            "the code of an attempt panicked: a bug"
        );
        // Ending it may be what panics. Then it has been tried.
        if act == Act::Run && AssertUnwindSafe(self.end_what_runs()).catch_unwind().await.is_err() {
            tracing::error!(execution, node, attempt = self.number, "what runs of the attempt is not ended");
        }
        let message = format!("Aileron broke off while it carried the attempt, by a bug of its own: {why}");
        self.tell(act.instead(Failure::system("InternalError", message)));
    }
}

/// What a panic says; most say a text.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it does not say why")
}
