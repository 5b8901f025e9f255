//! The one clock of the drivers, and how its instants are written.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aileron_engine::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

/// The present.
#[expect(clippy::disallowed_methods, reason = "this is where the driver takes its time from")]
pub(crate) fn now() -> Timestamp {
    timestamp(SystemTime::now())
}

/// An instant of the system's clock, as the engine counts.
pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// How long it is until an instant.
pub(crate) fn until(at: Timestamp) -> Duration {
    let nanos = at.0.saturating_sub(now().0);
    // A timer may fire a little early; the engine would not see it as due.
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)) + Duration::from_millis(1)
}

/// An instant as RFC 3339 has it, to the second.
pub(crate) fn text(at: Timestamp) -> String {
    moment(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The hour of an instant, as a label can hold it.
pub(crate) fn hour(at: Timestamp) -> String {
    moment(at).strftime("%Y-%m-%d.%H").to_string()
}

/// An instant as Kubernetes' leases have it.
pub(crate) fn micro(at: Timestamp) -> MicroTime {
    MicroTime(moment(at))
}

fn moment(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(at.0.into()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_utc() {
        let at = Timestamp(1_700_000_000_500_000_000);
        assert_eq!((text(at).as_str(), hour(at).as_str()), ("2023-11-14T22:13:20Z", "2023-11-14.22"));
    }
}
