//! The one place that reads the wall clock, and the forms in which instants are kept.

use std::time::Duration;

use prost_types::Timestamp;

/// The present instant, to reckon with.
pub(crate) fn instant() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// The present instant.
pub(crate) fn now() -> Timestamp {
    stamp(instant())
}

/// An instant as messages have it.
pub(crate) fn stamp(instant: jiff::Timestamp) -> Timestamp {
    Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() }
}

/// A span of time as clients write it; `None` for one below zero.
pub(crate) fn span(asked: &prost_types::Duration) -> Option<Duration> {
    let seconds = u64::try_from(asked.seconds).ok()?;
    let nanos = u32::try_from(asked.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(seconds, nanos))
}

/// Seconds since the epoch.
pub(crate) fn now_seconds() -> i64 {
    now().seconds
}

/// RFC 3339 in UTC with nine decimals: text order is time order.
pub(crate) fn text(instant: &Timestamp) -> String {
    let instant = jiff::Timestamp::new(instant.seconds, instant.nanos).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{instant:.9}")
}

/// The instant so much later.
pub(crate) fn later(instant: &Timestamp, by: Duration) -> Timestamp {
    let mut later = Timestamp {
        seconds: instant.seconds + by.as_secs() as i64,
        nanos: instant.nanos + by.subsec_nanos() as i32,
    };
    later.normalize();
    later
}

/// The instant so much earlier.
pub(crate) fn earlier(instant: &Timestamp, by: Duration) -> Timestamp {
    let mut earlier = Timestamp {
        seconds: instant.seconds - by.as_secs() as i64,
        nanos: instant.nanos - by.subsec_nanos() as i32,
    };
    earlier.normalize();
    earlier
}

/// The time between two instants; zero when they are out of order.
pub(crate) fn between(start: &Timestamp, end: &Timestamp) -> prost_types::Duration {
    let nanos = |at: &Timestamp| i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    let spent = (nanos(end) - nanos(start)).max(0);
    prost_types::Duration { seconds: (spent / 1_000_000_000) as i64, nanos: (spent % 1_000_000_000) as i32 }
}

/// A duration in nanoseconds, as columns hold it.
pub(crate) fn nanos(duration: &prost_types::Duration) -> i64 {
    duration.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(duration.nanos))
}

/// Reads what a filter may compare an instant with: RFC 3339, or a date with or without a time, in UTC.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let civil = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let instant = text.parse().ok().or_else(|| Some(civil()?.timestamp()))?;
    Some(Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_order_is_time_order() {
        let early = Timestamp { seconds: 9, nanos: 5 };
        let late = Timestamp { seconds: 10, nanos: 0 };
        assert_eq!(text(&early), "1970-01-01T00:00:09.000000005Z");
        assert!(text(&early) < text(&late));
        assert_eq!(between(&early, &late), prost_types::Duration { seconds: 0, nanos: 999_999_995 });
        assert_eq!(between(&late, &early), prost_types::Duration::default());
    }

    #[test]
    fn instants_are_read_from_several_forms() {
        for form in ["1970-01-02T00:00:00Z", "1970-01-02T01:00:00+01:00", "1970-01-02 00:00:00", "1970-01-02"]
        {
            assert_eq!(parse(form).map(|at| at.seconds), Some(86_400), "{form}");
        }
        assert_eq!(parse("yesterday"), None);
    }
}
