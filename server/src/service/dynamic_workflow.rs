//! The workflow that a node made while it ran: kept once when it is reported, read when it is asked for.

use aileron_idl::admin;
use aileron_idl::core::{CompiledWorkflowClosure, NodeExecutionIdentifier};
use aileron_idl::event::node_execution_event::TargetMetadata;
use aileron_idl::event::{DynamicWorkflowNodeMetadata, NodeExecutionEvent};
use aileron_storage::{Storage, StorageError};

use crate::error::ServiceError;
use crate::server::App;
use crate::store::node_executions::NodeRow;

impl App {
    /// What a node made, with the specification that it is made of; `None` for all other nodes.
    pub(super) async fn dynamic_workflow(
        &self,
        row: &NodeRow,
    ) -> Result<Option<admin::DynamicWorkflowNodeMetadata>, ServiceError> {
        let (Some(name), Some(id)) = (&row.dynamic_workflow, &row.node.id) else { return Ok(None) };
        let uri = uri(&self.settings.storage, id, name);
        let compiled: CompiledWorkflowClosure = self.settings.storage.get_message(&uri).await?;
        let template = compiled.primary.as_ref().and_then(|primary| primary.template.as_ref());
        let closure = row.node.closure.as_ref();
        Ok(Some(admin::DynamicWorkflowNodeMetadata {
            id: template.and_then(|template| template.id.clone()),
            dynamic_job_spec_uri: closure
                .map(|closure| closure.dynamic_job_spec_uri.clone())
                .unwrap_or_default(),
            compiled_workflow: Some(compiled),
        }))
    }
}

/// What an event tells of a workflow that the node made.
pub(super) fn reported(event: &NodeExecutionEvent) -> Option<&DynamicWorkflowNodeMetadata> {
    match &event.target_metadata {
        Some(TargetMetadata::TaskNodeMetadata(task)) => task.dynamic_workflow.as_ref(),
        _ => None,
    }
}

/// Writes the workflow that an event brings to the object store.
pub(super) async fn keep(storage: &Storage, event: &NodeExecutionEvent) -> Result<(), StorageError> {
    let (Some(made), Some(id)) = (reported(event), &event.id) else { return Ok(()) };
    match &made.compiled_workflow {
        Some(compiled) => storage.put_message(&uri(storage, id, &name(made)), compiled).await,
        None => Ok(()),
    }
}

/// The object's name: that of the workflow.
pub(super) fn name(made: &DynamicWorkflowNodeMetadata) -> String {
    let id = made.id.clone().unwrap_or_default();
    format!("{}_{}_{}_{}", id.project, id.domain, id.name, id.version)
}

fn uri(storage: &Storage, node: &NodeExecutionIdentifier, name: &str) -> String {
    let execution = node.execution_id.clone().unwrap_or_default();
    let place = ["metadata", "admin", &execution.project, &execution.domain, &execution.name];
    storage.uri(&[&place[..], &[&node.node_id, name]].concat())
}
