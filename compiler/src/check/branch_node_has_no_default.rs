//! A branch says what happens when none of its conditions holds.

use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn found(node: &str) -> Diagnostic {
    let message = format!("branch '{node}' does not say what to do when no condition holds");
    Diagnostic::error(Code::BranchNodeHasNoDefault, Location::node(node), message)
        .hint("end it with `else_().then(...)` or `else_().fail(...)`")
}
