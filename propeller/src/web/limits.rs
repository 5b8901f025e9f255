//! How many jobs a service may have, and how often it may be called.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// What a service may be asked.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Jobs under way; `None` for as many as there are.
    jobs: Option<Arc<Semaphore>>,
    /// Calls that begin or end a job.
    pub(crate) changes: Bucket,
    /// Calls that ask how a job stands.
    pub(crate) looks: Bucket,
}

impl Limits {
    /// At most so many jobs (0: any number), and so many calls a second (0: any number).
    pub(crate) fn new(jobs: usize, changes: u32, looks: u32) -> Limits {
        Limits {
            jobs: (jobs > 0).then(|| Arc::new(Semaphore::new(jobs))),
            changes: Bucket::new(changes),
            looks: Bucket::new(looks),
        }
    }

    /// Leave for one more job now, if there is any to give. It is given back when it is dropped.
    pub(crate) fn try_job(&self) -> Result<Leave, ()> {
        match &self.jobs {
            None => Ok(Leave(None)),
            Some(jobs) => jobs.clone().try_acquire_owned().map(|leave| Leave(Some(leave))).map_err(|_| ()),
        }
    }

    /// Waits for leave for one more job.
    pub(crate) async fn job(&self) -> Leave {
        match &self.jobs {
            None => Leave(None),
            // It is never closed.
            Some(jobs) => Leave(jobs.clone().acquire_owned().await.ok()),
        }
    }
}

/// Leave for one job.
#[derive(Debug)]
pub(crate) struct Leave(
    #[expect(dead_code, reason = "it is held until it is dropped")] Option<OwnedSemaphorePermit>,
);

/// Tokens that come at a rate, of which a second's worth can be saved up.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    /// Between two tokens; nothing for any number.
    interval: Duration,
    /// When the next token is there, at the latest one second before now.
    next: Arc<Mutex<Option<Instant>>>,
}

/// What can be saved up.
const SAVED: Duration = Duration::from_secs(1);

impl Bucket {
    /// So many tokens a second; 0 for any number.
    pub(crate) fn new(rate: u32) -> Bucket {
        let interval = Duration::from_secs(1).checked_div(rate).unwrap_or_default();
        Bucket { interval, next: Arc::default() }
    }

    /// Waits for a token. Whoever asks first is served first.
    pub(crate) async fn take(&self) {
        if !self.interval.is_zero() {
            tokio::time::sleep_until(self.reserve(Instant::now())).await;
        }
    }

    /// When the next token is there, which is taken by that.
    fn reserve(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = now.checked_sub(SAVED).unwrap_or(now);
        let at = next.unwrap_or(oldest).max(oldest);
        *next = Some(at + self.interval);
        at + self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_what_was_saved_and_then_its_rate() {
        let bucket = Bucket::new(10);
        let start = Instant::now();
        for _ in 0..30 {
            bucket.take().await;
        }
        let taken = start.elapsed();
        assert!((1_900..2_100).contains(&taken.as_millis()), "{taken:?}");
    }

    #[tokio::test]
    async fn without_a_rate_nobody_waits() {
        let bucket = Bucket::new(0);
        for _ in 0..100_000 {
            bucket.take().await;
        }
    }

    #[tokio::test]
    async fn leave_for_a_job_comes_back() {
        let limits = Limits::new(1, 0, 0);
        let leave = limits.job().await;
        assert!(limits.try_job().is_err());
        drop(leave);
        assert!(limits.try_job().is_ok());
    }
}
