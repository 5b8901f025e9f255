//! What passes is waited for, and costs no try: a full disk until it has space, any other failure of
//! the disk for a few seconds.

use std::io;
use std::time::Duration;

use aileron_engine::{ErrorKind, Failure};
use aileron_storage::StorageError;

use super::{Attempt, Halt, Step};
use crate::control::ControlError;
use crate::told;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often something other than a full disk is tried again: about three seconds in all.
const PATIENCE: u32 = 5;

/// What an error means for the attempt.
enum Meaning {
    /// There is no space, or nobody answers; someone will see to it.
    Full(String),
    /// It may pass.
    Passing(String),
    /// It will not.
    Lasting(Failure),
}

impl Attempt {
    /// Uses the object store until it answers, or the attempt is to end.
    pub(crate) async fn patiently<T, F>(&self, act: impl Fn() -> F) -> Step<T>
    where
        F: Future<Output = Result<T, StorageError>>,
    {
        self.persist(act, storage_meaning).await
    }

    /// The same for the control plane, however long it does not answer.
    pub(crate) async fn asking<T, F>(&self, act: impl Fn() -> F) -> Step<T>
    where
        F: Future<Output = Result<T, ControlError>>,
    {
        self.persist(act, control_meaning).await
    }

    /// The same for files and processes.
    pub(crate) async fn patiently_io<T, F>(&self, act: impl Fn() -> F) -> Step<T>
    where
        F: Future<Output = io::Result<T>>,
    {
        self.persist(act, io_meaning).await
    }

    async fn persist<T, E, F>(&self, act: impl Fn() -> F, meaning: impl Fn(&E) -> Meaning) -> Step<T>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut tried = 0;
        loop {
            let error = match act().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            match meaning(&error) {
                Meaning::Lasting(failure) => return Err(Halt::Failed(failure)),
                Meaning::Passing(error) if tried >= PATIENCE => {
                    return Err(Halt::Failed(Failure::system("StorageError", error)));
                }
                Meaning::Passing(error) | Meaning::Full(error) => self.pause(tried, &error).await?,
            }
            tried += 1;
        }
    }

    async fn pause(&self, tried: u32, error: &str) -> Step<()> {
        let pause = FIRST_PAUSE.saturating_mul(1 << tried.min(10)).min(LONGEST_PAUSE);
        let node = &self.place.unique_id;
        tracing::warn!(
            execution = self.run.workflow.execution_id.name,
            node,
            error,
            ?pause,
            "an attempt waits"
        );
        tokio::select! {
            halt = self.halted() => Err(halt),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }
}

fn control_meaning(error: &ControlError) -> Meaning {
    match error {
        ControlError::Unavailable(text) => Meaning::Full(text.clone()),
        ControlError::Refused(text) => {
            let failure = Failure::permanent("LaunchPlanExecutionFailed", text.clone());
            Meaning::Lasting(Failure { kind: ErrorKind::User, ..failure })
        }
    }
}

fn storage_meaning(error: &StorageError) -> Meaning {
    let text = told(error);
    match error {
        StorageError::Full(_) => Meaning::Full(text),
        // What stands in the way of our own names is put there by hand, and can be put away.
        StorageError::Store { .. } | StorageError::Blocked(_) => Meaning::Passing(text),
        StorageError::NotFound(_)
        | StorageError::Foreign { .. }
        | StorageError::TooLarge { .. }
        | StorageError::Range { .. }
        | StorageError::Decode { .. }
        | StorageError::Damaged { .. } => {
            Meaning::Lasting(Failure::permanent("BindingResolutionFailure", text))
        }
    }
}

fn io_meaning(error: &io::Error) -> Meaning {
    use io::ErrorKind::{ArgumentListTooLong, InvalidInput, QuotaExceeded, StorageFull};
    let text = told(error);
    match error.kind() {
        StorageFull | QuotaExceeded => Meaning::Full(text),
        ArgumentListTooLong | InvalidInput => {
            let text = format!("the task's command or environment cannot be given to a process: {text}");
            Meaning::Lasting(Failure::permanent("BadTaskDefinition", text))
        }
        _ => Meaning::Passing(text),
    }
}
