//! What a task event does to an attempt, which its first event makes.

use std::collections::BTreeMap;

use aileron_idl::admin::task_execution_closure::OutputResult;
use aileron_idl::admin::{Reason, TaskExecution, TaskExecutionClosure};
use aileron_idl::core::task_execution::Phase as TaskPhase;
use aileron_idl::core::{TaskExecutionIdentifier, TaskLog};
use aileron_idl::event::{TaskExecutionEvent, TaskExecutionMetadata, task_execution_event as reported};
use prost_types::{Struct, Value, value::Kind};

use super::{Phase, duration, not_ended, not_repeated};
use crate::error::ServiceError;

/// Deepest object of a plugin's information that is merged rather than replaced.
const MERGE_DEPTH: usize = 32;

/// The id of the attempt that an event is about.
pub(crate) fn id_of(event: &TaskExecutionEvent) -> TaskExecutionIdentifier {
    TaskExecutionIdentifier {
        task_id: event.task_id.clone(),
        node_execution_id: event.parent_node_execution_id.clone(),
        retry_attempt: event.retry_attempt,
    }
}

/// The attempt after an event; `known` is what earlier events made of it, with its phase version.
pub(crate) fn apply(
    known: Option<(TaskExecution, u32)>,
    event: &TaskExecutionEvent,
) -> Result<TaskExecution, ServiceError> {
    let mut attempt = match known {
        Some((attempt, version)) => {
            let entity = id_of(event).to_string();
            let current = attempt.closure.as_ref().map(TaskExecutionClosure::phase).unwrap_or_default();
            not_ended(&entity, current)?;
            if event.phase_version <= version {
                not_repeated(&entity, current, event.phase())?;
            }
            attempt
        }
        None => first(event),
    };
    if let (true, Some(reported::InputValue::InputUri(uri))) =
        (attempt.input_uri.is_empty(), &event.input_value)
    {
        attempt.input_uri.clone_from(uri);
    }
    update(attempt.closure.get_or_insert_default(), event);
    Ok(attempt)
}

fn first(event: &TaskExecutionEvent) -> TaskExecution {
    let closure = TaskExecutionClosure {
        created_at: event.occurred_at,
        task_type: event.task_type.clone(),
        event_version: event.event_version,
        ..TaskExecutionClosure::default()
    };
    TaskExecution { id: Some(id_of(event)), closure: Some(closure), ..TaskExecution::default() }
}

fn update(closure: &mut TaskExecutionClosure, event: &TaskExecutionEvent) {
    let phase = event.phase();
    closure.set_phase(phase);
    closure.updated_at = event.reported_at.or(event.occurred_at);
    if phase == TaskPhase::Running && closure.started_at.is_none() {
        closure.started_at = event.occurred_at;
    }
    if phase.is_terminal() {
        closure.duration = duration(closure.started_at.as_ref(), event.occurred_at.as_ref());
    }
    if let Some(result) = &event.output_result {
        closure.output_result = Some(output(result));
    }
    closure.logs = merged_logs(std::mem::take(&mut closure.logs), &event.logs, phase);
    add_reasons(closure, event);
    if let Some(patch) = &event.custom_info {
        merge(closure.custom_info.get_or_insert_default(), patch, MERGE_DEPTH);
    }
    if let Some(news) = &event.metadata {
        update_metadata(closure.metadata.get_or_insert_default(), news);
    }
}

fn output(result: &reported::OutputResult) -> OutputResult {
    match result {
        reported::OutputResult::OutputUri(uri) => OutputResult::OutputUri(uri.clone()),
        reported::OutputResult::Error(error) => OutputResult::Error(error.clone()),
        reported::OutputResult::OutputData(values) => OutputResult::OutputData(values.clone()),
    }
}

/// New logs first; a log is known by its URI and name, and some are for one time of life only.
fn merged_logs(known: Vec<TaskLog>, news: &[TaskLog], phase: TaskPhase) -> Vec<TaskLog> {
    let is_same = |a: &TaskLog, b: &TaskLog| a.uri == b.uri && a.name == b.name;
    let old = known.into_iter().filter(|log| !news.iter().any(|new| is_same(log, new)));
    let all = news.iter().cloned().chain(old);
    match phase {
        TaskPhase::Queued | TaskPhase::Initializing => all.filter(|log| log.show_while_pending).collect(),
        phase if phase.is_terminal() => all.filter(|log| !log.hide_once_finished).collect(),
        _ => all.collect(),
    }
}

fn add_reasons(closure: &mut TaskExecutionClosure, event: &TaskExecutionEvent) {
    if event.reasons.is_empty() && !event.reason.is_empty() && event.reason != closure.reason {
        closure.reasons.push(Reason { occurred_at: event.occurred_at, message: event.reason.clone() });
    }
    let listed = event.reasons.iter();
    closure
        .reasons
        .extend(listed.map(|new| Reason { occurred_at: new.occurred_at, message: new.reason.clone() }));
    if let Some(last) = closure.reasons.last() {
        closure.reason.clone_from(&last.message);
    }
}

/// JSON merge patch: null removes, objects merge, anything else replaces.
fn merge(known: &mut Struct, patch: &Struct, depth: usize) {
    for (key, value) in &patch.fields {
        let inner = match &value.kind {
            None | Some(Kind::NullValue(_)) => {
                known.fields.remove(key);
                continue;
            }
            Some(Kind::StructValue(inner)) if depth > 0 => inner,
            Some(_) => {
                known.fields.insert(key.clone(), value.clone());
                continue;
            }
        };
        let mut object = match known.fields.remove(key).and_then(|value| value.kind) {
            Some(Kind::StructValue(object)) => object,
            _ => Struct::default(),
        };
        merge(&mut object, inner, depth - 1);
        known.fields.insert(key.clone(), Value { kind: Some(Kind::StructValue(object)) });
    }
}

fn update_metadata(known: &mut TaskExecutionMetadata, news: &TaskExecutionMetadata) {
    if !news.generated_name.is_empty() {
        known.generated_name.clone_from(&news.generated_name);
    }
    if !news.plugin_identifier.is_empty() {
        known.plugin_identifier.clone_from(&news.plugin_identifier);
    }
    if news.instance_class != 0 {
        known.instance_class = news.instance_class;
    }
    if !news.resource_pool_info.is_empty() {
        known.resource_pool_info.clone_from(&news.resource_pool_info);
    }
    if !news.external_resources.is_empty() {
        let all = known.external_resources.drain(..).chain(news.external_resources.iter().cloned());
        let by_attempt: BTreeMap<_, _> = all.map(|part| ((part.index, part.retry_attempt), part)).collect();
        known.external_resources = by_attempt.into_values().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TaskPhase::{Failed, Queued, RetryableFailed, Running, Succeeded};
    use aileron_idl::event::EventReason;
    use prost_types::Timestamp;

    fn event(phase: TaskPhase, phase_version: u32) -> TaskExecutionEvent {
        let occurred_at = Some(Timestamp { seconds: 1 + phase as i64, nanos: 0 });
        TaskExecutionEvent { phase: phase as i32, phase_version, occurred_at, ..Default::default() }
    }

    #[test]
    fn phases_and_versions_follow_flytes_rules() {
        for (from, to, expected) in [
            ((Queued, 0), (Running, 0), "taken"),
            ((Running, 1), (Running, 1), "repeated"),
            ((Running, 1), (Running, 0), "repeated"),
            ((Running, 1), (Running, 2), "taken"),
            ((Running, 1), (Succeeded, 0), "taken"),
            ((RetryableFailed, 0), (Failed, 0), "taken"),
            ((Succeeded, 0), (Succeeded, 1), "terminal"),
            ((Failed, 0), (Running, 0), "terminal"),
        ] {
            let known = apply(None, &event(from.0, from.1)).unwrap();
            let told = match apply(Some((known, from.1)), &event(to.0, to.1)) {
                Ok(attempt) => {
                    assert_eq!(attempt.closure.unwrap().phase(), to.0);
                    "taken"
                }
                Err(ServiceError::RepeatedEvent(_)) => "repeated",
                Err(ServiceError::Terminal { .. }) => "terminal",
                Err(other) => panic!("{other}"),
            };
            assert_eq!(told, expected, "{from:?} -> {to:?}");
        }
    }

    fn log(uri: &str, show_while_pending: bool, hide_once_finished: bool) -> TaskLog {
        TaskLog { uri: uri.into(), show_while_pending, hide_once_finished, ..Default::default() }
    }

    #[test]
    fn logs_merge_by_uri_and_have_their_time() {
        let mut queued = event(Queued, 0);
        queued.logs = vec![log("early", true, true), log("late", false, false)];
        let mut running = event(Running, 0);
        running.logs = vec![log("late", false, false), log("early", true, true)];
        let uris = |attempt: &TaskExecution| -> Vec<String> {
            attempt.closure.iter().flat_map(|closure| &closure.logs).map(|log| log.uri.clone()).collect()
        };
        let attempt = apply(None, &queued).unwrap();
        assert_eq!(uris(&attempt), ["early"]);
        let attempt = apply(Some((attempt, 0)), &running).unwrap();
        assert_eq!(uris(&attempt), ["late", "early"]);
        let attempt = apply(Some((attempt, 0)), &event(Succeeded, 0)).unwrap();
        assert_eq!(uris(&attempt), ["late"]);
    }

    #[test]
    fn reasons_are_appended_and_the_last_is_the_reason() {
        let reason = |text: &str| EventReason { reason: text.into(), occurred_at: None };
        let mut queued = event(Queued, 0);
        queued.reasons = vec![reason("submitted"), reason("pulling")];
        let mut running = event(Running, 0);
        running.reasons = vec![reason("started")];
        let attempt = apply(None, &queued).unwrap();
        let closure = apply(Some((attempt, 0)), &running).unwrap().closure.unwrap();
        let messages: Vec<_> = closure.reasons.iter().map(|reason| reason.message.as_str()).collect();
        assert_eq!(messages, ["submitted", "pulling", "started"]);
        assert_eq!(closure.reason, "started");
    }

    #[test]
    fn custom_information_is_merged() {
        let text = |text: &str| Value { kind: Some(Kind::StringValue(text.into())) };
        let object = |fields: &[(&str, Value)]| Struct {
            fields: fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
        };
        let nested = |inner: Struct| Value { kind: Some(Kind::StructValue(inner)) };
        let null = Value { kind: Some(Kind::NullValue(0)) };
        let mut known =
            object(&[("a", text("1")), ("b", nested(object(&[("c", text("2")), ("d", text("3"))])))]);
        merge(&mut known, &object(&[("a", null), ("b", nested(object(&[("c", text("4"))])))]), MERGE_DEPTH);
        assert_eq!(known, object(&[("b", nested(object(&[("c", text("4")), ("d", text("3"))])))]));
    }
}
