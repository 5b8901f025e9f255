//! What an execution takes from the one that it recovers.

use aileron_idl::admin::node_execution_closure::TargetMetadata;

/// A node's success in the other execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recovered {
    /// Whether there is a deck to show.
    pub deck: bool,
    /// What was known of its task, or the execution that it launched.
    pub target: Option<Box<TargetMetadata>>,
}
