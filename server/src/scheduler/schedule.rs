//! When a launch plan fires: a pure value, from text or a rate, that answers which tick comes next.
//!
//! It knows no clock. Ticks are whole seconds, and depend only on the schedule and, for what repeats
//! at a fixed distance, on its anchor: neither a restart nor a late start shifts them.

use aileron_idl::admin::{FixedRate, FixedRateUnit};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use super::cron::{self, Cron, CronError};

/// Longest distance, and longest offset: a year.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// What is wrong with a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScheduleError {
    /// The cron expression.
    #[error(transparent)]
    Cron(#[from] CronError),
    /// What follows `@every`.
    #[error("`{0}` is no distance; write whole seconds up to 366 days, as in `@every 1h30m`")]
    Every(String),
    /// A rate of nothing, or of more than a year.
    #[error("a rate is at least 1 and at most 366 days")]
    Rate,
    /// An offset that is no duration.
    #[error("an offset is an ISO 8601 duration of whole seconds from PT0S to P366D, as in `PT1H`")]
    Offset,
}

/// A schedule, understood.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    rule: Rule,
    /// How much later than the rule says.
    offset: SignedDuration,
}

#[derive(Clone, Debug)]
enum Rule {
    Cron(Cron),
    /// `anchor` and every so many seconds before and after it.
    Every {
        seconds: i64,
        anchor: Timestamp,
    },
}

impl Schedule {
    /// A cron expression, an alias, or `@every` and a distance, which counts from the anchor.
    pub(crate) fn cron(text: &str, anchor: Timestamp) -> Result<Schedule, ScheduleError> {
        let (zone, text) = cron::split_zone(text)?;
        let rule = match text.strip_prefix("@every") {
            Some(distance) => Rule::Every { seconds: every(distance.trim())?, anchor: whole(anchor) },
            None => Rule::Cron(Cron::parse(zone, text)?),
        };
        Ok(Schedule { rule, offset: SignedDuration::ZERO })
    }

    /// A fixed rate, counted from the anchor. A day is 24 hours.
    pub(crate) fn rate(rate: &FixedRate, anchor: Timestamp) -> Result<Schedule, ScheduleError> {
        let unit = match FixedRateUnit::try_from(rate.unit).map_err(|_| ScheduleError::Rate)? {
            FixedRateUnit::Minute => 60,
            FixedRateUnit::Hour => 3600,
            FixedRateUnit::Day => 86_400,
        };
        let seconds = i64::from(rate.value) * unit;
        if !(1..=LONGEST.as_secs()).contains(&seconds) {
            return Err(ScheduleError::Rate);
        }
        Ok(Schedule { rule: Rule::Every { seconds, anchor: whole(anchor) }, offset: SignedDuration::ZERO })
    }

    /// The same schedule, later by an ISO 8601 duration; empty for none.
    pub(crate) fn with_offset(self, text: &str) -> Result<Schedule, ScheduleError> {
        if text.is_empty() {
            return Ok(self);
        }
        let span: Span = text.parse().map_err(|_| ScheduleError::Offset)?;
        let offset = span.to_duration(SpanRelativeTo::days_are_24_hours());
        let offset = offset
            .ok()
            .filter(|offset| offset.subsec_nanos() == 0 && (SignedDuration::ZERO..=LONGEST).contains(offset));
        Ok(Schedule { offset: offset.ok_or(ScheduleError::Offset)?, ..self })
    }

    /// The first tick after an instant; none beyond the years that there are.
    pub(crate) fn next_after(&self, instant: Timestamp) -> Option<Timestamp> {
        let instant = instant.checked_sub(self.offset).ok()?;
        let tick = match &self.rule {
            Rule::Cron(cron) => cron.next_after(instant)?,
            Rule::Every { seconds, anchor } => {
                let elapsed = instant.duration_since(*anchor);
                let floor = elapsed.as_secs() - i64::from(elapsed.subsec_nanos() < 0);
                let count = floor.div_euclid(*seconds) + 1;
                anchor.checked_add(SignedDuration::from_secs(count * seconds)).ok()?
            }
        };
        tick.checked_add(self.offset).ok()
    }
}

/// The whole second of an instant of our age.
fn whole(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

fn every(text: &str) -> Result<i64, ScheduleError> {
    let distance: Option<SignedDuration> = text.parse().ok();
    let whole = |distance: &SignedDuration| {
        distance.subsec_nanos() == 0 && (SignedDuration::from_secs(1)..=LONGEST).contains(distance)
    };
    let distance = distance.filter(whole).ok_or_else(|| ScheduleError::Every(text.to_owned()))?;
    Ok(distance.as_secs())
}

#[cfg(test)]
mod tests;
