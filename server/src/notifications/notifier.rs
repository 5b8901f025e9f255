//! Sends what is due, until it is told to stop.
//!
//! It is rung when an execution ends and looks by itself every few seconds. A notification is claimed before it is sent, so that
//! servers that share a database share the work. What fails is tried again later, each time twice as late; what is
//! refused for good, or has failed for about a day, is given up and told in the log.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::message::{Texts, message};
use super::sink::{Sink, SinkError};
use super::{Notifications, NotificationsError};
use crate::clock;
use crate::server::App;
use crate::store::notifications::{self, Due};
use crate::store::{StoreError, executions};

/// How often it looks without being rung.
const PERIOD: Duration = Duration::from_secs(5);
/// Notifications taken from the store at once.
const BATCH: u32 = 32;
/// How long other servers leave alone what one has claimed: longer than a batch takes when nobody answers.
const CLAIM: Duration = Duration::from_secs(1800);
const LONGEST_WAIT: Duration = Duration::from_secs(4 * 3600);
/// Tries before a notification is given up: some thirty hours.
const TRIES: u32 = 18;

/// The ways that settings name, and what is said by them.
pub(crate) struct Notifier {
    sinks: Vec<Sink>,
    settings: Notifications,
}

impl Notifier {
    /// # Errors
    /// When a setting names no way.
    pub(crate) fn open(settings: Notifications) -> Result<Notifier, NotificationsError> {
        Ok(Notifier { sinks: Sink::all(&settings)?, settings })
    }

    /// How long to wait after so many tries that failed before the last one.
    fn wait(&self, attempts: u32) -> Duration {
        self.settings.first_wait.saturating_mul(1 << attempts.min(16)).min(LONGEST_WAIT)
    }
}

/// Sends until told to stop; what is being sent then may end.
pub(crate) async fn run(app: &Arc<App>, stop: CancellationToken) {
    loop {
        let wait = round(app, &stop).await.unwrap_or_else(|error| {
            tracing::error!(%error, "failed to look for notifications to be sent");
            PERIOD
        });
        tokio::select! {
            () = app.wake_notifier.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Sends one batch; answers when to look again.
async fn round(app: &App, stop: &CancellationToken) -> Result<Duration, StoreError> {
    let now = clock::now();
    if !notifications::any_due(app.store.readers(), &now).await? {
        return Ok(PERIOD);
    }
    let until = clock::later(&now, CLAIM);
    let claim = app
        .store
        .write(move |db| Box::pin(async move { notifications::claim(db, &now, &until, BATCH).await }));
    let due: Vec<Due> = claim.await?;
    let is_all = due.len() < BATCH as usize;
    let mut soonest = if is_all { PERIOD } else { Duration::ZERO };
    for mut due in due {
        if stop.is_cancelled() {
            // Another server, or this one when it is there again, need not wait for the claim to end.
            settle(app, &due, Outcome::Later(Duration::ZERO)).await?;
            continue;
        }
        let outcome = send(app, &mut due).await?;
        if let Outcome::Later(wait) = outcome {
            soonest = soonest.min(wait);
        }
        settle(app, &due, outcome).await?;
    }
    Ok(soonest)
}

/// What became of a notification.
enum Outcome {
    Sent,
    /// Nobody could be told, and trying again would change nothing.
    GivenUp,
    Later(Duration),
}

/// Tells by every way that has not told yet.
async fn send(app: &App, due: &mut Due) -> Result<Outcome, StoreError> {
    let notifier = &app.notifier;
    let Some(row) = executions::find(app.store.readers(), &due.execution).await? else {
        return Ok(Outcome::GivenUp);
    };
    let texts = Texts { subject: &notifier.settings.subject, body: &notifier.settings.body };
    let console = format!("{}/console", app.settings.public_url.trim_end_matches('/'));
    let message = message(texts, row.into_execution(), &due.notification, &console);
    let exec = &due.execution;
    if notifier.sinks.is_empty() {
        tracing::info!(exec.id = %exec, "nobody is told of the end of an execution: neither smtp_url nor notification_webhook is set");
        return Ok(Outcome::GivenUp);
    }
    let mut outcome = Outcome::Sent;
    for sink in &notifier.sinks {
        if due.sent.iter().any(|sent| sent == sink.name()) {
            continue;
        }
        match sink.tell(&message).await {
            Ok(()) => {
                app.metrics.notified("sent");
                due.sent.push(sink.name().to_owned());
            }
            Err(SinkError::Failed(cause)) if due.attempts + 1 < TRIES => {
                let wait = notifier.wait(due.attempts);
                tracing::warn!(exec.id = %exec, by = sink.name(), cause, ?wait, "a notification is sent later");
                outcome = Outcome::Later(wait);
            }
            Err(SinkError::Failed(cause) | SinkError::Refused(cause)) => {
                tracing::error!(exec.id = %exec, by = sink.name(), cause, "a notification is given up");
                app.metrics.notified("given_up");
                due.sent.push(sink.name().to_owned());
            }
        }
    }
    Ok(outcome)
}

async fn settle(app: &App, due: &Due, outcome: Outcome) -> Result<(), StoreError> {
    let due = due.clone();
    app.store
        .write(move |db| {
            Box::pin(async move {
                match outcome {
                    Outcome::Sent | Outcome::GivenUp => notifications::remove(db, due.key).await,
                    Outcome::Later(wait) => {
                        let after = clock::later(&clock::now(), wait);
                        notifications::postpone(db, &due, &after).await
                    }
                }
            })
        })
        .await
}
