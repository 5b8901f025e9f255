//! Node kinds that this compiler does not know yet are refused, never passed over.

use crate::diagnostic::{Code, Diagnostic, Location};

/// `kind` is what it is called, such as `branch node`.
pub(crate) fn found(node: &str, kind: &str) -> Diagnostic {
    let message = format!("{kind}s cannot be compiled yet");
    Diagnostic::error(Code::UnsupportedNode, Location::node(node), message)
        .got(kind)
        .hint("this version runs workflows of task nodes only")
}
