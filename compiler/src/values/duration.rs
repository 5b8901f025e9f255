//! Spans of time, to the nanosecond, up to about 10,000 years either way.

use aileron_idl::core::Literal;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use prost_types::Duration;
use serde_json::Value as Json;

use super::primitive::primitive;
use super::reader::{Read, Reader};

/// The longest duration of protobuf, in seconds.
const LONGEST: i128 = 315_576_000_000;
const SECOND: i128 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;
const WEEK: i128 = 7 * DAY;
/// Digits read after a point; more are below any nanosecond.
const PLACES: usize = 18;
const HINT: &str = "write it as 1h30m, 2 days, 90s, 1:30:00 or P1DT2H, or as a number of seconds";

type Unit = (&'static [&'static str], i128);

/// In words, from the longest to the shortest.
const WORDS: &[Unit] = &[
    (&["w", "wk", "wks", "week", "weeks"], WEEK),
    (&["d", "dy", "dys", "day", "days"], DAY),
    (&["h", "hr", "hrs", "hour", "hours"], HOUR),
    (&["m", "min", "mins", "minute", "minutes"], MINUTE),
    (&["s", "sec", "secs", "second", "seconds"], SECOND),
    (&["ms", "millis", "millisecond", "milliseconds"], 1_000_000),
    (&["us", "µs", "μs", "micros", "microsecond", "microseconds"], 1_000),
    (&["ns", "nanos", "nanosecond", "nanoseconds"], 1),
];
/// ISO 8601 before and after its `T`. Years and months are of no fixed length.
const ISO_DATE: &[Unit] = &[(&["w"], WEEK), (&["d"], DAY)];
const ISO_TIME: &[Unit] = &[(&["h"], HOUR), (&["m"], MINUTE), (&["s"], SECOND)];

pub(super) fn read(reader: &Reader<'_>, value: &Json) -> Read<Literal> {
    let nanos = nanos(reader, value)?;
    let seconds = i64::try_from(nanos / SECOND).ok().filter(|_| nanos.abs() <= LONGEST * SECOND);
    let (Some(seconds), Ok(nanos)) = (seconds, i32::try_from(nanos % SECOND)) else {
        let hint = format!("a duration has at most {LONGEST} seconds");
        return Err(vec![reader.invalid("the duration is too long", value).hint(hint)]);
    };
    Ok(primitive(PrimitiveValue::Duration(Duration { seconds, nanos })))
}

/// A duration in seconds, rounded as floats are.
pub(super) fn seconds(reader: &Reader<'_>, value: &Json) -> Read<f64> {
    match value {
        Json::Number(number) => Ok(number.as_f64().unwrap_or(f64::NAN)),
        _ => nanos(reader, value).map(|nanos| nanos as f64 / SECOND as f64),
    }
}

fn nanos(reader: &Reader<'_>, value: &Json) -> Read<i128> {
    match value {
        // Written out, without an exponent.
        Json::Number(number) if !reader.is_exact() => {
            let text = number.as_i64().map(|whole| whole.to_string());
            let text = text.or_else(|| number.as_f64().map(|float| float.to_string())).unwrap_or_default();
            parse(&text).ok_or_else(|| vec![reader.mismatch("a duration", value).hint(HINT)])
        }
        Json::String(text) => parse(text).ok_or_else(|| vec![malformed(reader, text)]),
        _ => Err(vec![reader.mismatch("a duration", value).hint(HINT)]),
    }
}

fn malformed(reader: &Reader<'_>, text: &str) -> crate::Diagnostic {
    let calendar = text.trim_start().starts_with(['P', 'p']) && text.contains(['Y', 'y', 'M', 'm']);
    let hint = if calendar { "years and months differ in length: write days, as in P30D" } else { HINT };
    reader.syntax("a duration", text).hint(hint)
}

/// Nanoseconds; what is longer than protobuf's longest is kept too long, whatever it was.
fn parse(text: &str) -> Option<i128> {
    let text = text.trim().to_lowercase();
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest.trim_start()),
        None => (1, text.strip_prefix('+').unwrap_or(&text).trim_start()),
    };
    let nanos = match text.strip_prefix('p') {
        Some(iso) => parse_iso(iso)?,
        None if text.contains(':') => parse_clock(text, sign)?,
        None => scaled(text, SECOND).or_else(|| sum(text, WORDS))?,
    };
    Some(nanos.saturating_mul(sign))
}

fn parse_iso(text: &str) -> Option<i128> {
    match text.split_once('t') {
        None => sum(text, ISO_DATE),
        Some(("", time)) => sum(time, ISO_TIME),
        Some((date, time)) => Some(sum(date, ISO_DATE)?.saturating_add(sum(time, ISO_TIME)?)),
    }
}

/// `1:24`, `:22`, `4:13:02.5`, `2:04:13:02`, and `2 days, 4:13:02` as Python prints it.
///
/// Python prints a minus before the days alone: that is too easily misread to be taken.
fn parse_clock(text: &str, sign: i128) -> Option<i128> {
    let Some((days, clock)) = text.rsplit_once([' ', ',']) else { return clock_nanos(text) };
    let days = sum(days.trim_end_matches([' ', ',']), WORDS).filter(|_| sign > 0)?;
    Some(days.saturating_add(clock_nanos(clock)?))
}

fn clock_nanos(text: &str) -> Option<i128> {
    let parts: Vec<_> = text.split(':').rev().collect();
    let (first, seconds) = (parts.last()?, parts.first()?);
    let rest = parts.get(1..).filter(|rest| rest.len() <= 3)?;
    let rest = rest.iter().zip([MINUTE, HOUR, DAY]).map(|(part, unit)| match part.is_empty() {
        true => (parts.len() == 2 && first.is_empty()).then_some(0),
        false => part.bytes().all(|byte| byte.is_ascii_digit()).then(|| scaled(part, unit)).flatten(),
    });
    rest.chain([scaled(seconds, SECOND)]).try_fold(0, |sum: i128, part| Some(sum.saturating_add(part?)))
}

/// Numbers with units, each unit shorter than the one before; blanks and commas may lie between.
fn sum(text: &str, units: &[Unit]) -> Option<i128> {
    let (mut rest, mut total, mut last) = (text.trim(), 0_i128, i128::MAX);
    while !rest.is_empty() || last == i128::MAX {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) = rest.split_at(number);
        let after = after.trim_start();
        let end = after.find(|letter: char| !letter.is_alphabetic()).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let (_, unit) = units.iter().find(|(names, unit)| names.contains(&name) && *unit < last)?;
        total = total.saturating_add(scaled(number, *unit)?);
        (rest, last) = (after.trim_start_matches([' ', ',']), *unit);
    }
    Some(total)
}

/// A decimal number of units, cut to the nanosecond.
fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !plain(whole) || !plain(fraction) {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(PLACES)];
    let places = u32::try_from(fraction.len()).ok()?;
    let part = decimal(fraction).saturating_mul(unit) / 10_i128.pow(places);
    Some(decimal(whole).saturating_mul(unit).saturating_add(part))
}

fn decimal(digits: &str) -> i128 {
    if digits.is_empty() { 0 } else { digits.parse().unwrap_or(i128::MAX) }
}

/// Seconds, as protobuf JSON has them: `5400s`, `-0.5s`.
pub(super) fn write(span: &Duration) -> String {
    let (sign, nanos) = split(span);
    format!("{sign}{}s", seconds_text(nanos))
}

/// In words: `1h30m`, `-2d0.5s`.
pub(super) fn human(span: &Duration) -> String {
    let (sign, mut nanos) = split(span);
    let mut text = sign.to_owned();
    for (name, unit) in [("d", DAY), ("h", HOUR), ("m", MINUTE)] {
        if nanos >= unit {
            text += &format!("{}{name}", nanos / unit);
            nanos %= unit;
        }
    }
    if nanos > 0 || text.len() == sign.len() {
        text += &format!("{}s", seconds_text(nanos));
    }
    text
}

fn split(span: &Duration) -> (&'static str, i128) {
    let nanos = i128::from(span.seconds) * SECOND + i128::from(span.nanos);
    (if nanos < 0 { "-" } else { "" }, nanos.abs())
}

fn seconds_text(nanos: i128) -> String {
    match nanos % SECOND {
        0 => format!("{}", nanos / SECOND),
        part => format!("{}.{part:09}", nanos / SECOND).trim_end_matches('0').to_owned(),
    }
}
