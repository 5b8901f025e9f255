//! The clock that schedules go by.

use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;

use crate::clock;

/// A clock to schedule by. It may step in either direction, as clocks of machines do.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Completes when so much time has passed.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;
}

/// The machine's.
#[derive(Debug)]
pub(crate) struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        clock::instant()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}
