//! The attempt of a node whose work is done by the nodes inside of it: its inputs before they go, its
//! outputs after them.

use std::sync::Arc;

use aileron_engine::{AttemptSeen, conditions};
use aileron_idl::core::{IfElseBlock, LiteralMap};

use super::outcome::may_leave_deck;
use super::{Attempt, Halt, Job, Step};
use crate::clock;

impl Attempt {
    /// Makes the inputs ready.
    pub(super) async fn open(&self) -> Step<AttemptSeen> {
        self.inputs().await?;
        Ok(AttemptSeen::Running { since: clock::now() })
    }

    /// Makes the inputs of a branch ready and picks its arm by them.
    pub(super) async fn choose(&self, block: &IfElseBlock) -> Step<AttemptSeen> {
        let inputs = self.inputs().await?;
        let arm = conditions::choose(block, &inputs).map_err(|error| Halt::Failed(error.into()))?;
        Ok(AttemptSeen::Chose { since: clock::now(), arm })
    }

    /// Makes the outputs that lie at a URI the node's own.
    pub(in crate::run) async fn collect(self: Arc<Self>, from: String) {
        let read = || self.host.literals.get(&self.host.storage, &from);
        let seen = match self.patiently(read).await {
            Ok(outputs) => self.put_collected(outputs.as_ref().clone()).await,
            Err(halt) => Err(halt),
        };
        self.tell_of(seen);
    }

    /// A task that made a workflow may have left a deck beside it.
    async fn put_collected(&self, outputs: LiteralMap) -> Step<AttemptSeen> {
        let mut seen = self.put_outputs(outputs).await?;
        if let (Job::Task(task), AttemptSeen::Succeeded { deck, .. }) = (&self.job, &mut seen)
            && may_leave_deck(task)
        {
            let uri = self.run.paths.deck(&self.place, self.number);
            *deck = self.patiently(|| self.host.storage.exists(&uri)).await?;
        }
        Ok(seen)
    }
}
