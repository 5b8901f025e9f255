//! A batch of events, applied to rows by the rules of `events`, in one transaction.

use std::collections::HashSet;

use aileron_crd::ExecutionEvent;
use aileron_idl::core::{
    Identifier, NodeExecutionIdentifier, ResourceType, TaskExecutionIdentifier, WorkflowExecutionIdentifier,
    node_execution, task_execution, workflow_execution,
};
use aileron_idl::event::{NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent};

use super::{dynamic_workflow, producer};
use crate::error::ServiceError;
use crate::events::{self, Phase as _};
use crate::store::node_executions::{NodeRow, Parent};
use crate::store::outbox::Handover;
use crate::store::reported::{Reported, Wanted};
use crate::store::task_executions::AttemptRow;
use crate::store::{Connection, StoreError, executions};
use crate::{names, notifications};

/// Records events in order; one answer an event. An event changes its row or nothing, so none leaves
/// another's work half done.
///
/// # Errors
/// When the store fails: then nothing of the batch is recorded.
pub(crate) async fn record(
    db: &mut Connection,
    events: &[ExecutionEvent],
) -> Result<Vec<Result<(), ServiceError>>, StoreError> {
    let mut rows = Reported::read(db, &wanted(events)).await?;
    let mut answers = Vec::with_capacity(events.len());
    for event in events {
        let answer = match event {
            ExecutionEvent::Workflow(event) => record_workflow(db, &mut rows, event).await,
            ExecutionEvent::Node(event) => record_node(db, &mut rows, event).await,
            ExecutionEvent::Task(event) => record_task(&mut rows, event),
        };
        match answer {
            Err(ServiceError::Store(error)) => return Err(error),
            answer => answers.push(answer),
        }
    }
    rows.write(db).await?;
    Ok(answers)
}

/// Everything that the events may ask for.
fn wanted(events: &[ExecutionEvent]) -> Wanted {
    let executions = events.iter().filter_map(ExecutionEvent::execution);
    let executions = executions.map(|id| (id.project.clone(), id.domain.clone(), id.name.clone())).collect();
    let (mut nodes, mut attempts) = (HashSet::new(), HashSet::new());
    for event in events {
        match event {
            ExecutionEvent::Workflow(_) => {}
            ExecutionEvent::Node(event) => {
                let id = event.id.as_ref().map(node_id);
                nodes.extend(event.parent_node_metadata.as_ref().and_then(|parent| {
                    Some(NodeExecutionIdentifier { node_id: parent.node_id.clone(), ..id.clone()? })
                }));
                nodes.extend(id);
            }
            ExecutionEvent::Task(event) => {
                nodes.extend(event.parent_node_execution_id.as_ref().map(node_id));
                attempts.insert(attempt_id(&events::task::id_of(event)));
            }
        }
    }
    Wanted { executions, nodes, attempts }
}

/// An id as its row has it.
fn execution_id(id: &WorkflowExecutionIdentifier) -> WorkflowExecutionIdentifier {
    WorkflowExecutionIdentifier { org: String::new(), ..id.clone() }
}

fn node_id(id: &NodeExecutionIdentifier) -> NodeExecutionIdentifier {
    let execution_id = Some(execution_id(&id.execution_id.clone().unwrap_or_default()));
    NodeExecutionIdentifier { execution_id, node_id: id.node_id.clone() }
}

fn attempt_id(id: &TaskExecutionIdentifier) -> TaskExecutionIdentifier {
    let task = id.task_id.clone().unwrap_or_default();
    let task = Identifier { resource_type: ResourceType::Task as i32, org: String::new(), ..task };
    TaskExecutionIdentifier {
        task_id: Some(task),
        node_execution_id: Some(node_id(&id.node_execution_id.clone().unwrap_or_default())),
        retry_attempt: id.retry_attempt,
    }
}

async fn record_workflow(
    db: &mut Connection,
    rows: &mut Reported,
    event: &WorkflowExecutionEvent,
) -> Result<(), ServiceError> {
    let id = names::execution_id(event.execution_id.as_ref())?;
    names::known::<workflow_execution::Phase>("event.phase", event.phase)?;
    let row = executions::find(&mut *db, id).await?;
    let mut row = row.ok_or_else(|| ServiceError::not_found("execution", id))?;
    row.cluster = producer::of_execution(row.cluster, row.closure.phase(), &event.producer_id)?;
    events::workflow::apply(&mut row.closure, event)?;
    if row.closure.phase().is_terminal() {
        row.handover = Handover::Done;
    }
    executions::update(db, &row).await?;
    if row.closure.phase().is_terminal() {
        notifications::keep(db, &row).await?;
    }
    rows.put_cluster(execution_id(id), row.cluster);
    Ok(())
}

async fn record_node(
    db: &mut Connection,
    rows: &mut Reported,
    event: &NodeExecutionEvent,
) -> Result<(), ServiceError> {
    let id = event.id.as_ref().ok_or_else(|| ServiceError::Missing("event.id".to_owned()))?;
    let execution = names::execution_id(id.execution_id.as_ref())?;
    names::check("event.id.node_id", &id.node_id)?;
    names::known::<node_execution::Phase>("event.phase", event.phase)?;
    let id = node_id(id);
    producer::check(rows.cluster(&execution_id(execution)), execution, &event.producer_id)?;
    let known = rows.node(&id).cloned();
    let (key, parent, made, known) = match known {
        Some(row) => (row.key, row.parent, row.dynamic_workflow, Some(row.node)),
        None => (None, parent(db, rows, execution, event).await?, None, None),
    };
    let node = events::node::apply(known, event)?;
    let dynamic_workflow = dynamic_workflow::reported(event).map(dynamic_workflow::name).or(made);
    rows.put_node(id, NodeRow { key, parent, dynamic_workflow, node });
    Ok(())
}

/// The parent of a node that is reported for the first time; its execution must be there.
async fn parent(
    db: &mut Connection,
    rows: &mut Reported,
    execution: &WorkflowExecutionIdentifier,
    event: &NodeExecutionEvent,
) -> Result<Parent, ServiceError> {
    if rows.cluster(&execution_id(execution)).is_none() {
        return Err(ServiceError::not_found("execution", execution));
    }
    if let Some(parent) = &event.parent_node_metadata {
        let id = NodeExecutionIdentifier {
            node_id: parent.node_id.clone(),
            execution_id: Some(execution_id(execution)),
        };
        let missing =
            || ServiceError::not_found("node execution", &format!("{execution}:{}", parent.node_id));
        return Ok(Parent::Node(rows.node_key(db, &id).await?.ok_or_else(missing)?));
    }
    let attempt = event.parent_task_metadata.as_ref().and_then(|parent| parent.id.as_ref());
    let Some(attempt) = attempt else { return Ok(Parent::None) };
    let key = rows.attempt_key(db, &attempt_id(attempt)).await?;
    Ok(Parent::Attempt(key.ok_or_else(|| ServiceError::not_found("task execution", attempt))?))
}

fn record_task(rows: &mut Reported, event: &TaskExecutionEvent) -> Result<(), ServiceError> {
    let node = event.parent_node_execution_id.as_ref();
    let node = node.ok_or_else(|| ServiceError::Missing("event.parent_node_execution_id".to_owned()))?;
    let execution = names::execution_id(node.execution_id.as_ref())?;
    names::check("event.parent_node_execution_id.node_id", &node.node_id)?;
    names::known::<task_execution::Phase>("event.phase", event.phase)?;
    let task = event.task_id.as_ref().ok_or_else(|| ServiceError::Missing("event.task_id".to_owned()))?;
    names::check_identifier("event.task_id", task)?;
    let cluster = rows.cluster(&execution_id(execution));
    producer::check(cluster, execution, &event.producer_id)?;
    let id = attempt_id(&events::task::id_of(event));
    let known = rows.attempt(&id).cloned();
    if known.is_none() && rows.node(&node_id(node)).is_none() {
        return match cluster {
            Some(_) => Err(ServiceError::ParentUnknown(format!("node {node}"))),
            None => Err(ServiceError::not_found("execution", execution)),
        };
    }
    let attempt = events::task::apply(known.map(|row| (row.attempt, row.phase_version)), event)?;
    rows.put_attempt(id, AttemptRow { attempt, phase_version: event.phase_version });
    Ok(())
}
