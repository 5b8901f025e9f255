//! Taking in what the data plane reports: literals go to the object store, the rest to the [`Recorder`], and who
//! waits for what has changed hears of it.
//!
//! [`Recorder`]: crate::recorder::Recorder

use std::collections::BTreeSet;
use std::sync::Arc;

use aileron_crd::ExecutionEvent;
use aileron_idl::core::{LiteralMap, WorkflowExecutionIdentifier};
use aileron_idl::event::{
    NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent, node_execution_event,
    task_execution_event, workflow_execution_event,
};
use aileron_storage::{Storage, StorageError};

use super::dynamic_workflow;
use crate::digest;
use crate::error::ServiceError;
use crate::events::Phase as _;
use crate::recorder::all_failed;
use crate::server::App;

impl App {
    /// Records events in order; one answer an event.
    pub(crate) async fn record_events(&self, events: Vec<ExecutionEvent>) -> Vec<Result<(), ServiceError>> {
        let count = events.len();
        let phases: Vec<_> = events.iter().map(entered).collect();
        let touched: Vec<_> = events.iter().filter_map(changed_execution).collect();
        let reported: BTreeSet<_> = events.iter().filter_map(ExecutionEvent::execution).cloned().collect();
        let events = match self.offload(events).await {
            Ok(events) => events,
            // Nothing is recorded, so that order is kept when they are sent again.
            Err(error) => {
                let error = Arc::new(error);
                return all_failed(count, || ServiceError::Storage(error.clone()));
            }
        };
        let answers = self.recorder.record(events).await;
        for id in touched {
            self.caches.executions.remove(&id);
            self.executions_changed.ring(id);
        }
        for id in reported {
            self.rows_changed.ring(id);
        }
        let recorded = phases.into_iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        for phase in recorded.filter_map(|(phase, _)| phase) {
            self.metrics.execution_entered(phase);
            if phase.is_terminal() {
                self.wake_notifier.notify_one();
            }
        }
        answers
    }

    /// Moves literals that came inside events to the object store.
    async fn offload(&self, mut events: Vec<ExecutionEvent>) -> Result<Vec<ExecutionEvent>, StorageError> {
        for event in &mut events {
            match event {
                ExecutionEvent::Workflow(event) => offload_workflow(&self.settings.storage, event).await?,
                ExecutionEvent::Node(event) => offload_node(&self.settings.storage, event).await?,
                ExecutionEvent::Task(event) => offload_task(&self.settings.storage, event).await?,
            }
        }
        Ok(events)
    }
}

/// The phase that an execution enters by an event.
fn entered(event: &ExecutionEvent) -> Option<aileron_idl::core::workflow_execution::Phase> {
    match event {
        ExecutionEvent::Workflow(event) => Some(event.phase()),
        ExecutionEvent::Node(_) | ExecutionEvent::Task(_) => None,
    }
}

fn changed_execution(event: &ExecutionEvent) -> Option<WorkflowExecutionIdentifier> {
    match event {
        ExecutionEvent::Workflow(event) => event.execution_id.clone(),
        ExecutionEvent::Node(_) | ExecutionEvent::Task(_) => None,
    }
}

async fn offload_workflow(storage: &Storage, event: &mut WorkflowExecutionEvent) -> Result<(), StorageError> {
    use workflow_execution_event::OutputResult;
    let id = event.execution_id.clone().unwrap_or_default();
    if let Some(OutputResult::OutputData(values)) = &event.output_result {
        let file = file_of("offloaded_outputs", values);
        let uri = storage.uri(&["metadata", &id.project, &id.domain, &id.name, &file]);
        storage.put_message(&uri, values).await?;
        event.output_result = Some(OutputResult::OutputUri(uri));
    }
    Ok(())
}

async fn offload_node(storage: &Storage, event: &mut NodeExecutionEvent) -> Result<(), StorageError> {
    use node_execution_event::{InputValue, OutputResult};
    let id = event.id.clone().unwrap_or_default();
    let execution = id.execution_id.unwrap_or_default();
    let uri = |file: &str, values: &LiteralMap| {
        let file = file_of(file, values);
        storage.uri(&["metadata", &execution.project, &execution.domain, &execution.name, &id.node_id, &file])
    };
    dynamic_workflow::keep(storage, event).await?;
    if let Some(InputValue::InputData(values)) = &event.input_value {
        let uri = uri("offloaded_inputs", values);
        storage.put_message(&uri, values).await?;
        event.input_value = Some(InputValue::InputUri(uri));
    }
    if let Some(OutputResult::OutputData(values)) = &event.output_result {
        let uri = uri("offloaded_outputs", values);
        storage.put_message(&uri, values).await?;
        event.output_result = Some(OutputResult::OutputUri(uri));
    }
    Ok(())
}

async fn offload_task(storage: &Storage, event: &mut TaskExecutionEvent) -> Result<(), StorageError> {
    use task_execution_event::{InputValue, OutputResult};
    let node = event.parent_node_execution_id.clone().unwrap_or_default();
    let execution = node.execution_id.unwrap_or_default();
    let task = event.task_id.clone().unwrap_or_default();
    let attempt = event.retry_attempt.to_string();
    let uri = |file: &str, values: &LiteralMap| {
        let file = file_of(file, values);
        let place = [&execution.project, &execution.domain, &execution.name, &node.node_id];
        let who = [&task.project, &task.domain, &task.name, &task.version, &attempt];
        let parts: Vec<&str> = std::iter::once("metadata")
            .chain(place.into_iter().chain(who).map(String::as_str))
            .chain([file.as_str()])
            .collect();
        storage.uri(&parts)
    };
    if let Some(InputValue::InputData(values)) = &event.input_value {
        let uri = uri("offloaded_inputs", values);
        storage.put_message(&uri, values).await?;
        event.input_value = Some(InputValue::InputUri(uri));
    }
    if let Some(OutputResult::OutputData(values)) = &event.output_result {
        let uri = uri("offloaded_outputs", values);
        storage.put_message(&uri, values).await?;
        event.output_result = Some(OutputResult::OutputUri(uri));
    }
    Ok(())
}

/// A name that follows from what is in the file: an event that will be refused replaces nothing, and one
/// that is sent again writes the same.
fn file_of(kind: &str, values: &LiteralMap) -> String {
    let digest: String = digest::of([values]).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}-{digest}")
}
