//! One look at all schedules: those that have something due are brought up to the present.

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use super::check::read;
use super::due::{Skipped, due};
use super::fire::{Fired, fire};
use super::retries::Retries;
use super::schedule::Schedule;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::StoreError;
use crate::store::missed_ticks::{self, Missed, Outcome};
use crate::store::schedules::{self, ScheduleRow, Step};

/// Schedules brought up to the present at the same time.
const AT_ONCE: usize = 16;
/// A schedule that is settled further ahead of the clock than this follows it back.
const AHEAD: SignedDuration = SignedDuration::from_mins(1);

/// Brings all schedules up to `now`; answers when something is due next.
pub(super) async fn round(
    app: &App,
    retries: &mut Retries,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let readers = app.store.readers();
    let due = schedules::due(readers, now, now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX)).await?;
    let ready = due.into_iter().filter(|key| !retries.waits(*key, now));
    let work = stream::iter(ready).map(|key| async move { (key, settle(app, key, now).await) });
    let results: Vec<_> = work.buffer_unordered(AT_ONCE).collect().await;
    for (key, result) in results {
        note(retries, key, now, result);
    }
    let next = schedules::next_tick(readers, now).await?;
    Ok(next.into_iter().chain(retries.next(now)).min())
}

fn note(retries: &mut Retries, key: i64, now: Timestamp, result: Result<(), ServiceError>) {
    match result {
        Ok(()) => retries.worked(key),
        Err(error) => {
            let wait = retries.failed(key, now);
            let cause = error.full_text();
            tracing::error!(schedule = key, cause, ?wait, "a schedule is held up and goes on later");
        }
    }
}

/// Brings one schedule up to `now`.
async fn settle(app: &App, key: i64, now: Timestamp) -> Result<(), ServiceError> {
    let Some(row) = schedules::find(app.store.readers(), key).await? else { return Ok(()) };
    let mut course = match read(&row.spec, row.anchored_at) {
        Ok(Some(schedule)) => Course { app, schedule, at: row.settled_until, row },
        Ok(None) => return give_up(app, &row, now, "the launch plan has no schedule").await,
        Err(error) => return give_up(app, &row, now, &error.to_string()).await,
    };
    if course.at > now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX) {
        tracing::warn!(launch_plan = %course.row.launch_plan, settled_until = %course.at, "the clock went back; the schedule follows");
        course.go(now, None).await?;
        return Ok(());
    }
    course.catch_up(now).await
}

/// A schedule that cannot be read was written by another version of this program: it rests.
async fn give_up(app: &App, row: &ScheduleRow, now: Timestamp, problem: &str) -> Result<(), ServiceError> {
    tracing::error!(launch_plan = %row.launch_plan, problem, "a schedule cannot be read and does not fire");
    let missed = Missed {
        launch_plan_key: row.launch_plan_key,
        outcome: Outcome::Refused(problem.to_owned()),
        ticks: 1,
        first: now,
        last: now,
    };
    let step = step(row, row.settled_until, now, None);
    take(app, step, Some(missed)).await?;
    Ok(())
}

const fn step(row: &ScheduleRow, from: Timestamp, to: Timestamp, next: Option<Timestamp>) -> Step {
    Step { key: row.key, launch_plan_key: row.launch_plan_key, from, to, next }
}

/// Takes a step, and tells in the same transaction what was missed on it.
async fn take(app: &App, step: Step, missed: Option<Missed>) -> Result<bool, StoreError> {
    app.store
        .write(move |db| {
            Box::pin(async move {
                let taken = schedules::take(db, &step).await?;
                if let Some(missed) = missed.filter(|_| taken) {
                    missed_ticks::record(db, &missed).await?;
                }
                Ok(taken)
            })
        })
        .await
}

/// One schedule on its way to the present.
struct Course<'a> {
    app: &'a App,
    row: ScheduleRow,
    schedule: Schedule,
    /// How far it is settled.
    at: Timestamp,
}

impl Course<'_> {
    async fn catch_up(&mut self, now: Timestamp) -> Result<(), ServiceError> {
        loop {
            let due = due(&self.schedule, self.at, now, self.app.settings.max_missed_ticks);
            if let Some(skipped) = &due.skipped
                && !self.skip(skipped).await?
            {
                return Ok(());
            }
            if due.complete {
                return self.fire_all(&due.fire).await;
            }
        }
    }

    /// Launches ticks, oldest first, until done or overtaken.
    async fn fire_all(&mut self, ticks: &[Timestamp]) -> Result<(), ServiceError> {
        if ticks.is_empty() {
            // What the column said is due is not: the zone's rules have changed since.
            self.go(self.at, None).await?;
        }
        for tick in ticks {
            let step = step(&self.row, self.at, *tick, self.schedule.next_after(*tick));
            let goes_on = match fire(self.app, &self.row, step).await? {
                Fired::Launched => {
                    self.app.metrics.ticked("launched", 1);
                    true
                }
                Fired::Overtaken => false,
                Fired::Refused(error) => self.refuse(*tick, &error).await?,
            };
            if !goes_on {
                return Ok(());
            }
            self.at = *tick;
        }
        Ok(())
    }

    async fn skip(&mut self, skipped: &Skipped) -> Result<bool, StoreError> {
        let Skipped { ticks, first, last } = *skipped;
        tracing::warn!(launch_plan = %self.row.launch_plan, ticks, %first, %last, "missed ticks are beyond the limit and skipped");
        self.go(last, Some(self.missed(Outcome::Skipped, ticks, first, last))).await
    }

    async fn refuse(&mut self, tick: Timestamp, error: &ServiceError) -> Result<bool, StoreError> {
        tracing::warn!(launch_plan = %self.row.launch_plan, %tick, %error, "a scheduled launch is refused and not repeated");
        self.go(tick, Some(self.missed(Outcome::Refused(error.to_string()), 1, tick, tick))).await
    }

    fn missed(&self, outcome: Outcome, ticks: u64, first: Timestamp, last: Timestamp) -> Missed {
        Missed { launch_plan_key: self.row.launch_plan_key, outcome, ticks, first, last }
    }

    /// Settles everything up to an instant without a launch. False when somebody else has.
    async fn go(&mut self, to: Timestamp, missed: Option<Missed>) -> Result<bool, StoreError> {
        let step = step(&self.row, self.at, to, self.schedule.next_after(to));
        let told = missed.as_ref().map(|missed| (missed.outcome.name(), missed.ticks));
        let taken = take(self.app, step, missed).await?;
        if let Some((outcome, ticks)) = told.filter(|_| taken) {
            self.app.metrics.ticked(outcome, ticks);
        }
        self.at = to;
        Ok(taken)
    }
}
