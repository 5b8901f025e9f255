//! Taking a node's outputs from the execution that this one recovers.

#![expect(deprecated, reason = "the control plane tells outputs in a form that Flyte marks deprecated")]

use aileron_engine::{AttemptSeen, Recovered};
use aileron_idl::admin::node_execution_closure::{OutputResult, TargetMetadata};
use aileron_idl::admin::{NodeExecution, NodeExecutionClosure};
use aileron_idl::core::node_execution::Phase;
use aileron_idl::core::{LiteralMap, NodeExecutionIdentifier};
use aileron_storage::StorageError;

use super::{Attempt, Job, Step};
use crate::clock;

impl Attempt {
    /// What the other execution's node left, if there is another and its node succeeded. Its inputs,
    /// outputs and deck are this attempt's then.
    pub(super) async fn recovered(&self) -> Step<Option<AttemptSeen>> {
        let Some(node) = self.other().await? else { return Ok(None) };
        let closure = node.closure.clone().unwrap_or_default();
        if !matches!(closure.phase(), Phase::Succeeded | Phase::Recovered) {
            return Ok(None);
        }
        let Some(outputs) = self.outputs_of_other(&closure).await? else { return Ok(None) };
        self.copy(&node.input_uri, &self.run.paths.inputs(&self.place, self.number)).await?;
        let deck = self.copy(&closure.deck_uri, &self.run.paths.deck(&self.place, self.number)).await?;
        self.put_outputs(outputs).await?;
        let recovered = Recovered { deck, target: closure.target_metadata.map(Box::new) };
        Ok(Some(AttemptSeen::Recovered { at: clock::now(), recovered }))
    }

    /// Where the last attempt of the other execution's node left a checkpoint.
    pub(super) async fn checkpoint_of_other(&self) -> Step<Option<String>> {
        let target = self.other().await?.and_then(|node| node.closure?.target_metadata);
        let Some(TargetMetadata::TaskNodeMetadata(task)) = target else { return Ok(None) };
        Ok(Some(task.checkpoint_uri).filter(|uri| !uri.is_empty()))
    }

    async fn other(&self) -> Step<Option<NodeExecution>> {
        let Some(execution) = &self.run.workflow.execution_config.recovery_execution else { return Ok(None) };
        let id = NodeExecutionIdentifier {
            node_id: self.place.unique_id.clone(),
            execution_id: Some(execution.into()),
        };
        self.asking(|| self.host.control.node(id.clone())).await
    }

    /// A node that puts nothing out has none to lose; one whose outputs are gone has to run again.
    async fn outputs_of_other(&self, closure: &NodeExecutionClosure) -> Step<Option<LiteralMap>> {
        let read = |uri: String| async move {
            match self.host.storage.get_message(&uri).await {
                Err(StorageError::NotFound(_)) => Ok(self.puts_nothing_out().then(LiteralMap::default)),
                found => found.map(Some),
            }
        };
        match &closure.output_result {
            Some(OutputResult::OutputUri(uri)) if !uri.is_empty() => {
                self.patiently(|| read(uri.clone())).await
            }
            Some(OutputResult::OutputData(outputs)) => Ok(Some(outputs.clone())),
            _ => Ok(Some(LiteralMap::default())),
        }
    }

    /// Whether it is a task without outputs, which need not write any.
    fn puts_nothing_out(&self) -> bool {
        let Job::Task(task) = &self.job else { return false };
        let outputs = task.interface.as_ref().and_then(|interface| interface.outputs.as_ref());
        outputs.is_none_or(|outputs| outputs.variables.is_empty())
    }

    /// Copies an object, if it is there.
    async fn copy(&self, from: &str, to: &str) -> Step<bool> {
        if from.is_empty() {
            return Ok(false);
        }
        let storage = &self.host.storage;
        let Some(bytes) = self.patiently(|| storage.find(from)).await? else { return Ok(false) };
        self.patiently(|| storage.put(to, bytes.clone())).await?;
        Ok(true)
    }
}
