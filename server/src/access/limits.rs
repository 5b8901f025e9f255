//! How often somebody may ask: a bucket of requests a caller, so that one loop does not slow all others.

use std::num::NonZeroU32;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tonic::Status;

use super::Caller;
use super::caller::Who;
use crate::front;

/// How many callers are remembered before those that have not called for a while are forgotten.
const REMEMBERED: usize = 10_000;

/// The buckets of all callers.
#[derive(Debug)]
pub(crate) struct CallerLimits {
    requests: Option<DefaultKeyedRateLimiter<String>>,
    /// Tries of a password or a device's code.
    passwords: DefaultKeyedRateLimiter<String>,
    /// Tries of programs' secrets, and of anything from one address.
    tries: DefaultKeyedRateLimiter<String>,
}

impl CallerLimits {
    /// At most so many requests a second of one caller, twice as many at once; 0 is no limit.
    pub(crate) fn new(per_second: u32) -> CallerLimits {
        let requests = NonZeroU32::new(per_second).map(|rate| {
            RateLimiter::keyed(Quota::per_second(rate).allow_burst(rate.saturating_add(rate.get())))
        });
        let a_minute =
            |most| RateLimiter::keyed(Quota::per_minute(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN)));
        CallerLimits { requests, passwords: a_minute(10), tries: a_minute(120) }
    }

    /// Refuses a caller who asks too often. Parts of the platform ask as often as there is work.
    pub(crate) fn check(&self, caller: &Caller) -> Result<(), Status> {
        let (Some(requests), false) = (&self.requests, matches!(caller.who, Who::Part(_))) else {
            return Ok(());
        };
        let key = match &caller.who {
            Who::Nobody | Who::Everybody => caller.address.map(|at| at.to_string()).unwrap_or_default(),
            who => who.to_string(),
        };
        check(requests, &key, "requests")
    }

    /// Refuses who tries passwords or codes too often: ten a minute of one person.
    pub(crate) fn check_password(&self, who: &str) -> Result<(), Status> {
        check(&self.passwords, who, "tries")
    }

    /// Refuses a program that asks for tokens too often, or an address that tries for many.
    pub(crate) fn check_tries(&self, who: &str) -> Result<(), Status> {
        check(&self.tries, who, "tries")
    }
}

fn check(limiter: &DefaultKeyedRateLimiter<String>, key: &str, what: &str) -> Result<(), Status> {
    if limiter.len() > REMEMBERED {
        limiter.retain_recent();
    }
    limiter
        .check_key(&key.to_owned())
        .map_err(|_| front::busy(format!("too many {what}; try again in a moment")))
}

#[cfg(test)]
mod tests {
    use super::super::caller::Via;
    use super::*;

    #[test]
    fn one_who_asks_too_often_does_not_keep_others_out() {
        let limits = CallerLimits::new(5);
        let person = |name: &str| Caller::known(Who::Person(name.to_owned()), Via::Token);
        let answered = (0..50).filter(|_| limits.check(&person("ann")).is_ok()).count();
        assert!((10..15).contains(&answered), "{answered}");
        assert!(limits.check(&person("bob")).is_ok());
        assert!((0..50).all(|_| limits.check(&Caller::part("propeller")).is_ok()));
        let refusal = (0..50).find_map(|_| limits.check(&person("ann")).err()).unwrap();
        assert_eq!(refusal.code(), tonic::Code::ResourceExhausted);
    }
}
