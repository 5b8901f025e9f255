//! Which failures are tried again: three accounts that never mix.
//!
//! The user's tries are `retries + 1`. The platform's failures have a budget of their own. An attempt
//! lost because the driver went away uses neither. The arithmetic, the `RetriesExhausted|` code and
//! the message are Flyte's; tools parse them.

use serde::{Deserialize, Serialize};

use crate::{ErrorKind, Failure, Timestamp};

/// How many times a platform failure is tried again before it is final. The attempt after the last of them
/// is one that the platform may not take away.
pub const SYSTEM_RETRIES: u32 = 3;

/// First pause after a platform failure, in nanoseconds; it doubles each time.
const FIRST_PAUSE: i64 = 1_000_000_000;

/// The accounts of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// The current attempt, from 0: how many ended before it.
    pub attempt: u32,
    /// How many of those failed for the platform's sake.
    pub system: u32,
    /// How many of those were lost by the driver.
    pub lost: u32,
}

/// What follows a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try again with these accounts, not before `after`.
    Again {
        /// The accounts of the next attempt.
        tries: Tries,
        /// The earliest instant of it.
        after: Timestamp,
    },
    /// The node has failed with this.
    Final(Failure),
}

impl Tries {
    /// The accounts after the driver lost the current attempt.
    pub(crate) fn after_loss(self) -> Tries {
        Tries { attempt: self.attempt.saturating_add(1), lost: self.lost.saturating_add(1), ..self }
    }

    /// What follows when the current attempt failed at `now`.
    pub(crate) fn after_failure(self, failure: Failure, max_attempts: u32, now: Timestamp) -> Verdict {
        if !failure.recoverable {
            return Verdict::Final(failure);
        }
        let next = self.attempt.saturating_add(1);
        let charged = next.saturating_sub(self.system).saturating_sub(self.lost);
        match failure.kind {
            ErrorKind::System if self.system < SYSTEM_RETRIES => {
                let pause = FIRST_PAUSE << self.system;
                let tries = Tries { attempt: next, system: self.system + 1, ..self };
                Verdict::Again { tries, after: now.plus_nanos(pause) }
            }
            ErrorKind::System => Verdict::Final(exhausted(&failure, self.system, SYSTEM_RETRIES)),
            ErrorKind::User | ErrorKind::Unknown if charged < max_attempts => {
                Verdict::Again { tries: Tries { attempt: next, ..self }, after: now }
            }
            ErrorKind::User | ErrorKind::Unknown => {
                Verdict::Final(exhausted(&failure, charged, max_attempts))
            }
        }
    }
}

fn exhausted(last: &Failure, used: u32, budget: u32) -> Failure {
    Failure {
        kind: ErrorKind::User,
        code: format!("RetriesExhausted|{}", last.code),
        message: format!(
            "[{used}/{budget}] currentAttempt done. Last Error: {}::{}",
            last.kind.text(),
            last.message
        ),
        recoverable: false,
        raised_at: last.raised_at,
        deck: last.deck,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(kind: ErrorKind) -> Failure {
        Failure {
            kind,
            code: "C".into(),
            message: "m".into(),
            recoverable: true,
            raised_at: None,
            deck: false,
        }
    }

    /// Walks failures from the first attempt and says how many attempts were made before the end.
    fn attempts_made(kinds: &[ErrorKind], max_attempts: u32) -> (u32, Option<Failure>) {
        let mut tries = Tries::default();
        for kind in kinds {
            match tries.after_failure(fail(*kind), max_attempts, Timestamp(0)) {
                Verdict::Again { tries: next, .. } => tries = next,
                Verdict::Final(failure) => return (tries.attempt + 1, Some(failure)),
            }
        }
        (tries.attempt + 1, None)
    }

    #[test]
    fn the_users_budget_is_retries_plus_one() {
        let (made, failure) = attempts_made(&[ErrorKind::User; 9], 3);
        assert_eq!(made, 3);
        let failure = failure.unwrap();
        assert_eq!(failure.code, "RetriesExhausted|C");
        assert_eq!(failure.message, "[3/3] currentAttempt done. Last Error: USER::m");
    }

    #[test]
    fn the_platforms_failures_do_not_use_the_users_tries() {
        use ErrorKind::{System, User};
        assert_eq!(attempts_made(&[System, User, System, User, System, User], 3).0, 6);
        assert_eq!(attempts_made(&[System; 9], 1).0, 4);
    }

    #[test]
    fn a_lost_attempt_uses_no_budget() {
        let mut tries = Tries::default();
        for _ in 0..50 {
            tries = tries.after_loss();
        }
        assert!(matches!(tries.after_failure(fail(ErrorKind::User), 2, Timestamp(0)), Verdict::Again { .. }));
        assert!(matches!(tries.after_failure(fail(ErrorKind::User), 1, Timestamp(0)), Verdict::Final(_)));
    }

    #[test]
    fn the_platforms_pauses_double() {
        let mut tries = Tries::default();
        let mut pauses = Vec::new();
        while let Verdict::Again { tries: next, after } =
            tries.after_failure(fail(ErrorKind::System), 1, Timestamp(0))
        {
            pauses.push(after.0 / FIRST_PAUSE);
            tries = next;
        }
        assert_eq!(pauses, [1, 2, 4]);
    }

    #[test]
    fn an_unrecoverable_failure_is_final_as_it_is() {
        let failure = Failure { recoverable: false, ..fail(ErrorKind::User) };
        assert_eq!(Tries::default().after_failure(failure.clone(), 5, Timestamp(0)), Verdict::Final(failure));
    }
}
