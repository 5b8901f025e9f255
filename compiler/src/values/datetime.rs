//! Dates and times: ISO 8601, the years 1 to 9999, nanoseconds, the proleptic Gregorian calendar.

use aileron_idl::core::Literal;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use prost_types::Timestamp;
use serde_json::Value as Json;

use super::primitive::{primitive, string};
use super::reader::{Read, Reader};

const DAY: i64 = 86_400;
/// Seconds of 0001-01-01T00:00:00Z and of 9999-12-31T23:59:59Z, the range of protobuf timestamps.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
const HINT: &str = "write it as 2024-01-31, 2024-01-31T12:30:00Z or 2024-01-31T12:30:00.5+01:00";

/// What a text says: a local time, and how far that is from UTC where it tells.
#[derive(Clone, Copy)]
pub(super) struct Civil {
    /// Days since 1970-01-01.
    days: i64,
    second_of_day: i64,
    nanos: i32,
    offset_minutes: Option<i64>,
}

pub(super) fn read(reader: &Reader<'_>, value: &Json) -> Read<Literal> {
    let civil = civil(reader, value)?;
    let seconds = civil.seconds() - civil.offset_minutes.unwrap_or(0) * 60;
    if !RANGE.contains(&seconds) {
        return Err(vec![
            reader.invalid("in UTC, the datetime is not in the years 1 to 9999", value).hint(HINT),
        ]);
    }
    Ok(primitive(PrimitiveValue::Datetime(Timestamp { seconds, nanos: civil.nanos })))
}

pub(super) fn civil(reader: &Reader<'_>, value: &Json) -> Read<Civil> {
    let text = string(reader, value).map_err(|_| vec![reader.mismatch("a datetime", value).hint(HINT)])?;
    parse(text.trim()).ok_or_else(|| {
        let hint = match text.trim() {
            "now" | "today" => "write out the datetime that is meant",
            _ => HINT,
        };
        vec![reader.syntax("a datetime", text).hint(hint)]
    })
}

fn parse(text: &str) -> Option<Civil> {
    let (date, rest) = text.split_at_checked(10)?;
    let days = days_of(date)?;
    if rest.is_empty() {
        return Some(Civil { days, second_of_day: 0, nanos: 0, offset_minutes: None });
    }
    let (clock, offset_minutes) = split_offset(rest.strip_prefix(['T', 't', ' '])?)?;
    let (second_of_day, nanos) = second_of_day(clock)?;
    Some(Civil { days, second_of_day, nanos, offset_minutes })
}

/// `2024-02-29`, of a day that exists.
fn days_of(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let days = days_from_civil(year, month, day);
    let exists = parts.next().is_none() && year > 0 && civil_from_days(days) == (year, month, day);
    exists.then_some(days)
}

fn split_offset(text: &str) -> Option<(&str, Option<i64>)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Some(0)));
    }
    match text.rfind(['+', '-']) {
        None => Some((text, None)),
        Some(at) => Some((text[..at].trim_end(), Some(offset(&text[at..])?))),
    }
}

/// `+01:00`, `+0100` or `+01`, in minutes.
fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = text.split_at_checked(1)?;
    let (hours, minutes) = rest.split_at_checked(2)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let minutes = if rest.len() == 2 { 0 } else { digits(minutes, 2)? };
    let total =
        digits(hours, 2).filter(|hours| *hours < 24)? * 60 + Some(minutes).filter(|part| *part < 60)?;
    Some(if sign == "-" { -total } else { total })
}

/// `12:30`, `12:30:05` or `12:30:05.123456789`, with its nanoseconds.
fn second_of_day(clock: &str) -> Option<(i64, i32)> {
    let mut parts = clock.split(':');
    let hours = digits(parts.next()?, 2).filter(|hours| *hours < 24)?;
    let minutes = digits(parts.next()?, 2).filter(|minutes| *minutes < 60)?;
    let (seconds, fraction) = parts.next().map_or(("00", None), split_fraction);
    let seconds = digits(seconds, 2).filter(|seconds| *seconds < 60)?;
    let nanos = fraction.map_or(Some(0), nanoseconds)?;
    parts.next().is_none().then_some((hours * 3_600 + minutes * 60 + seconds, nanos))
}

fn split_fraction(seconds: &str) -> (&str, Option<&str>) {
    seconds.split_once(['.', ',']).map_or((seconds, None), |(seconds, fraction)| (seconds, Some(fraction)))
}

fn nanoseconds(fraction: &str) -> Option<i32> {
    let places = u32::try_from(fraction.len()).ok().filter(|places| (1..=9).contains(places))?;
    let number = digits(fraction, fraction.len())? * 10_i64.pow(9 - places);
    i32::try_from(number).ok()
}

/// Exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

impl Civil {
    fn seconds(self) -> i64 {
        self.days * DAY + self.second_of_day
    }

    /// As Python's `isoformat` writes it: local time, microseconds where there are any, the offset if known.
    pub(super) fn isoformat(self) -> String {
        let micros = match self.nanos / 1_000 {
            0 => String::new(),
            micros => format!(".{micros:06}"),
        };
        let offset = self.offset_minutes.map(offset_text).unwrap_or_default();
        format!("{}{micros}{offset}", local(self.seconds()))
    }
}

fn offset_text(minutes: i64) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// RFC 3339 in UTC, with as many digits as the instant has.
pub(super) fn write(at: &Timestamp) -> String {
    let fraction = match at.nanos {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    format!("{}{fraction}Z", local(at.seconds))
}

fn local(seconds: i64) -> String {
    let (year, month, day) = civil_from_days(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    let (hours, minutes, seconds) = (second / 3_600, second % 3_600 / 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}")
}

/// Counts in eras of 400 years that start on 1 March, so that the leap day ends a year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day; the reverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}
