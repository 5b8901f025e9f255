//! Which schedules wait after a failure that may pass.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// Longest wait between two tries.
const LONGEST: SignedDuration = SignedDuration::from_mins(5);

/// Schedules that failed, by key. Forgotten at a restart, which is a reason to try again.
#[derive(Debug, Default)]
pub(super) struct Retries(HashMap<i64, Retry>);

#[derive(Debug)]
struct Retry {
    failures: u32,
    since: Timestamp,
    until: Timestamp,
}

impl Retries {
    /// Whether a schedule is to be left alone. A clock that stepped out of the wait ends it.
    pub(super) fn waits(&self, key: i64, now: Timestamp) -> bool {
        self.0.get(&key).is_some_and(|retry| (retry.since..retry.until).contains(&now))
    }

    /// Notes a failure; answers the wait, twice as long each time.
    pub(super) fn failed(&mut self, key: i64, now: Timestamp) -> SignedDuration {
        let failures = self.0.get(&key).map_or(0, |retry| retry.failures);
        let wait = SignedDuration::from_secs(1 << failures.min(20)).min(LONGEST);
        let until = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        self.0.insert(key, Retry { failures: failures + 1, since: now, until });
        wait
    }

    /// Notes that a schedule works (again).
    pub(super) fn worked(&mut self, key: i64) {
        self.0.remove(&key);
    }

    /// When the first wait after an instant ends.
    pub(super) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.0.values().map(|retry| retry.until).filter(|until| *until > after).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_as_long_up_to_a_limit() {
        let (mut retries, now) = (Retries::default(), Timestamp::UNIX_EPOCH);
        let waits: Vec<i64> = (0..10).map(|_| retries.failed(1, now).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        retries.worked(1);
        assert_eq!(retries.failed(1, now).as_secs(), 1);
    }

    #[test]
    fn only_who_failed_waits() {
        let (mut retries, now) = (Retries::default(), Timestamp::UNIX_EPOCH);
        let later = now + retries.failed(1, now);
        assert!(retries.waits(1, now) && !retries.waits(2, now) && !retries.waits(1, later));
        assert_eq!(retries.next(now), Some(later));
        let stepped_back = now - SignedDuration::from_hours(1);
        assert!(!retries.waits(1, stepped_back));
    }
}
