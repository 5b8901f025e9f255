//! How far an execution is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::fields;

/// The phases in a resource's status.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Status {
    /// The execution's; absent before the propeller has seen it, or if it is of an unknown number.
    pub phase: Option<WorkflowPhase>,
    /// Those of the nodes that have one, by id.
    pub nodes: BTreeMap<String, NodePhase>,
}

macro_rules! phases {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $phase:ident = $number:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum $name { $($(#[$doc])* $phase),* }

        impl $name {
            fn of(number: u64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$phase),)*
                    _ => None,
                }
            }
        }
    };
}

phases! {
    /// The propeller's phases of an execution.
    WorkflowPhase {
        /// Accepted.
        Ready = 0,
        /// Nodes run.
        Running = 1,
        /// All nodes ended; outputs are written.
        Succeeding = 2,
        /// Ended well.
        Success = 3,
        /// A node failed; others are stopped.
        Failing = 4,
        /// Ended badly.
        Failed = 5,
        /// Ended by a user.
        Aborted = 6,
        /// The failure node runs.
        HandlingFailureNode = 7,
    }
}

phases! {
    /// The propeller's phases of a node.
    NodePhase {
        /// Waits for other nodes.
        NotYetStarted = 0,
        /// May start.
        Queued = 1,
        /// Runs.
        Running = 2,
        /// Failed; is cleaned up.
        Failing = 3,
        /// Done; outputs are written.
        Succeeding = 4,
        /// Ended well.
        Succeeded = 5,
        /// Ended badly.
        Failed = 6,
        /// Not needed.
        Skipped = 7,
        /// Failed; is tried again.
        RetryableFailure = 8,
        /// Took too long; is stopped.
        TimingOut = 9,
        /// Took too long.
        TimedOut = 10,
        /// Runs the nodes that it made.
        DynamicRunning = 11,
        /// Taken from an earlier execution.
        Recovered = 12,
    }
}

pub(super) fn read(status: Option<&Value>) -> Status {
    let number = |value: &Value| value.get("phase").map_or(Some(0), Value::as_u64);
    let nodes = fields(status.and_then(|status| status.get("nodeStatus")));
    let nodes = nodes.filter_map(|(id, status)| Some((id.clone(), NodePhase::of(number(status)?)?)));
    Status { phase: status.and_then(number).and_then(WorkflowPhase::of), nodes: nodes.collect() }
}
