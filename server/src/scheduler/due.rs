//! Which ticks are due, and which of those that were missed are made up for.

use jiff::{SignedDuration, Timestamp};

use super::schedule::Schedule;

/// A tick that is noticed within this time was not missed; it is launched whatever the limit.
const ON_TIME: SignedDuration = SignedDuration::from_mins(1);
/// Ticks that are looked at in one go, beside those that are made up for.
const CHUNK: usize = 10_000;

/// What is to be done about a schedule now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// The oldest missed ticks, beyond the limit.
    pub(super) skipped: Option<Skipped>,
    /// The ticks to launch, oldest first. Empty while there is more to skip.
    pub(super) fire: Vec<Timestamp>,
    /// Whether this is all; else there are more ticks once these are skipped.
    pub(super) complete: bool,
}

/// Ticks that are passed over.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Skipped {
    pub(super) ticks: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

/// The ticks after `after` up to `now`: of those that were missed the newest `limit` are kept.
pub(super) fn due(schedule: &Schedule, after: Timestamp, now: Timestamp, limit: usize) -> Due {
    let size = CHUNK.saturating_add(limit);
    let ticks = std::iter::successors(schedule.next_after(after), |tick| schedule.next_after(*tick));
    let mut ticks: Vec<Timestamp> = ticks.take_while(|tick| *tick <= now).take(size).collect();
    let complete = ticks.len() < size;
    let late = |tick: &Timestamp| now.duration_since(*tick) > ON_TIME;
    let missed = ticks.partition_point(late);
    let mut fire = ticks.split_off(missed.saturating_sub(limit));
    if !complete {
        fire.clear();
    }
    Due { skipped: Skipped::of(&ticks), fire, complete }
}

impl Skipped {
    fn of(ticks: &[Timestamp]) -> Option<Skipped> {
        let (first, last) = (*ticks.first()?, *ticks.last()?);
        Some(Skipped { ticks: ticks.len() as u64, first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn due_of(cron: &str, after: &str, now: &str, limit: usize) -> Due {
        due(&Schedule::cron(cron, Timestamp::UNIX_EPOCH).unwrap(), at(after), at(now), limit)
    }

    #[test]
    fn a_tick_on_time_is_launched_whatever_the_limit() {
        let due = due_of("* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00.5Z", 0);
        assert_eq!(due, Due { skipped: None, fire: vec![at("2026-01-01T00:01:00Z")], complete: true });
    }

    #[test]
    fn the_newest_missed_ticks_are_kept() {
        let due = due_of("* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:10:30Z", 2);
        let skipped =
            Skipped { ticks: 7, first: at("2026-01-01T00:01:00Z"), last: at("2026-01-01T00:07:00Z") };
        assert_eq!(due.skipped, Some(skipped));
        let kept = ["2026-01-01T00:08:00Z", "2026-01-01T00:09:00Z", "2026-01-01T00:10:00Z"].map(at);
        assert_eq!(due.fire, kept);
    }

    #[test]
    fn nothing_is_due_before_the_first_tick() {
        let due = due_of("0 12 * * *", "2026-01-01T12:00:00Z", "2026-01-02T11:59:59Z", 5);
        assert_eq!(due, Due { skipped: None, fire: Vec::new(), complete: true });
    }

    #[test]
    fn a_long_outage_is_passed_over_in_pieces_and_counted_whole() {
        let schedule = Schedule::cron("* * * * * *", Timestamp::UNIX_EPOCH).unwrap();
        let (mut after, now) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"));
        let mut skipped = 0;
        let fired = loop {
            let due = due(&schedule, after, now, 3);
            if let Some(passed) = due.skipped {
                skipped += passed.ticks;
                after = passed.last;
            }
            if due.complete {
                break due.fire;
            }
            assert_eq!(due.fire, []);
        };
        // The last minute is on time, from its first second to its last.
        assert_eq!((fired.len(), fired.last()), (61 + 3, Some(&now)));
        assert_eq!(skipped + fired.len() as u64, 86_400);
    }
}
