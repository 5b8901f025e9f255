//! What the engine asks of a driver.

use crate::NodeIx;

/// One thing to carry out. Carrying it out twice must be the same as once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Make this attempt exist. For a task: bind and write its inputs, then run it. For the start
    /// node: publish the run's inputs as its outputs. For the end node: bind and write the run's outputs.
    Launch {
        /// Which node.
        node: NodeIx,
        /// Which try of it, from 0.
        attempt: u32,
    },
    /// Make this attempt end, and see to it that it never starts if it has not.
    Kill {
        /// Which node.
        node: NodeIx,
        /// Which try of it.
        attempt: u32,
    },
}
