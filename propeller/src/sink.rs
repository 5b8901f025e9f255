//! Where events go.

use aileron_crd::ExecutionEvent;
use futures::future::BoxFuture;

/// Why a batch of events was not recorded. Nothing of the batch counts as delivered.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The control plane cannot take events now; they are sent again later.
    #[error("the control plane does not take events now: {0}")]
    Unavailable(String),
    /// It takes events, but not these now, for a reason of their own: from their project nobody may report, or what
    /// comes before them is not known. Such a batch is sent again one event at a time; the execution whose event is held
    /// alone waits, and the others go on.
    #[error("the control plane does not take these events now: {0}")]
    Held(String),
    /// The control plane will never take these. A refused batch is sent again one event at a time, and
    /// the event that is refused alone is logged and dropped.
    #[error("the control plane refused the events: {0}")]
    Refused(String),
}

/// The control plane, as a driver sees it.
///
/// Delivery is at least once, and in order for one execution. So an event that is known already, or
/// that comes after the execution, node or attempt has ended, is delivered: answer `Ok`.
pub trait EventSink: Send + Sync + 'static {
    /// Records a batch, which may be of several executions.
    fn record(&self, events: Vec<ExecutionEvent>) -> BoxFuture<'_, Result<(), SinkError>>;
}
