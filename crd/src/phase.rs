//! The phases in an object's status. Their numbers are Flyte's.

use serde::Serialize;

macro_rules! phases {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $phase:ident = $number:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum $name { $($(#[$doc])* $phase = $number),* }

        impl $name {
            /// The phase of a number; none, if there is no such number.
            pub fn of(number: u64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$phase),)*
                    _ => None,
                }
            }

            /// Its number.
            pub fn number(self) -> u64 {
                self as u64
            }

            /// Its name, as people read it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$phase => stringify!($phase),)*
                }
            }
        }
    };
}

phases! {
    /// Where an execution stands.
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

impl WorkflowPhase {
    /// Whether nothing comes after it.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Aborted)
    }
}

phases! {
    /// Where a node stands.
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
