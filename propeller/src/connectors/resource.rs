//! How a connector says that its job stands, read.

#![expect(deprecated, reason = "older connectors tell states instead of phases")]

use aileron_engine::{ErrorKind, Failure};
use aileron_idl::admin::agent_error::Kind;
use aileron_idl::admin::{AgentError, Resource as Told, State};
use aileron_idl::core::execution_error::ErrorKind as Origin;
use aileron_idl::core::task_execution::Phase as TaskPhase;

use super::answer::nonsense;
use crate::web::{CallError, Phase, Resource};

/// Reads a resource.
pub(super) fn read(connector: &str, told: Told) -> Result<Resource, CallError> {
    let phase = match TaskPhase::try_from(told.phase) {
        Ok(TaskPhase::Undefined) => from_state(connector, told.state)?,
        Ok(phase) => phase,
        Err(_) => {
            return Err(nonsense(connector, &format!("tells a phase {} that there is not", told.phase)));
        }
    };
    let failed =
        |recoverable: bool| Phase::Failed(failure(&told.message, told.agent_error.as_ref(), recoverable));
    let phase = match phase {
        TaskPhase::Running => Phase::Running,
        TaskPhase::Initializing => Phase::Initializing,
        TaskPhase::Queued | TaskPhase::WaitingForResources | TaskPhase::Undefined => Phase::Queued,
        TaskPhase::Succeeded => Phase::Succeeded(told.outputs.clone()),
        TaskPhase::RetryableFailed => failed(true),
        TaskPhase::Failed => failed(false),
        TaskPhase::Aborted => Phase::Failed(aborted(&told.message)),
    };
    let info = told.custom_info.filter(|info| !info.fields.is_empty());
    Ok(Resource { phase, message: told.message, links: told.log_links, info })
}

fn from_state(connector: &str, state: i32) -> Result<TaskPhase, CallError> {
    match State::try_from(state) {
        Ok(State::Pending) => Ok(TaskPhase::Queued),
        Ok(State::Running) => Ok(TaskPhase::Running),
        Ok(State::Succeeded) => Ok(TaskPhase::Succeeded),
        Ok(State::PermanentFailure) => Ok(TaskPhase::Failed),
        // The first of the enumeration, which is also what an empty message says.
        Ok(State::RetryableFailure) | Err(_) => {
            Err(nonsense(connector, "tells neither phase nor state of its job"))
        }
    }
}

fn failure(message: &str, error: Option<&AgentError>, recoverable: bool) -> Failure {
    let message = if message.is_empty() { "the connector gives no reason" } else { message };
    let code = error.map(|error| error.code.as_str()).filter(|code| !code.is_empty());
    let failure = Failure::system(code.unwrap_or("TaskFailedWithError"), message);
    let kind = match error.map(AgentError::origin) {
        Some(Origin::System) => ErrorKind::System,
        _ => ErrorKind::User,
    };
    // A phase says whether to try again; what the error says of it counts where it forbids that.
    let forbids = error.is_some_and(|error| error.kind() == Kind::NonRecoverable && !error.code.is_empty());
    Failure { kind, recoverable: recoverable && !forbids, ..failure }
}

fn aborted(message: &str) -> Failure {
    let message = format!("the job was ended by someone else: {message}");
    Failure { kind: ErrorKind::User, ..Failure::permanent("TaskAborted", message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(phase: i32, state: State, error: Option<AgentError>) -> String {
        let message = "m".to_owned();
        let told = Told { phase, state: state.into(), message, agent_error: error, ..Told::default() };
        match read("c", told) {
            Err(CallError::Wrong(failure)) => format!("nonsense: {}", failure.code),
            Err(other) => format!("{other:?}"),
            Ok(Resource { phase: Phase::Failed(failure), .. }) => {
                format!("failed: {} {}, again: {}", failure.kind.text(), failure.code, failure.recoverable)
            }
            Ok(resource) => format!("{:?}", resource.phase),
        }
    }

    #[test]
    fn every_phase_and_state_has_its_meaning() {
        let none = State::RetryableFailure;
        for (phase, expected) in [
            (TaskPhase::Queued, "Queued"),
            (TaskPhase::WaitingForResources, "Queued"),
            (TaskPhase::Initializing, "Initializing"),
            (TaskPhase::Running, "Running"),
            (TaskPhase::Succeeded, "Succeeded(None)"),
            (TaskPhase::Failed, "failed: USER TaskFailedWithError, again: false"),
            (TaskPhase::RetryableFailed, "failed: USER TaskFailedWithError, again: true"),
            (TaskPhase::Aborted, "failed: USER TaskAborted, again: false"),
            (TaskPhase::Undefined, "nonsense: ConnectorProtocolError"),
        ] {
            assert_eq!(told(phase.into(), none, None), expected, "{phase:?}");
        }
        assert_eq!(told(99, none, None), "nonsense: ConnectorProtocolError");
        for (state, expected) in [
            (State::Pending, "Queued"),
            (State::Running, "Running"),
            (State::Succeeded, "Succeeded(None)"),
            (State::PermanentFailure, "failed: USER TaskFailedWithError, again: false"),
        ] {
            assert_eq!(told(0, state, None), expected, "{state:?}");
        }
    }

    #[test]
    fn an_error_says_its_code_and_whose_fault_it_is() {
        let mut error = AgentError { code: "QuotaExceeded".into(), ..AgentError::default() };
        error.set_origin(Origin::System);
        error.set_kind(Kind::Recoverable);
        let phase = TaskPhase::RetryableFailed.into();
        assert_eq!(told(phase, State::Running, Some(error)), "failed: SYSTEM QuotaExceeded, again: true");
    }
}
