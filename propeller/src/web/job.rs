//! One job from its begin to its end.

use std::time::Duration;

use aileron_engine::{AttemptSeen, Failure, Timestamp};
use aileron_idl::core::{LiteralMap, TaskTemplate};

use super::limits::Leave;
use super::pause::{Pace, Pauses};
use super::record::{self, LARGEST, Record};
use super::{CallError, Phase, Resource, WebApi};
use crate::clock;
use crate::run::{Attempt, Facts, Halt, Step, TaskOutcome, Waits};

/// First and longest pause before a call that failed is made again.
const AGAIN: Pace = Pace { first: Duration::from_millis(200), longest: Duration::from_secs(20) };
/// How often in a row a service may answer that something is wrong.
const WRONG: u32 = 5;

/// One attempt and the service that runs it.
pub(crate) struct Job<'a, A: WebApi + ?Sized> {
    pub(crate) api: &'a A,
    pub(crate) attempt: &'a Attempt,
    /// How often the job is looked at.
    pub(crate) pace: Pace,
    /// How long the service may be away before the attempt fails, or its job is left to itself.
    pub(crate) patience: Duration,
}

/// What is told of a job that has not begun to run.
#[derive(Default)]
struct Told {
    waits: Waits,
    runs: Option<Timestamp>,
}

impl<A: WebApi + ?Sized> Job<'_, A> {
    /// Runs the job to its end, or finds one that an earlier driver began.
    pub(crate) async fn run(&self, task: &TaskTemplate) -> Step<AttemptSeen> {
        let mut told = Told::default();
        let kept = self.found().await?;
        let (created, _leave) = match kept.as_ref().and_then(Record::meta) {
            // What is under way is counted, but not held up by those that wait.
            Some(created) => (created, self.api.limits().try_job().ok()),
            None => {
                let leave = self.leave(&mut told).await?;
                if kept.is_some() && !self.api.finds() {
                    let again =
                        "an earlier driver may have begun a job whose name is not known; another is begun";
                    self.tell_waits(&mut told, false, again);
                }
                (self.create(&mut told, kept.is_some()).await?, Some(leave))
            }
        };
        let (at, meta) = created;
        let (resource, since) = self.follow(&mut told, at, &meta).await?;
        self.conclude(task, resource, since).await
    }

    /// Runs work that a service does within one call. It is done again by a driver that goes on after this one.
    pub(crate) async fn at_once<F>(&self, task: &TaskTemplate, call: impl Fn() -> F) -> Step<AttemptSeen>
    where
        F: Future<Output = Result<Resource, CallError>>,
    {
        let mut told = Told::default();
        let _leave = self.leave(&mut told).await?;
        let (mut pauses, since) = (Pauses::new(AGAIN), clock::now());
        loop {
            self.api.limits().changes.take().await;
            // Dropping the call ends it there.
            let answer = tokio::select! {
                biased;
                halt = self.attempt.halted() => return Err(halt),
                answer = call() => answer,
            };
            match answer {
                Ok(resource) => {
                    self.tell_of(&mut told, &resource);
                    return self.conclude(task, resource, since).await;
                }
                Err(CallError::Refused(failure) | CallError::Wrong(failure)) => {
                    return Err(Halt::Failed(failure));
                }
                Err(CallError::Late(reason)) => {
                    let hint = "give the call more time, or the work a connector that is asked after";
                    return Err(Halt::Failed(Failure::permanent(
                        "ServiceTooSlow",
                        format!("{reason}; {hint}"),
                    )));
                }
                Err(CallError::Away(reason)) => {
                    self.stay(&mut told, since, &reason, pauses.after_nothing()).await?;
                }
            }
        }
    }

    /// Ends the job of an attempt that an earlier driver began.
    pub(crate) async fn end(&self) {
        let Ok(Some(kept)) = self.found().await else { return };
        match kept.meta() {
            Some((_, meta)) => self.delete(&meta).await,
            None => self.delete_unknown().await,
        }
    }

    /// Where what survives of the job is kept.
    fn kept(&self) -> String {
        format!("{}/job.json", self.attempt.left_at())
    }

    /// Waits for leave to have one more job there.
    async fn leave(&self, told: &mut Told) -> Step<Leave> {
        if let Ok(leave) = self.api.limits().try_job() {
            return Ok(leave);
        }
        let reason = format!("{} runs as many jobs as it may", self.api.service());
        self.tell_waits(told, false, &reason);
        tokio::select! {
            biased;
            halt = self.attempt.halted() => Err(halt),
            leave = self.api.limits().job() => Ok(leave),
        }
    }

    /// Begins the job, and keeps what the service knows it by. One that may have been begun is looked for before.
    async fn create(&self, told: &mut Told, may_be: bool) -> Step<(Timestamp, Vec<u8>)> {
        self.keep(&Record::Creating).await?;
        let meta = self.begin(told, may_be).await?;
        if meta.len() > LARGEST {
            self.delete(&meta).await;
            let message = format!(
                "{} knows its job by {} bytes; {LARGEST} are the most that are kept",
                self.api.service(),
                meta.len()
            );
            return Err(Halt::Failed(Failure::permanent("ResourceMetaTooLarge", message)));
        }
        let at = clock::now();
        // What is not kept would be lost: the job goes when its attempt does.
        match self.keep(&Record::created(at, &meta)).await {
            Err(Halt::Stopping) => Err(Halt::Stopping),
            Err(halt) => {
                self.delete(&meta).await;
                Err(halt)
            }
            Ok(()) => Ok((at, meta)),
        }
    }

    async fn keep(&self, record: &Record) -> Step<()> {
        let (storage, kept) = (&self.attempt.host.storage, self.kept());
        self.attempt.patiently(|| record::write(storage, &kept, record)).await
    }

    async fn found(&self) -> Step<Option<Record>> {
        let (storage, kept) = (&self.attempt.host.storage, self.kept());
        self.attempt.patiently(|| record::read(storage, &kept)).await
    }

    async fn begin(&self, told: &mut Told, mut may_be: bool) -> Step<Vec<u8>> {
        let begun = self.begin_or_halt(told, &mut may_be).await;
        if may_be && matches!(begun, Err(Halt::Killed | Halt::Failed(_))) {
            self.delete_unknown().await;
        }
        begun
    }

    /// Begins the job; `may_be` says whether it may have been begun without an answer.
    async fn begin_or_halt(&self, told: &mut Told, may_be: &mut bool) -> Step<Vec<u8>> {
        let (mut pauses, since) = (Pauses::new(AGAIN), clock::now());
        loop {
            tokio::select! {
                biased;
                halt = self.attempt.halted() => return Err(halt),
                () = self.api.limits().changes.take() => {}
            }
            // A call that is under way is not left alone: it may begin a job, which then has to end.
            match self.found_or_created(*may_be).await {
                Ok(meta) => {
                    *may_be = false;
                    if self.attempt.kill.is_cancelled() {
                        self.delete(&meta).await;
                        return Err(Halt::Killed);
                    }
                    return Ok(meta);
                }
                Err(CallError::Refused(failure) | CallError::Wrong(failure)) => {
                    return Err(Halt::Failed(failure));
                }
                Err(CallError::Away(reason) | CallError::Late(reason)) => {
                    *may_be = true;
                    self.stay(told, since, &reason, pauses.after_nothing()).await?;
                }
            }
        }
    }

    async fn found_or_created(&self, may_be: bool) -> Result<Vec<u8>, CallError> {
        if may_be && let Some(meta) = self.api.find().await? {
            return Ok(meta);
        }
        self.api.create().await
    }

    /// Ends a job that may have been begun, if its service can find it.
    async fn delete_unknown(&self) {
        match self.api.find().await {
            Ok(Some(meta)) => self.delete(&meta).await,
            Ok(None) => {}
            Err(error) => {
                let service = self.api.service();
                tracing::error!(
                    service,
                    ?error,
                    "a job may run of which nobody knows: it cannot be looked for"
                );
            }
        }
    }

    /// Waits before a service that is away is asked again, if it is not away for too long.
    async fn stay(&self, told: &mut Told, since: Timestamp, reason: &str, pause: Duration) -> Step<()> {
        if self.is_too_long(since) {
            return Err(Halt::Failed(self.unreachable(reason)));
        }
        self.tell_waits(told, false, reason);
        tokio::select! {
            biased;
            halt = self.attempt.halted() => Err(halt),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }

    fn is_too_long(&self, since: Timestamp) -> bool {
        let away = clock::now().0.saturating_sub(since.0);
        u128::try_from(away).unwrap_or_default() >= self.patience.as_nanos()
    }

    fn unreachable(&self, reason: &str) -> Failure {
        let (service, patience) = (self.api.service(), self.patience);
        let message =
            format!("{service} has not answered for {patience:?}: {reason}; see whether it runs there");
        Failure::permanent("ServiceUnreachable", message)
    }

    /// Looks at the job until it has ended; the attempt's end ends it.
    async fn follow(&self, told: &mut Told, at: Timestamp, meta: &[u8]) -> Step<(Resource, Timestamp)> {
        let (mut pauses, mut failing) = (Pauses::new(self.pace), Pauses::new(AGAIN));
        let (mut last, mut heard, mut wrong) = (None, clock::now(), 0);
        loop {
            let looked = tokio::select! {
                biased;
                halt = self.attempt.halted() => return Err(self.halted(halt, meta).await),
                looked = self.look(meta) => looked,
            };
            let pause = match looked {
                Ok(resource) => {
                    (heard, wrong, failing) = (clock::now(), 0, Pauses::new(AGAIN));
                    self.tell_of(told, &resource);
                    if matches!(resource.phase, Phase::Succeeded(_) | Phase::Failed(_)) {
                        return Ok((resource, told.runs.unwrap_or(at)));
                    }
                    let is_news = last.as_ref() != Some(&resource);
                    last = Some(resource);
                    if is_news { pauses.after_news() } else { pauses.after_nothing() }
                }
                Err(CallError::Refused(failure)) => return Err(Halt::Failed(failure)),
                Err(CallError::Wrong(failure)) if wrong >= WRONG => {
                    self.delete(meta).await;
                    return Err(Halt::Failed(failure));
                }
                Err(CallError::Wrong(_)) => {
                    wrong += 1;
                    heard = clock::now();
                    failing.after_nothing()
                }
                Err(CallError::Away(reason) | CallError::Late(reason)) if self.is_too_long(heard) => {
                    return Err(Halt::Failed(self.unreachable(&reason)));
                }
                Err(CallError::Away(_) | CallError::Late(_)) => failing.after_nothing(),
            };
            tokio::select! {
                biased;
                halt = self.attempt.halted() => return Err(self.halted(halt, meta).await),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn look(&self, meta: &[u8]) -> Result<Resource, CallError> {
        self.api.limits().looks.take().await;
        self.api.get(meta).await
    }

    /// An attempt that is to end leaves no job; a driver that stops leaves it as it is.
    async fn halted(&self, halt: Halt, meta: &[u8]) -> Halt {
        if matches!(halt, Halt::Killed) {
            self.delete(meta).await;
        }
        halt
    }

    /// Ends the job. A service that is away is asked again within its patience; one that answers that something is wrong,
    /// a few times.
    async fn delete(&self, meta: &[u8]) {
        let (mut pauses, since, mut wrong) = (Pauses::new(AGAIN), clock::now(), 0);
        loop {
            self.api.limits().changes.take().await;
            let error = match self.api.delete(meta).await {
                Ok(()) => return,
                Err(error) => error,
            };
            let service = self.api.service();
            wrong += u32::from(matches!(error, CallError::Wrong(_)));
            if matches!(error, CallError::Refused(_)) || wrong > WRONG || self.is_too_long(since) {
                tracing::error!(service, ?error, "a job may still run: its service does not end it");
                return;
            }
            let pause = pauses.after_nothing();
            tracing::warn!(service, ?error, ?pause, "a job is not ended; it is tried again");
            tokio::select! {
                () = self.attempt.host.stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn tell_of(&self, told: &mut Told, resource: &Resource) {
        match resource.phase {
            Phase::Queued => self.tell_waits(told, false, &resource.message),
            Phase::Initializing => self.tell_waits(told, true, &resource.message),
            Phase::Running if told.runs.is_none() => {
                let since = clock::now();
                told.runs = Some(since);
                self.attempt.tell(AttemptSeen::Running { since });
            }
            Phase::Running | Phase::Succeeded(_) | Phase::Failed(_) => {}
        }
        self.attempt.tell_facts(Facts {
            plugin: self.api.plugin().to_owned(),
            links: resource.links.clone(),
            info: resource.info.clone(),
        });
    }

    fn tell_waits(&self, told: &mut Told, initializing: bool, reason: &str) {
        let waits = Waits { initializing, reason: reason.to_owned() };
        if told.waits != waits {
            self.attempt.tell_waits(waits.clone());
            told.waits = waits;
        }
    }

    async fn conclude(&self, task: &TaskTemplate, resource: Resource, since: Timestamp) -> Step<AttemptSeen> {
        let at = clock::now();
        let ended = match resource.phase {
            Phase::Failed(failure) => TaskOutcome::Badly(failure),
            Phase::Succeeded(Some(outputs)) => {
                self.put(outputs).await?;
                TaskOutcome::Well
            }
            _ => TaskOutcome::Well,
        };
        self.attempt.conclude(task, (since, at), ended).await
    }

    /// Outputs that a service gives are read where a task's own would lie.
    async fn put(&self, outputs: LiteralMap) -> Step<()> {
        let uri = format!("{}/outputs.pb", self.attempt.left_at());
        self.attempt.patiently(|| self.attempt.host.storage.put_message(&uri, &outputs)).await
    }
}
