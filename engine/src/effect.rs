//! What the engine asks of a driver.

use crate::NodeIx;

/// One thing to carry out. Carrying it out twice must be the same as once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Make this attempt exist. For a task: bind and write its inputs, then run it. For a start node:
    /// publish the inputs of its workflow as its outputs. For an end node: bind and write the outputs of
    /// its workflow. For a node with children: bind and write its inputs, then say that it runs; for a
    /// branch, which arm it takes; for an array, how many items its lists have.
    Launch {
        /// Which node.
        node: NodeIx,
        /// Which try of it, from 0.
        attempt: u32,
    },
    /// Look for the outputs: in the execution that this one recovers, if it does; then, if the node has a rule
    /// for it, in the cache. Bind and write the inputs, and make what is found this attempt's. If another computes them, and the node's rule says so, wait for it.
    LookUp {
        /// Which node.
        node: NodeIx,
        /// Which try of it; the first.
        attempt: u32,
    },
    /// Put the outputs of this attempt into the cache.
    Store {
        /// Which node.
        node: NodeIx,
        /// Which try of it.
        attempt: u32,
    },
    /// The children are done: make the outputs of the one that speaks for them (see
    /// [`outputs_from`](crate::outputs_from)) the outputs of this attempt; for an array, lists of those of
    /// its items, with nothing for an item that has not succeeded.
    Collect {
        /// Which node.
        node: NodeIx,
        /// Which try of it.
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
