//! The rules by which reported events change what is stored: pure, one file a kind of event.
//!
//! Delivery is at least once. A repeated event is [`ServiceError::RepeatedEvent`], which reporters take
//! for success; one about something that has ended is [`ServiceError::Terminal`], which ends their work.

pub(crate) mod node;
pub(crate) mod task;
pub(crate) mod workflow;

use aileron_idl::core::{node_execution, task_execution, workflow_execution};
use prost_types::{Duration, Timestamp};

use crate::clock;
use crate::error::ServiceError;

/// What the phases of executions, nodes and attempts have in common.
pub(crate) trait Phase: Copy + PartialEq {
    /// Whether it is for ever.
    fn is_terminal(self) -> bool;
    /// Flyte's name of it.
    fn name(self) -> &'static str;
}

impl Phase for workflow_execution::Phase {
    fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Aborted | Self::TimedOut)
    }

    fn name(self) -> &'static str {
        self.as_str_name()
    }
}

impl Phase for node_execution::Phase {
    fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Aborted | Self::Skipped | Self::TimedOut | Self::Recovered
        )
    }

    fn name(self) -> &'static str {
        self.as_str_name()
    }
}

impl Phase for task_execution::Phase {
    /// A retryable failure is not: it is followed by a plain failure, or by a new attempt.
    fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Aborted)
    }

    fn name(self) -> &'static str {
        self.as_str_name()
    }
}

/// Refuses what comes after the end.
fn not_ended<P: Phase>(entity: &str, current: P) -> Result<(), ServiceError> {
    if current.is_terminal() {
        return Err(ServiceError::Terminal { entity: entity.to_owned(), phase: current.name().to_owned() });
    }
    Ok(())
}

/// Refuses a phase that is current already.
fn not_repeated<P: Phase>(entity: &str, current: P, reported: P) -> Result<(), ServiceError> {
    if current == reported {
        return Err(ServiceError::RepeatedEvent(format!("phase {} of {entity}", reported.name())));
    }
    Ok(())
}

/// How long something took, once it has started and ended.
fn duration(started_at: Option<&Timestamp>, ended_at: Option<&Timestamp>) -> Option<Duration> {
    Some(clock::between(started_at?, ended_at?))
}
