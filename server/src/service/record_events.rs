//! Taking in what the data plane reports: the rules of `events`, applied to rows, a batch a transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use aileron_crd::ExecutionEvent;
use aileron_idl::core::{
    LiteralMap, WorkflowExecutionIdentifier, node_execution, task_execution, workflow_execution,
};
use aileron_idl::event::{
    NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent, node_execution_event,
    task_execution_event, workflow_execution_event,
};
use aileron_storage::{Storage, StorageError};

use super::{dynamic_workflow, producer};
use crate::error::ServiceError;
use crate::events::{self, Phase as _};
use crate::server::App;
use crate::store::executions;
use crate::store::node_executions::{self, NodeRow, Parent};
use crate::store::outbox::Handover;
use crate::store::task_executions::{self, AttemptRow};
use crate::store::{Connection, StoreError};
use crate::{digest, names};

impl App {
    /// Records events in order; one answer an event.
    pub(crate) async fn record_events(&self, events: Vec<ExecutionEvent>) -> Vec<Result<(), ServiceError>> {
        let count = events.len();
        let phases: Vec<_> = events.iter().map(entered).collect();
        let touched: Vec<_> = events.iter().filter_map(changed_execution).collect();
        let reported: BTreeSet<_> = events.iter().filter_map(execution_of).cloned().collect();
        let events = match self.offload(events).await {
            Ok(events) => events,
            // Nothing is recorded, so that order is kept when they are sent again.
            Err(error) => {
                let error = Arc::new(error);
                return all_failed(count, || ServiceError::Storage(error.clone()));
            }
        };
        let written: Result<Vec<_>, StoreError> = self
            .store
            .write(|db| {
                Box::pin(async move {
                    executions::lock(db, events.iter().filter_map(execution_of)).await?;
                    Ok(record_all(db, &events).await)
                })
            })
            .await;
        for id in touched {
            self.caches.executions.remove(&id);
            self.executions_changed.ring(id);
        }
        for id in reported {
            self.rows_changed.ring(id);
        }
        let answers = written.unwrap_or_else(|error| all_failed(count, || error.clone().into()));
        let recorded = phases.into_iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        recorded.filter_map(|(phase, _)| phase).for_each(|phase| self.metrics.execution_entered(phase));
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

/// The execution that an event is about.
const fn execution_of(event: &ExecutionEvent) -> Option<&WorkflowExecutionIdentifier> {
    let node = match event {
        ExecutionEvent::Workflow(event) => return event.execution_id.as_ref(),
        ExecutionEvent::Node(event) => &event.id,
        ExecutionEvent::Task(event) => &event.parent_node_execution_id,
    };
    match node {
        Some(node) => node.execution_id.as_ref(),
        None => None,
    }
}

fn all_failed(count: usize, error: impl Fn() -> ServiceError) -> Vec<Result<(), ServiceError>> {
    std::iter::repeat_with(|| Err(error())).take(count).collect()
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

/// Each event writes one row at its end or nothing, so none leaves another's work half done. When the
/// store itself fails the rest is not tried: it will be sent again, and its order must be kept.
async fn record_all(db: &mut Connection, events: &[ExecutionEvent]) -> Vec<Result<(), ServiceError>> {
    let mut results = Vec::with_capacity(events.len());
    for event in events {
        let result = match event {
            ExecutionEvent::Workflow(event) => record_workflow(db, event).await,
            ExecutionEvent::Node(event) => record_node(db, event).await,
            ExecutionEvent::Task(event) => record_task(db, event).await,
        };
        if let Err(ServiceError::Store(error)) = &result {
            results.extend(all_failed(events.len() - results.len(), || error.clone().into()));
            return results;
        }
        results.push(result);
    }
    results
}

async fn record_workflow(db: &mut Connection, event: &WorkflowExecutionEvent) -> Result<(), ServiceError> {
    let id = names::execution_id(event.execution_id.as_ref())?;
    names::known::<workflow_execution::Phase>("event.phase", event.phase)?;
    let row = executions::find(&mut *db, id).await?;
    let mut row = row.ok_or_else(|| ServiceError::not_found("execution", id))?;
    row.cluster = producer::of_execution(row.cluster, row.closure.phase(), &event.producer_id)?;
    events::workflow::apply(&mut row.closure, event)?;
    if row.closure.phase().is_terminal() {
        row.handover = Handover::Done;
    }
    Ok(executions::update(db, &row).await?)
}

async fn record_node(db: &mut Connection, event: &NodeExecutionEvent) -> Result<(), ServiceError> {
    let id = event.id.as_ref().ok_or_else(|| ServiceError::Missing("event.id".to_owned()))?;
    let execution = names::execution_id(id.execution_id.as_ref())?;
    names::check("event.id.node_id", &id.node_id)?;
    names::known::<node_execution::Phase>("event.phase", event.phase)?;
    producer::check(db, execution, &event.producer_id).await?;
    let (known, parent, made) = match node_executions::find(&mut *db, execution, &id.node_id).await? {
        Some(known) => (Some(known.node), known.parent, known.dynamic_workflow),
        None => (None, parent(db, execution, event).await?, None),
    };
    let node = events::node::apply(known, event)?;
    let dynamic_workflow = dynamic_workflow::reported(event).map(dynamic_workflow::name).or(made);
    Ok(node_executions::save(db, &NodeRow { key: None, parent, dynamic_workflow, node }).await?)
}

/// The parent of a node that is reported for the first time; its execution must be there.
async fn parent(
    db: &mut Connection,
    execution: &WorkflowExecutionIdentifier,
    event: &NodeExecutionEvent,
) -> Result<Parent, ServiceError> {
    if executions::find(&mut *db, execution).await?.is_none() {
        return Err(ServiceError::not_found("execution", execution));
    }
    if let Some(parent) = &event.parent_node_metadata {
        let key = node_executions::find(db, execution, &parent.node_id).await?.and_then(|row| row.key);
        let missing =
            || ServiceError::not_found("node execution", &format!("{execution}:{}", parent.node_id));
        return Ok(Parent::Node(key.ok_or_else(missing)?));
    }
    let attempt = event.parent_task_metadata.as_ref().and_then(|parent| parent.id.as_ref());
    let Some(attempt) = attempt else { return Ok(Parent::None) };
    let key = task_executions::key(db, attempt).await?;
    Ok(Parent::Attempt(key.ok_or_else(|| ServiceError::not_found("task execution", attempt))?))
}

async fn record_task(db: &mut Connection, event: &TaskExecutionEvent) -> Result<(), ServiceError> {
    let node = event.parent_node_execution_id.as_ref();
    let node = node.ok_or_else(|| ServiceError::Missing("event.parent_node_execution_id".to_owned()))?;
    let execution = names::execution_id(node.execution_id.as_ref())?;
    names::check("event.parent_node_execution_id.node_id", &node.node_id)?;
    names::known::<task_execution::Phase>("event.phase", event.phase)?;
    let task = event.task_id.as_ref().ok_or_else(|| ServiceError::Missing("event.task_id".to_owned()))?;
    names::check_identifier("event.task_id", task)?;
    producer::check(db, execution, &event.producer_id).await?;
    let known = task_executions::find(&mut *db, &events::task::id_of(event)).await?;
    if known.is_none() && node_executions::find(&mut *db, execution, &node.node_id).await?.is_none() {
        return match executions::find(db, execution).await? {
            Some(_) => Err(ServiceError::ParentUnknown(format!("node {node}"))),
            None => Err(ServiceError::not_found("execution", execution)),
        };
    }
    let attempt = events::task::apply(known.map(|row| (row.attempt, row.phase_version)), event)?;
    Ok(task_executions::save(db, &AttemptRow { attempt, phase_version: event.phase_version }).await?)
}
