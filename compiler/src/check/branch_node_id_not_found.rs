//! Every case of a branch has a node to run.

use crate::diagnostic::{Code, Diagnostic, Location};

/// `position` is 0 for `if`, and counts the `elif`s from 1.
pub(crate) fn found(node: &str, position: usize) -> Diagnostic {
    let message = format!("{} of branch '{node}' has no node to run", super::case(position));
    Diagnostic::error(Code::BranchNodeIdNotFound, Location::node(node), message)
        .hint("give each case a task, a workflow, or another branch to run")
}
