//! Cron expressions: text to a set of local times, and local times to instants.
//!
//! `[CRON_TZ=zone] [second] minute hour day-of-month month day-of-week`, or an alias such as `@daily`.
//! As in every cron since Vixie's, a day matches if either of the two day fields does, when both
//! restrict it. The zone is UTC unless the expression says another; its rules come from the tables in
//! this binary, so that two servers agree.
//!
//! # Daylight saving
//! - A local time that is skipped fires once, at the first instant after the gap.
//! - A local time that comes twice fires once, the first time.
//! - An expression that allows every hour (`*/10 * * * *`) follows elapsed time instead: it goes on
//!   through the doubled hour, and makes nothing up for the skipped one.
//!
//! The parser is our own: of the crates there are, none reads five and six fields with Flyte's meaning
//! of the day fields and keeps these rules, and most bring a second set of time zone tables.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::field::{self, DAY, FieldError, HOUR, MINUTE, MONTH, SECOND, Set, WEEKDAY};

/// Longest expression, in bytes.
const LONGEST: usize = 256;
/// Years within which a day must come that ever comes: leap days are up to eight years apart.
const HORIZON: i16 = 9;

/// Aliases and what they stand for; clients of Flyte send those without `@` too.
const ALIASES: &[(&[&str], &str)] = &[
    (&["@yearly", "@annually", "annually", "yearly", "years"], "0 0 1 1 *"),
    (&["@monthly", "monthly", "months"], "0 0 1 * *"),
    (&["@weekly", "weekly", "weeks"], "0 0 * * 0"),
    (&["@daily", "@midnight", "daily", "days"], "0 0 * * *"),
    (&["@hourly", "hourly", "hours"], "0 * * * *"),
];

/// What is wrong with a cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CronError {
    /// Longer than any sensible one.
    #[error("an expression has {LONGEST} bytes at most")]
    TooLong,
    /// Neither five fields nor six.
    #[error(
        "an expression has 5 fields (minute hour day month weekday), or 6 with seconds first; this has {0}"
    )]
    FieldCount(usize),
    /// A field that cannot be read.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A word after `@` that is no alias.
    #[error("`{0}` is no alias; known are @hourly, @daily, @weekly, @monthly, @yearly and @every 1h30m")]
    Alias(String),
    /// A zone that the tables do not know.
    #[error("`{0}` is no time zone; write one of the IANA names, as in `CRON_TZ=Europe/Berlin 0 9 * * *`")]
    Zone(String),
    /// Days that no calendar has.
    #[error("no year has such a day; the expression would never fire")]
    Never,
}

/// A cron expression, understood.
#[derive(Clone, Debug)]
pub(super) struct Cron {
    zone: TimeZone,
    times: LocalTimes,
}

/// Takes `CRON_TZ=zone` (or `TZ=zone`) off the front.
pub(super) fn split_zone(text: &str) -> Result<(TimeZone, &str), CronError> {
    let text = text.trim();
    if text.len() > LONGEST {
        return Err(CronError::TooLong);
    }
    let Some(rest) = text.strip_prefix("CRON_TZ=").or_else(|| text.strip_prefix("TZ=")) else {
        return Ok((TimeZone::UTC, text));
    };
    let (name, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| CronError::Zone(name.to_owned()))?;
    Ok((zone, rest.trim()))
}

impl Cron {
    /// Understands the fields, or the alias, that follow the zone.
    pub(super) fn parse(zone: TimeZone, text: &str) -> Result<Cron, CronError> {
        let alias = ALIASES.iter().find(|(words, _)| words.contains(&text));
        let fields = match alias {
            Some((_, fields)) => fields,
            None if text.starts_with('@') => return Err(CronError::Alias(text.to_owned())),
            None => text,
        };
        let times = LocalTimes::parse(fields)?;
        let some_day = jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0);
        times.first_from(some_day).ok_or(CronError::Never)?;
        Ok(Cron { zone, times })
    }

    /// The first tick after an instant; none after the last year that there is.
    pub(super) fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let mut from = next_second(instant)?;
        loop {
            let stretch = Stretch::around(&self.zone, from);
            let mut local = stretch.offset.to_datetime(from);
            if let Some(change) = stretch.change.filter(|_| !self.times.every_hour()) {
                let reached = change.before.to_datetime(change.at);
                let skipped = || self.times.first_from(reached).is_some_and(|skipped| skipped < local);
                if change.at == from && skipped() {
                    return Some(from);
                }
                local = local.max(reached);
            }
            let tick = stretch.offset.to_timestamp(self.times.first_from(local)?).ok()?;
            match stretch.end {
                Some(end) if tick >= end => from = end,
                _ => return Some(tick),
            }
        }
    }
}

/// The first whole second after an instant.
fn next_second(instant: Timestamp) -> Option<Timestamp> {
    let floor = instant.as_second() - i64::from(instant.subsec_nanosecond() < 0);
    Timestamp::from_second(floor + 1).ok()
}

/// A time between two changes of a zone's offset.
struct Stretch {
    offset: Offset,
    /// How it began.
    change: Option<Change>,
    /// When the next one begins.
    end: Option<Timestamp>,
}

#[derive(Clone, Copy)]
struct Change {
    at: Timestamp,
    /// The offset until then.
    before: Offset,
}

impl Stretch {
    fn around(zone: &TimeZone, instant: Timestamp) -> Stretch {
        let second = SignedDuration::from_secs(1);
        let change = instant.checked_add(second).ok().and_then(|next| zone.preceding(next).next());
        let change = change.and_then(|change| {
            let at = change.timestamp();
            Some(Change { at, before: zone.to_offset(at.checked_sub(second).ok()?) })
        });
        let end = zone.following(instant).next().map(|change| change.timestamp());
        Stretch { offset: zone.to_offset(instant), change, end }
    }
}

/// The local times that the fields allow.
#[derive(Clone, Copy, Debug)]
struct LocalTimes {
    seconds: Set,
    minutes: Set,
    hours: Set,
    days: Set,
    months: Set,
    weekdays: Set,
}

impl LocalTimes {
    fn parse(text: &str) -> Result<LocalTimes, CronError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (second, rest) = match *fields {
            [second, ref rest @ ..] if rest.len() == 5 => (second, rest),
            ref rest => ("0", rest),
        };
        let [minute, hour, day, month, weekday] = *rest else {
            return Err(CronError::FieldCount(fields.len()));
        };
        Ok(LocalTimes {
            seconds: field::parse(&SECOND, second)?,
            minutes: field::parse(&MINUTE, minute)?,
            hours: field::parse(&HOUR, hour)?,
            days: field::parse(&DAY, day)?,
            months: field::parse(&MONTH, month)?,
            weekdays: field::parse(&WEEKDAY, weekday)?,
        })
    }

    fn every_hour(&self) -> bool {
        self.hours.is_full(&HOUR)
    }

    /// The first allowed time at or after a whole second.
    fn first_from(&self, local: DateTime) -> Option<DateTime> {
        if self.allows(local.date())
            && let Some(time) = self.time_from(local.time())
        {
            return Some(local.date().to_datetime(time));
        }
        let day = self.day_from(local.date().tomorrow().ok()?)?;
        Some(day.to_datetime(self.time_from(Time::midnight())?))
    }

    fn day_from(&self, day: Date) -> Option<Date> {
        let last_year = day.year().saturating_add(HORIZON);
        let mut day = day;
        while !self.allows(day) {
            if day.year() > last_year {
                return None;
            }
            day = match self.months.contains(day.month() as u8) {
                true => day.tomorrow().ok()?,
                false => day.first_of_month().checked_add(1.month()).ok()?,
            };
        }
        Some(day)
    }

    fn allows(&self, day: Date) -> bool {
        let of_month = self.days.contains(day.day() as u8);
        let of_week = self.weekdays.contains(day.weekday().to_sunday_zero_offset() as u8);
        let either = !self.days.open && !self.weekdays.open;
        self.months.contains(day.month() as u8)
            && if either { of_month || of_week } else { of_month && of_week }
    }

    fn time_from(&self, time: Time) -> Option<Time> {
        let [hour, minute, second] = [time.hour() as u8, time.minute() as u8, time.second() as u8];
        let found = self.within_hour(hour, minute, second).or_else(|| {
            let hour = self.hours.first_from(hour + 1)?;
            self.within_hour(hour, 0, 0)
        });
        let (hour, minute, second) = found?;
        Time::new(hour as i8, minute as i8, second as i8, 0).ok()
    }

    fn within_hour(&self, hour: u8, minute: u8, second: u8) -> Option<(u8, u8, u8)> {
        if !self.hours.contains(hour) {
            return None;
        }
        if self.minutes.contains(minute)
            && let Some(second) = self.seconds.first_from(second)
        {
            return Some((hour, minute, second));
        }
        Some((hour, self.minutes.first_from(minute + 1)?, self.seconds.first_from(0)?))
    }
}
