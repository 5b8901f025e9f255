//! What a node event does to a node execution, which its first event makes.

use aileron_idl::admin::node_execution_closure::{OutputResult, TargetMetadata};
use aileron_idl::admin::{
    NodeExecution, NodeExecutionClosure, NodeExecutionMetaData, TaskNodeMetadata, WorkflowNodeMetadata,
};
use aileron_idl::core::CatalogCacheStatus;
use aileron_idl::core::node_execution::Phase as NodePhase;
use aileron_idl::event::{NodeExecutionEvent, node_execution_event as reported};

use super::{Phase, duration, not_ended, not_repeated};
use crate::error::ServiceError;

/// The node execution after an event; `known` is what earlier events made of it.
pub(crate) fn apply(
    known: Option<NodeExecution>,
    event: &NodeExecutionEvent,
) -> Result<NodeExecution, ServiceError> {
    let mut node = match known {
        Some(node) => {
            let entity = event.id.clone().unwrap_or_default().to_string();
            let current = node.closure.as_ref().map(NodeExecutionClosure::phase).unwrap_or_default();
            not_ended(&entity, current)?;
            not_repeated(&entity, current, event.phase())?;
            node
        }
        None => first(event),
    };
    update_metadata(node.metadata.get_or_insert_default(), event);
    if let (true, Some(reported::InputValue::InputUri(uri))) = (node.input_uri.is_empty(), &event.input_value)
    {
        node.input_uri.clone_from(uri);
    }
    update_closure(node.closure.get_or_insert_default(), event);
    Ok(node)
}

fn first(event: &NodeExecutionEvent) -> NodeExecution {
    let metadata = NodeExecutionMetaData {
        retry_group: event.retry_group.clone(),
        spec_node_id: event.spec_node_id.clone(),
        is_eager: event.is_eager,
        ..NodeExecutionMetaData::default()
    };
    let closure = NodeExecutionClosure { created_at: event.occurred_at, ..NodeExecutionClosure::default() };
    NodeExecution {
        id: event.id.clone(),
        metadata: Some(metadata),
        closure: Some(closure),
        ..Default::default()
    }
}

/// Flags can only be turned on: a dynamic node becomes a parent when it knows its children.
fn update_metadata(metadata: &mut NodeExecutionMetaData, event: &NodeExecutionEvent) {
    metadata.is_parent_node |= event.is_parent;
    metadata.is_dynamic |= event.is_dynamic;
    metadata.is_array |= event.is_array;
}

fn update_closure(closure: &mut NodeExecutionClosure, event: &NodeExecutionEvent) {
    let phase = event.phase();
    closure.set_phase(phase);
    closure.updated_at = event.reported_at.or(event.occurred_at);
    if phase == NodePhase::Running {
        closure.started_at = event.occurred_at;
    }
    if phase.is_terminal() {
        closure.duration = duration(closure.started_at.as_ref(), event.occurred_at.as_ref());
    }
    if !event.deck_uri.is_empty() {
        closure.deck_uri.clone_from(&event.deck_uri);
    }
    if let Some(result) = &event.output_result {
        closure.output_result = Some(output(result));
    }
    if let Some(reported::TargetMetadata::TaskNodeMetadata(task)) = &event.target_metadata
        && let Some(made) = &task.dynamic_workflow
    {
        closure.dynamic_job_spec_uri.clone_from(&made.dynamic_job_spec_uri);
    }
    if let Some(target) = &event.target_metadata {
        let known = closure.target_metadata.take();
        closure.target_metadata = Some(with_known_cache(target_metadata(target), known));
    }
}

fn output(result: &reported::OutputResult) -> OutputResult {
    match result {
        reported::OutputResult::OutputUri(uri) => OutputResult::OutputUri(uri.clone()),
        reported::OutputResult::Error(error) => OutputResult::Error(error.clone()),
        reported::OutputResult::OutputData(values) => OutputResult::OutputData(values.clone()),
    }
}

/// An event that has no news of the cache takes back none.
fn with_known_cache(mut target: TargetMetadata, known: Option<TargetMetadata>) -> TargetMetadata {
    if let (TargetMetadata::TaskNodeMetadata(now), Some(TargetMetadata::TaskNodeMetadata(before))) =
        (&mut target, known)
        && now.cache_status() == CatalogCacheStatus::CacheDisabled
    {
        (now.cache_status, now.catalog_key) = (before.cache_status, before.catalog_key);
    }
    target
}

fn target_metadata(target: &reported::TargetMetadata) -> TargetMetadata {
    match target {
        reported::TargetMetadata::WorkflowNodeMetadata(child) => {
            TargetMetadata::WorkflowNodeMetadata(WorkflowNodeMetadata {
                execution_id: child.execution_id.clone(),
            })
        }
        reported::TargetMetadata::TaskNodeMetadata(task) => {
            TargetMetadata::TaskNodeMetadata(TaskNodeMetadata {
                cache_status: task.cache_status,
                catalog_key: task.catalog_key.clone(),
                checkpoint_uri: task.checkpoint_uri.clone(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use NodePhase::{Failed, Failing, Queued, Running, Skipped, Succeeded};
    use prost_types::Timestamp;

    fn event(phase: NodePhase, seconds: i64) -> NodeExecutionEvent {
        let occurred_at = Some(Timestamp { seconds, nanos: 0 });
        NodeExecutionEvent {
            phase: phase as i32,
            occurred_at,
            spec_node_id: "n0".into(),
            ..Default::default()
        }
    }

    #[test]
    fn phases_follow_flytes_rules() {
        for (from, to, expected) in [
            (Queued, Running, "taken"),
            (Running, Queued, "taken"),
            (Running, Running, "repeated"),
            (Failing, Failed, "taken"),
            (Succeeded, Succeeded, "terminal"),
            (Skipped, Running, "terminal"),
        ] {
            let known = apply(None, &event(from, 1)).unwrap();
            let told = match apply(Some(known), &event(to, 2)) {
                Ok(node) => {
                    assert_eq!(node.closure.unwrap().phase(), to);
                    "taken"
                }
                Err(ServiceError::RepeatedEvent(_)) => "repeated",
                Err(ServiceError::Terminal { .. }) => "terminal",
                Err(other) => panic!("{other}"),
            };
            assert_eq!(told, expected, "{from:?} -> {to:?}");
        }
    }

    #[test]
    fn the_first_event_makes_the_node_and_later_ones_add() {
        let mut queued = event(Queued, 1);
        queued.input_value = Some(reported::InputValue::InputUri("file:///first".into()));
        let mut running = event(Running, 3);
        running.input_value = Some(reported::InputValue::InputUri("file:///second".into()));
        running.is_parent = true;
        running.deck_uri = "file:///deck".into();
        let node = apply(None, &queued).unwrap();
        let node = apply(Some(node), &running).unwrap();
        let node = apply(Some(node), &event(Succeeded, 8)).unwrap();
        assert_eq!(node.input_uri, "file:///first");
        let metadata = node.metadata.unwrap();
        assert!(metadata.is_parent_node && metadata.spec_node_id == "n0");
        let closure = node.closure.unwrap();
        assert_eq!(closure.created_at.unwrap().seconds, 1);
        assert_eq!(closure.started_at.unwrap().seconds, 3);
        assert_eq!(closure.duration.unwrap().seconds, 5);
        assert_eq!(closure.deck_uri, "file:///deck");
    }

    #[test]
    fn a_node_that_never_ran_has_no_duration() {
        let node = apply(None, &event(Succeeded, 1)).unwrap();
        assert_eq!(node.closure.unwrap().duration, None);
    }
}
