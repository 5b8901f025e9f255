//! A gate waits for something: a time, a signal or an approval.

use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn found(node: &str) -> Diagnostic {
    let message = format!("gate '{node}' does not say what it waits for");
    Diagnostic::error(Code::NoConditionFound, Location::node(node), message)
        .hint("let it sleep, wait for a signal, or wait for an approval")
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::node::Target;
    use expect_test::expect;

    use crate::fixture::{Program, node};

    #[test]
    fn a_gate_that_waits_for_nothing_is_refused() {
        Program::new().with(node("g", Target::GateNode(Box::default()), &[])).check(expect!["NoConditionFound at g: gate 'g' does not say what it waits for (let it sleep, wait for a signal, or wait for an approval)"]);
    }
}
