//! The two nodes that run nothing: where a workflow's inputs come in, and where its outputs go out.

use aileron_engine::AttemptSeen;
use aileron_idl::core::LiteralMap;

use super::{Attempt, Step};
use crate::clock;

impl Attempt {
    /// What the start node puts out is what its workflow was given. One that a task made is given nothing.
    pub(super) async fn start_node(&self) -> Step<AttemptSeen> {
        let Some(uri) = &self.workflow_inputs else {
            let now = clock::now();
            return Ok(AttemptSeen::Succeeded { since: now, at: now, deck: false });
        };
        let inputs = if uri.is_empty() {
            LiteralMap::default()
        } else {
            self.patiently(|| self.host.storage.get_message(uri)).await?
        };
        self.put_outputs(inputs).await
    }

    /// What the end node takes in is what its workflow puts out.
    pub(super) async fn end_node(&self) -> Step<AttemptSeen> {
        let outputs = self.inputs().await?;
        self.put_outputs(outputs).await
    }

    pub(super) async fn put_outputs(&self, outputs: LiteralMap) -> Step<AttemptSeen> {
        let uri = self.run.paths.outputs(&self.place, self.number);
        self.patiently(|| self.host.storage.put_message(&uri, &outputs)).await?;
        self.keep(outputs);
        let now = clock::now();
        Ok(AttemptSeen::Succeeded { since: now, at: now, deck: false })
    }
}
