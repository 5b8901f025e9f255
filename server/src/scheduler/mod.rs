//! Schedules of active launch plans: each tick becomes one execution, or is told why it did not.
//!
//! [`schedule`] says which tick comes next, without a clock; [`due`] which of the missed ones are made
//! up for; [`fire`] launches one. The loop here looks at the store when the next tick is due, when a
//! schedule begins, and every few seconds, so that it notices other servers and steps of the clock.
//!
//! # Once a tick
//! An execution is named after its launch plan and tick, and its row is written in the transaction
//! that moves the schedule past the tick. So a crash loses nothing, and of two servers one wins; the
//! other finds the name taken or the schedule moved, and goes on.
//!
//! # When the clock is wrong
//! A step forward is an outage: what it passed over is missed. After a step back a schedule waits for
//! the time that it has reached already, or follows the clock when that is far; a tick that comes
//! again finds its execution there.
//!
//! # When a launch fails
//! What the caller of a launch would be told is wrong is written to `missed_ticks` and not tried again;
//! the next tick is. What fails for other reasons is tried again, each time twice as late.

mod check;
mod clock;
mod cron;
mod due;
mod field;
mod fire;
mod retries;
mod round;
mod schedule;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::server::App;
use retries::Retries;

pub(crate) use check::{check, read, understand};
pub use clock::Clock;
pub(crate) use clock::WallClock;
pub(crate) use schedule::Schedule;

/// Longest time without a look.
const PERIOD: SignedDuration = SignedDuration::from_secs(10);

/// Launches what is due until told to stop. What it is at then is either done or done after a restart.
pub(crate) async fn run(app: &App, clock: &dyn Clock, stop: CancellationToken) {
    let mut retries = Retries::default();
    let work = async {
        loop {
            let wake = look(app, &mut retries, clock.now()).await;
            let wait = wake.duration_since(clock.now()).clamp(SignedDuration::ZERO, PERIOD);
            tokio::select! {
                () = app.wake_scheduler.notified() => {}
                () = clock.sleep(wait.unsigned_abs()) => {}
            }
        }
    };
    stop.run_until_cancelled(work).await;
}

/// One look; answers when the next is due.
async fn look(app: &App, retries: &mut Retries, now: Timestamp) -> Timestamp {
    let next = round::round(app, retries, now).await.unwrap_or_else(|error| {
        tracing::error!(%error, "failed to look for what is scheduled");
        None
    });
    next.unwrap_or(Timestamp::MAX)
}
