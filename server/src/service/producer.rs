//! Who may report on an execution: the data plane that has it.
//!
//! An engine that was given no name is taken at its word.

use aileron_idl::core::WorkflowExecutionIdentifier;
use aileron_idl::core::workflow_execution::Phase;

use crate::error::ServiceError;

/// What an engine calls itself that was given no name.
const UNNAMED: [&str; 2] = ["", "propeller"];

/// The data plane that has an execution after one has reported on it: whoever reports first, as long as the
/// execution has not begun.
pub(super) fn of_execution(known: String, phase: Phase, producer: &str) -> Result<String, ServiceError> {
    if UNNAMED.contains(&producer) || known == producer {
        return Ok(known);
    }
    match phase {
        Phase::Undefined | Phase::Queued => Ok(producer.to_owned()),
        _ => Err(ServiceError::IncompatibleCluster(producer.to_owned())),
    }
}

/// Refuses what another data plane than the one that has the execution reports on a part of it.
pub(super) fn check(
    known: Option<&str>,
    execution: &WorkflowExecutionIdentifier,
    producer: &str,
) -> Result<(), ServiceError> {
    match known {
        _ if UNNAMED.contains(&producer) => Ok(()),
        Some(known) if known == producer => Ok(()),
        Some(_) => Err(ServiceError::IncompatibleCluster(producer.to_owned())),
        None => Err(ServiceError::not_found("execution", execution)),
    }
}
