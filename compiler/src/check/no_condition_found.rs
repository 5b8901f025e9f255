//! A gate waits for something: a time, a signal or an approval.

use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn found(node: &str) -> Diagnostic {
    let message = format!("gate '{node}' does not say what it waits for");
    Diagnostic::error(Code::NoConditionFound, Location::node(node), message)
        .hint("let it sleep, wait for a signal, or wait for an approval")
}
