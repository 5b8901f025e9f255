//! What a task's attempt left once it has ended well, as the engine sees it.

use aileron_engine::{AttemptSeen, Failure, Timestamp};
use aileron_idl::core::{LiteralMap, TaskTemplate};

use super::{Attempt, Halt, Step};
use crate::catalog::key;
use crate::outcome::{self, Expected, Outcome};
use crate::outputs::misfit;

/// How what runs a task says that it has ended.
#[derive(Debug)]
pub(crate) enum TaskOutcome {
    /// Well: what it left says the rest.
    Well,
    /// Otherwise; what the task wrote about its own end says more, if it did.
    Badly(Failure),
}

impl Attempt {
    /// Reads what the task left, from its begin to its end.
    pub(crate) async fn conclude(
        &self,
        task: &TaskTemplate,
        times: (Timestamp, Timestamp),
        ended: TaskOutcome,
    ) -> Step<AttemptSeen> {
        match self.concluded(task, times, ended).await? {
            AttemptSeen::Failed { since, at, failure } => {
                let deck = self.left_deck(task).await?;
                Ok(AttemptSeen::Failed { since, at, failure: Failure { deck, ..failure } })
            }
            seen => Ok(seen),
        }
    }

    async fn concluded(
        &self,
        task: &TaskTemplate,
        (since, at): (Timestamp, Timestamp),
        ended: TaskOutcome,
    ) -> Step<AttemptSeen> {
        // Two clocks may have told the instants.
        let at = at.max(since);
        let failed = |failure| AttemptSeen::Failed { since: Some(since), at, failure };
        let outcome = match ended {
            TaskOutcome::Badly(failure) => return Ok(failed(self.own_words().await?.unwrap_or(failure))),
            TaskOutcome::Well => self.outcome(task).await?,
        };
        match outcome {
            Outcome::Failure(failure) => Ok(failed(failure)),
            Outcome::Workflow(spec) => match self.grown(task, *spec, (since, at)).await {
                Err(Halt::Failed(failure)) => Ok(failed(failure)),
                grown => grown,
            },
            Outcome::Outputs { outputs, deck } => {
                if let Some(failure) = self.misfit(task, &outputs) {
                    return Ok(failed(failure));
                }
                self.keep_or_move(outputs).await?;
                Ok(AttemptSeen::Succeeded { since, at, deck })
            }
        }
    }

    async fn outcome(&self, task: &TaskTemplate) -> Step<Outcome> {
        let prefix = self.left_at();
        let outputs = task.interface.as_ref().and_then(|interface| interface.outputs.as_ref());
        let expected = Expected {
            outputs: outputs.is_some_and(|outputs| !outputs.variables.is_empty()),
            deck: may_leave_deck(task),
        };
        self.patiently(|| outcome::read(&self.host.storage, &prefix, expected)).await
    }

    /// What is wrong with the outputs. A task that runs for one item may have the interface of its array.
    fn misfit(&self, task: &TaskTemplate, outputs: &LiteralMap) -> Option<Failure> {
        match &self.item {
            Some(item) if item.wrapped => misfit(&key::of_one_item(task, &item.bound), outputs),
            _ => misfit(task, outputs),
        }
    }

    /// Where the attempt leaves what it has to say.
    pub(crate) fn left_at(&self) -> String {
        let prefix = self.run.paths.attempt(&self.place, self.number);
        match &self.item {
            Some(item) if item.appended => format!("{prefix}/{}", item.index),
            _ => prefix,
        }
    }

    /// Readers look where all attempts have their outputs.
    async fn keep_or_move(&self, outputs: LiteralMap) -> Step<()> {
        if self.item.as_ref().is_some_and(|item| item.appended) {
            return self.put_outputs(outputs).await.map(drop);
        }
        self.keep(outputs);
        Ok(())
    }

    /// Whether a failed task that says that it makes decks left one. Of others nobody expects it.
    async fn left_deck(&self, task: &TaskTemplate) -> Step<bool> {
        let makes = task.metadata.as_ref().and_then(|metadata| metadata.generates_deck);
        let uri = format!("{}/deck.html", self.left_at());
        Ok(makes == Some(true) && self.patiently(|| self.host.storage.exists(&uri)).await?)
    }

    /// What the task wrote about its own end.
    async fn own_words(&self) -> Step<Option<Failure>> {
        let prefix = self.left_at();
        self.patiently(|| outcome::read_error(&self.host.storage, &prefix)).await
    }
}

/// Whether the task says nothing else about decks.
pub(super) fn may_leave_deck(task: &TaskTemplate) -> bool {
    task.metadata.as_ref().is_none_or(|metadata| metadata.generates_deck != Some(false))
}
