//! The one clock of the driver.

use std::time::{SystemTime, UNIX_EPOCH};

use aileron_engine::Timestamp;

/// The present.
#[expect(clippy::disallowed_methods, reason = "this is where the driver takes its time from")]
pub(super) fn now() -> Timestamp {
    timestamp(SystemTime::now())
}

/// An instant of the system's clock, as the engine counts.
pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
