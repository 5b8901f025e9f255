//! Delivering events: at least once, in order, whatever happens to the control plane.

use std::sync::Arc;
use std::time::Duration;

use aileron_crd::ExecutionEvent;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::store::Store;
use crate::sink::{EventSink, SinkError};

/// First and longest pause before a delivery is tried again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Deliveries begin no closer to each other than this. The first event after a rest is told at once; a run that takes
/// a step each millisecond shares the sink's commits, which are synced to the disk, and does not wait for the disk.
const APART: Duration = Duration::from_millis(10);

/// Takes events out of the store and gives them to the sink.
pub(super) struct Outbox {
    pub(super) store: Store,
    pub(super) sink: Arc<dyn EventSink>,
    /// Told when there is something new.
    pub(super) news: Arc<Notify>,
    /// The number up to which the sink has the events, while they are still in the store.
    pub(super) accepted: Option<i64>,
    /// Cancelled when nothing new will come: what is there is delivered if the sink takes it at once.
    pub(super) closing: CancellationToken,
}

impl Outbox {
    pub(super) async fn run(mut self) {
        let mut pause = PAUSE.0;
        loop {
            let begun = Instant::now();
            match self.deliver_some().await {
                Ok(true) => {
                    pause = PAUSE.0;
                    tokio::select! {
                        () = tokio::time::sleep_until(begun + APART) => {}
                        () = self.closing.cancelled() => {}
                    }
                }
                Ok(false) => {
                    tokio::select! {
                        biased;
                        () = self.news.notified() => {}
                        () = self.closing.cancelled() => return,
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "events are not delivered; they are kept and sent again");
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = self.closing.cancelled() => return,
                    }
                    pause = (pause * 2).min(PAUSE.1);
                }
            }
        }
    }

    /// Delivers the oldest events; `false` when there are none. What the sink has is not sent again,
    /// even if the store cannot drop it for now.
    async fn deliver_some(&mut self) -> Result<bool, String> {
        if let Some(last) = self.accepted {
            self.store.delivered(last).await.map_err(text)?;
            self.accepted = None;
        }
        let Some(waiting) = self.store.undelivered().await.map_err(text)? else { return Ok(false) };
        match self.sink.record(waiting.events.clone()).await {
            Ok(()) => {}
            Err(SinkError::Refused(_)) => self.deliver_each(waiting.events).await?,
            Err(error @ (SinkError::Unavailable(_) | SinkError::Held(_))) => return Err(text(error)),
        }
        self.accepted = Some(waiting.last);
        Ok(true)
    }

    /// One by one, so that only what is refused itself is dropped.
    async fn deliver_each(&self, events: Vec<ExecutionEvent>) -> Result<(), String> {
        for event in events {
            match self.sink.record(vec![event.clone()]).await {
                Ok(()) => {}
                Err(SinkError::Refused(why)) => {
                    tracing::error!(%why, ?event, "an event was refused and is dropped");
                }
                Err(error @ (SinkError::Unavailable(_) | SinkError::Held(_))) => return Err(text(error)),
            }
        }
        Ok(())
    }
}

/// The error with its causes.
fn text(error: impl std::error::Error) -> String {
    crate::told(&error)
}
