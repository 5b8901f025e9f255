//! Every case of a branch has a condition, and there is at least one case.

use crate::diagnostic::{Code, Diagnostic, Location};

/// A branch without a first case.
pub(crate) fn no_case(node: &str) -> Diagnostic {
    found(node, format!("branch '{node}' has no `if`"))
}

/// A case without a condition. `position` is 0 for `if`, and counts the `elif`s from 1.
pub(crate) fn of_case(node: &str, position: usize) -> Diagnostic {
    found(node, format!("{} of branch '{node}' has no condition", super::case(position)))
}

/// Half of an `and` or `or`.
pub(crate) fn half(node: &str) -> Diagnostic {
    found(node, "an `and` or `or` joins a condition with nothing".to_owned())
}

fn found(node: &str, message: String) -> Diagnostic {
    Diagnostic::error(Code::BranchNodeHasNoCondition, Location::node(node), message)
        .hint("compare an input of the branch with a constant or another input")
}
