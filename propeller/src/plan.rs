//! What the settings of an execution mean for the plan of its run.

use aileron_crd::FlyteWorkflow;
use aileron_engine::{Deadline, Nanos, PlanSettings, Timestamp};

const SECOND: i64 = 1_000_000_000;

/// The settings of the plan, as the object says. How many items of an array a driver wants in its hands at once
/// is the driver's to add.
pub fn settings(workflow: &FlyteWorkflow) -> PlanSettings {
    let config = &workflow.execution_config;
    let seconds = |seconds: u32| (seconds > 0).then(|| Nanos(i64::from(seconds) * SECOND));
    PlanSettings {
        max_parallelism: config.max_parallelism,
        items_at_once: 0,
        overwrite_cache: config.overwrite_cache,
        recovers: config.recovery_execution.is_some(),
        interruptible: config.interruptible.or(workflow.node_defaults.interruptible),
        queueing_budget: seconds(config.queueing_budget_seconds),
        deadline: seconds(config.timeout_seconds).and_then(|after| deadline(&workflow.accepted_at, after)),
    }
}

/// An object that does not say when it was accepted has no deadline.
fn deadline(accepted_at: &str, after: Nanos) -> Option<Deadline> {
    let accepted: prost_types::Timestamp = accepted_at.parse().ok()?;
    Some(Deadline { at: Timestamp::from(&accepted).plus_nanos(after.0), after })
}

#[cfg(test)]
mod tests {
    use aileron_crd::ExecutionConfig;

    use super::*;

    #[test]
    fn limits_of_time_count_from_the_acceptance() {
        let workflow = |accepted_at: &str| FlyteWorkflow {
            accepted_at: accepted_at.into(),
            execution_config: ExecutionConfig {
                queueing_budget_seconds: 5,
                timeout_seconds: 60,
                ..ExecutionConfig::default()
            },
            ..FlyteWorkflow::default()
        };
        let read = settings(&workflow("1970-01-01T00:00:10.5Z"));
        assert_eq!(read.queueing_budget, Some(Nanos(5 * SECOND)));
        assert_eq!(read.deadline.map(|deadline| deadline.at), Some(Timestamp(70_500_000_000)));
        assert_eq!(settings(&workflow("")).deadline, None);
    }
}
