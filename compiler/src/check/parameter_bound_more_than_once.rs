//! A variable has one value.

use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn input(node: &str, name: &str) -> Diagnostic {
    let message = format!("input '{name}' is bound more than once");
    Diagnostic::error(Code::ParameterBoundMoreThanOnce, Location::node(node).at(name), message)
        .hint("keep one binding for each input")
}

/// A launch gives an input that its launch plan fixes.
pub(crate) fn fixed(name: &str) -> Diagnostic {
    let message = format!("fixed_inputs {name} cannot be overridden");
    Diagnostic::error(Code::ParameterBoundMoreThanOnce, Location::variable(name), message)
        .hint("leave the input out, or launch with another launch plan")
}

/// A launch plan gives an input a default and fixes it: it could never be launched.
pub(crate) fn default_and_fixed(name: &str) -> Diagnostic {
    let message = format!("input '{name}' has a default and is fixed");
    Diagnostic::error(Code::ParameterBoundMoreThanOnce, Location::variable(name), message)
        .hint("leave it out of the default inputs")
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, int_value};
    use crate::types::samples::int;
    use expect_test::expect;

    #[test]
    fn a_second_binding_is_refused() {
        Program::new()
            .task("t", &[("a", int())], &[])
            .node("n0", "t", &[("a", int_value(1)), ("a", int_value(2))])
            .check(expect!["ParameterBoundMoreThanOnce at n0.a: input 'a' is bound more than once (keep one binding for each input)"]);
    }
}
