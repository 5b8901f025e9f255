//! Phases: one type for executions, nodes and attempts, and how each looks.
//!
//! The wire has three phase enums that overlap. The console needs one, because a state must look the
//! same wherever it appears. Every phase has a glyph of its own: colour alone never tells a state.

use aileron_idl::core::{node_execution, task_execution, workflow_execution};

/// The state of an execution, a node or an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Nothing has been reported yet.
    #[default]
    Waiting,
    /// Accepted, not yet running.
    Queued,
    /// Work is under way.
    Running,
    /// The work is done, its outputs are being stored.
    Succeeding,
    /// Ended with outputs.
    Succeeded,
    /// An error happened and the end is being handled.
    Failing,
    /// Ended with an error.
    Failed,
    /// An end was asked for and is under way.
    Aborting,
    /// Ended because someone asked for it.
    Aborted,
    /// Ended because it took longer than allowed.
    TimedOut,
    /// Not run, because a branch went another way.
    Skipped,
    /// Taken over from an earlier execution.
    Recovered,
    /// Never started, and never will: the execution has ended. Not a phase of the wire.
    NotRun,
}

impl Phase {
    /// Every phase, in the order in which they are counted.
    pub const ALL: [Self; 13] = [
        Self::Running,
        Self::Queued,
        Self::Waiting,
        Self::Succeeding,
        Self::Failing,
        Self::Aborting,
        Self::Failed,
        Self::TimedOut,
        Self::Aborted,
        Self::Succeeded,
        Self::Recovered,
        Self::Skipped,
        Self::NotRun,
    ];

    /// The phase as a word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Succeeding => "Succeeding",
            Self::Succeeded => "Succeeded",
            Self::Failing => "Failing",
            Self::Failed => "Failed",
            Self::Aborting => "Aborting",
            Self::Aborted => "Aborted",
            Self::TimedOut => "Timed out",
            Self::Skipped => "Skipped",
            Self::Recovered => "Recovered",
            Self::NotRun => "Not run",
        }
    }

    /// A mark whose shape alone tells the phase.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Waiting => "·",
            Self::Queued => "○",
            Self::Running => "▶",
            Self::Succeeding => "◐",
            Self::Succeeded => "✓",
            Self::Failing => "!",
            Self::Failed => "✕",
            Self::Aborting => "◨",
            Self::Aborted => "■",
            Self::TimedOut => "⧖",
            Self::Skipped => "–",
            Self::Recovered => "↺",
            Self::NotRun => "∅",
        }
    }

    /// The phase in the wire's spelling: what filters, the `data-phase` attribute and style sheets use.
    pub fn key(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeding => "SUCCEEDING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failing => "FAILING",
            Self::Failed => "FAILED",
            Self::Aborting => "ABORTING",
            Self::Aborted => "ABORTED",
            Self::TimedOut => "TIMED_OUT",
            Self::Skipped => "SKIPPED",
            Self::Recovered => "RECOVERED",
            Self::NotRun => "NOT_RUN",
        }
    }

    /// True when the state can no longer change, so that polling may stop.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Succeeded | Self::Failed | Self::Aborted | Self::TimedOut => true,
            Self::Skipped | Self::Recovered | Self::NotRun => true,
            Self::Waiting | Self::Queued | Self::Running => false,
            Self::Succeeding | Self::Failing | Self::Aborting => false,
        }
    }

    /// An execution's phase number, as in `ExecutionClosure.phase`. Unknown numbers are [`Phase::Waiting`].
    pub fn of_execution(number: i32) -> Self {
        use workflow_execution::Phase as Wire;
        match Wire::try_from(number).unwrap_or(Wire::Undefined) {
            Wire::Undefined => Self::Waiting,
            Wire::Queued => Self::Queued,
            Wire::Running => Self::Running,
            Wire::Succeeding => Self::Succeeding,
            Wire::Succeeded => Self::Succeeded,
            Wire::Failing => Self::Failing,
            Wire::Failed => Self::Failed,
            Wire::Aborted => Self::Aborted,
            Wire::TimedOut => Self::TimedOut,
            Wire::Aborting => Self::Aborting,
        }
    }

    /// A node's phase number, as in `NodeExecutionClosure.phase`. Unknown numbers are [`Phase::Waiting`].
    pub fn of_node(number: i32) -> Self {
        use node_execution::Phase as Wire;
        match Wire::try_from(number).unwrap_or(Wire::Undefined) {
            Wire::Undefined => Self::Waiting,
            Wire::Queued => Self::Queued,
            Wire::Running | Wire::DynamicRunning => Self::Running,
            Wire::Succeeded => Self::Succeeded,
            Wire::Failing => Self::Failing,
            Wire::Failed => Self::Failed,
            Wire::Aborted => Self::Aborted,
            Wire::Skipped => Self::Skipped,
            Wire::TimedOut => Self::TimedOut,
            Wire::Recovered => Self::Recovered,
        }
    }

    /// An attempt's phase number, as in `TaskExecutionClosure.phase`. Unknown numbers are [`Phase::Waiting`].
    pub fn of_attempt(number: i32) -> Self {
        use task_execution::Phase as Wire;
        match Wire::try_from(number).unwrap_or(Wire::Undefined) {
            Wire::Undefined => Self::Waiting,
            Wire::Queued | Wire::Initializing | Wire::WaitingForResources => Self::Queued,
            Wire::Running => Self::Running,
            Wire::Succeeded => Self::Succeeded,
            Wire::Aborted => Self::Aborted,
            Wire::Failed | Wire::RetryableFailed => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Phase;

    fn all() -> BTreeSet<Phase> {
        let wire = (0..=12).flat_map(|n| [Phase::of_execution(n), Phase::of_node(n), Phase::of_attempt(n)]);
        wire.chain([Phase::NotRun]).collect()
    }

    #[test]
    fn the_wire_has_every_phase_but_one() {
        assert_eq!(all().len(), 13);
    }

    #[test]
    fn no_two_phases_share_a_mark_or_a_word() {
        let glyphs: BTreeSet<_> = all().into_iter().map(Phase::glyph).collect();
        let labels: BTreeSet<_> = all().into_iter().map(Phase::label).collect();
        assert_eq!((glyphs.len(), labels.len()), (13, 13));
    }

    #[test]
    fn an_unknown_number_is_a_phase_that_still_changes() {
        assert_eq!(Phase::of_execution(99), Phase::Waiting);
        assert!(!Phase::Waiting.is_terminal());
    }

    #[test]
    fn a_failed_attempt_that_will_be_tried_again_is_failed() {
        assert_eq!(Phase::of_attempt(8), Phase::Failed);
    }
}
