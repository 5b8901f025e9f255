//! What a workflow event does to an execution's closure.

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::admin::{ExecutionClosure, LiteralMapBlob, literal_map_blob};
use aileron_idl::core::workflow_execution::Phase as WorkflowPhase;
use aileron_idl::event::{WorkflowExecutionEvent, workflow_execution_event};

use super::{Phase, duration, not_ended, not_repeated};
use crate::error::ServiceError;

/// Applies an event whose outputs are a URI or an error.
pub(crate) fn apply(
    closure: &mut ExecutionClosure,
    event: &WorkflowExecutionEvent,
) -> Result<(), ServiceError> {
    let (current, reported) = (closure.phase(), event.phase());
    let entity = event.execution_id.clone().unwrap_or_default().to_string();
    not_ended(&entity, current)?;
    if reported != WorkflowPhase::Queued {
        not_repeated(&entity, current, reported)?;
    }
    if !is_allowed(current, reported) {
        let (from, to) = (current.name().to_owned(), reported.name().to_owned());
        return Err(ServiceError::InvalidTransition { entity, from, to });
    }
    closure.set_phase(reported);
    closure.updated_at = event.occurred_at;
    if reported == WorkflowPhase::Running {
        closure.started_at = event.occurred_at;
    }
    if reported.is_terminal() {
        closure.duration = duration(closure.started_at.as_ref(), event.occurred_at.as_ref());
    }
    if let Some(result) = &event.output_result {
        set_result(closure, result);
    }
    Ok(())
}

fn is_allowed(current: WorkflowPhase, reported: WorkflowPhase) -> bool {
    match current {
        WorkflowPhase::Running => reported != WorkflowPhase::Queued,
        WorkflowPhase::Aborting => reported.is_terminal(),
        _ => true,
    }
}

/// Who aborted an execution, and why, stays known whatever the engine makes of it.
fn set_result(closure: &mut ExecutionClosure, result: &workflow_execution_event::OutputResult) {
    use workflow_execution_event::OutputResult as Reported;
    if matches!(closure.output_result, Some(OutputResult::AbortMetadata(_)))
        && closure.phase() == WorkflowPhase::Aborted
    {
        return;
    }
    closure.output_result = Some(match result {
        Reported::OutputUri(uri) => {
            OutputResult::Outputs(LiteralMapBlob { data: Some(literal_map_blob::Data::Uri(uri.clone())) })
        }
        Reported::Error(error) => OutputResult::Error(error.clone()),
        Reported::OutputData(values) => OutputResult::OutputData(values.clone()),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use WorkflowPhase::{
        Aborted, Aborting, Failed, Failing, Queued, Running, Succeeded, Succeeding, Undefined,
    };
    use prost_types::Timestamp;

    fn check(from: WorkflowPhase, to: WorkflowPhase, expected: &str) {
        let mut closure = ExecutionClosure { phase: from as i32, ..Default::default() };
        let event = WorkflowExecutionEvent { phase: to as i32, ..Default::default() };
        let told = match apply(&mut closure, &event) {
            Ok(()) => {
                assert_eq!(closure.phase(), to);
                "taken"
            }
            Err(ServiceError::RepeatedEvent(_)) => "repeated",
            Err(ServiceError::Terminal { .. }) => "terminal",
            Err(ServiceError::InvalidTransition { .. }) => "invalid",
            Err(other) => panic!("{other}"),
        };
        assert_eq!(told, expected, "{from:?} -> {to:?}");
    }

    #[test]
    fn phases_follow_flytes_rules() {
        for (from, to, expected) in [
            (Undefined, Queued, "taken"),
            (Undefined, Running, "taken"),
            (Queued, Queued, "taken"),
            (Running, Running, "repeated"),
            (Running, Queued, "invalid"),
            (Running, Succeeding, "taken"),
            (Succeeding, Succeeded, "taken"),
            (Running, Failing, "taken"),
            (Aborting, Running, "invalid"),
            (Aborting, Aborting, "repeated"),
            (Aborting, Aborted, "taken"),
            (Aborting, Succeeded, "taken"),
            (Succeeded, Succeeded, "terminal"),
            (Failed, Running, "terminal"),
            (Aborted, Failed, "terminal"),
        ] {
            check(from, to, expected);
        }
    }

    #[test]
    fn times_and_outputs_are_kept() {
        let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
        let mut closure = ExecutionClosure::default();
        let mut event = WorkflowExecutionEvent { occurred_at: at(10), ..Default::default() };
        event.set_phase(Running);
        apply(&mut closure, &event).unwrap();
        event.occurred_at = at(17);
        event.set_phase(Succeeded);
        event.output_result = Some(workflow_execution_event::OutputResult::OutputUri("file:///o".into()));
        apply(&mut closure, &event).unwrap();
        assert_eq!((closure.started_at, closure.updated_at), (at(10), at(17)));
        assert_eq!(closure.duration.map(|spent| spent.seconds), Some(7));
        assert!(matches!(closure.output_result, Some(OutputResult::Outputs(_))));
    }
}
