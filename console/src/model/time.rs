//! Instants and spans of time, as people read them.
//!
//! An instant is milliseconds since 1970 in UTC, as `f64`: what browsers count in. The clock and the
//! local offset are arguments, so nothing here asks for either.

use prost_types::{Duration, Timestamp};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub fn millis(timestamp: &Timestamp) -> f64 {
    timestamp.seconds as f64 * 1e3 + f64::from(timestamp.nanos) / 1e6
}

/// A span of time in milliseconds.
pub fn span(duration: &Duration) -> f64 {
    duration.seconds as f64 * 1e3 + f64::from(duration.nanos) / 1e6
}

/// A span as people say it: `412 ms`, `3.337 s`, `42.1 s`, `4 m 07 s`, `2 h 05 m`, `3 d 04 h`.
///
/// Milliseconds are kept below ten seconds, tenths below a minute. A negative span (two machines'
/// clocks) is `0 ms`.
pub fn human(span_ms: f64) -> String {
    let ms = span_ms.max(0.0).round() as u64;
    let seconds = ms / 1_000;
    match seconds {
        0 => format!("{ms} ms"),
        1..10 => format!("{}.{:03} s", seconds, ms % 1_000),
        10..60 => format!("{}.{} s", seconds, ms % 1_000 / 100),
        60..3_600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {:02} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// How long ago `then` was: `just now`, `12 s ago`, `5 m ago`, `3 h ago`, `9 d ago`.
pub fn ago(then: f64, now: f64) -> String {
    let seconds = ((now - then) / 1e3).max(0.0) as u64;
    match seconds {
        0..5 => "just now".to_owned(),
        5..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} m ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// How long it is until `then`: `12 s`, `5 m`, `3 h 05 m`, `9 d 04 h`; `now` for what has passed. Units change where those
/// of [`ago`] and [`human`] do; from an hour on half of one matters to who waits.
pub fn until(then: f64, now: f64) -> String {
    let seconds = ((then - now) / 1e3).max(0.0) as u64;
    match seconds {
        0 => "now".to_owned(),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} m", seconds / 60),
        _ => human(seconds as f64 * 1e3),
    }
}

/// `2026-11-22 04:34:01`, of an instant seen `offset_minutes` east of Greenwich.
pub fn stamp(instant: f64, offset_minutes: i32) -> String {
    let shifted = shift(instant, offset_minutes);
    let (year, month, day) = civil(shifted.div_euclid(86_400_000));
    format!("{year:04}-{month:02}-{day:02} {}", clock(shifted))
}

/// The same with milliseconds and zone: `2026-11-22 04:34:01.286 UTC`, `2026-11-22 05:34:01.286 +01:00`.
pub fn stamp_in_full(instant: f64, offset_minutes: i32) -> String {
    let millis = shift(instant, offset_minutes).rem_euclid(1_000);
    format!("{}.{millis:03} {}", stamp(instant, offset_minutes), zone(offset_minutes))
}

/// The name of an offset: `UTC` or `+05:30`.
pub fn zone(offset_minutes: i32) -> String {
    if offset_minutes == 0 {
        return "UTC".to_owned();
    }
    let sign = if offset_minutes < 0 { '-' } else { '+' };
    let minutes = offset_minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// RFC 3339 in UTC, with as many digits as the instant has: `2026-11-22T04:34:01.286640069Z`.
pub fn rfc3339(timestamp: &Timestamp) -> String {
    let (year, month, day) = civil(timestamp.seconds.div_euclid(86_400));
    let clock = clock(timestamp.seconds.saturating_mul(1_000));
    let fraction = match timestamp.nanos {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    format!("{year:04}-{month:02}-{day:02}T{clock}{fraction}Z")
}

fn shift(instant: f64, offset_minutes: i32) -> i64 {
    instant.floor() as i64 + i64::from(offset_minutes) * 60_000
}

fn clock(millis: i64) -> String {
    let seconds = millis.rem_euclid(86_400_000) / 1_000;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds % 3_600 / 60, seconds % 60)
}

/// Year, month and day of a day number in the proleptic Gregorian calendar; day 0 is 1970-01-01.
///
/// Counts in eras of 400 years that start on 1 March, so that the leap day ends a year.
fn civil(day_number: i64) -> (i64, i64, i64) {
    let days = day_number + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_keeps_the_digits_that_matter() {
        let cases = [
            (-3.0, "0 ms"),
            (0.4, "0 ms"),
            (412.0, "412 ms"),
            (3_336.8, "3.337 s"),
            (9_999.9, "10.0 s"),
            (42_180.0, "42.1 s"),
            (247_000.0, "4 m 07 s"),
            (7_500_000.0, "2 h 05 m"),
            (273_600_000.0, "3 d 04 h"),
        ];
        for (ms, expect) in cases {
            assert_eq!(human(ms), expect);
        }
    }

    #[test]
    fn an_instant_is_told_in_the_zone_asked_for() {
        let instant = millis(&Timestamp { seconds: 1_795_322_041, nanos: 286_640_069 });
        assert_eq!(stamp_in_full(instant, 0), "2026-11-22 04:34:01.286 UTC");
        assert_eq!(stamp_in_full(instant, 330), "2026-11-22 10:04:01.286 +05:30");
        assert_eq!(stamp_in_full(instant, -300), "2026-11-21 23:34:01.286 -05:00");
    }

    #[test]
    fn the_calendar_knows_leap_days_and_days_before_1970() {
        for (seconds, expect) in [
            (951_782_400, "2000-02-29T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (0, "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(&Timestamp { seconds, nanos: 0 }), expect);
        }
        assert_eq!(rfc3339(&Timestamp { seconds: 0, nanos: 120_000_000 }), "1970-01-01T00:00:00.12Z");
    }

    #[test]
    fn the_past_is_told_coarsely() {
        let cases = [(0.0, "just now"), (12e3, "12 s ago"), (300e3, "5 m ago"), (86_400e3 * 9.0, "9 d ago")];
        for (gap, expect) in cases {
            assert_eq!(ago(0.0, gap), expect);
        }
    }

    #[test]
    fn the_future_is_told_as_exactly_as_it_is_near() {
        let cases = [
            (-5e3, "now"),
            (900.0, "now"),
            (12_900.0, "12 s"),
            (59_999.0, "59 s"),
            (60e3, "1 m"),
            (3_599e3, "59 m"),
            (3_600e3, "1 h 00 m"),
            (86_399e3, "23 h 59 m"),
            (86_400e3, "1 d 00 h"),
            (172_800e3, "2 d 00 h"),
            (86_400e3 * 9.5, "9 d 12 h"),
        ];
        for (gap, expect) in cases {
            assert_eq!(until(gap, 0.0), expect);
        }
    }
}
