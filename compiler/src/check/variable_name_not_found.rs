//! Variables that are named exist.

use super::listed;
use crate::diagnostic::{Code, Diagnostic, Location};
use crate::signature::Signature;
use crate::{END_NODE, START_NODE};

/// A binding of an input that the node does not have.
pub(crate) fn input(node: &str, name: &str, signature: &Signature<'_>) -> Diagnostic {
    let names = listed(signature.inputs.names());
    let (message, hint) = match node {
        END_NODE => (format!("the workflow has no output '{name}'"), format!("its outputs: {names}")),
        _ => (format!("node '{node}' has no input '{name}'"), format!("its inputs: {names}")),
    };
    Diagnostic::error(Code::VariableNameNotFound, Location::node(node).at(name), message).got(name).hint(hint)
}

/// A promise of an output that the source does not have.
pub(crate) fn output<'a>(
    place: &Location,
    source: &str,
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    let names = listed(names);
    let (message, hint) = match source {
        START_NODE => (format!("the workflow has no input '{name}'"), format!("its inputs: {names}")),
        _ => (format!("node '{source}' has no output '{name}'"), format!("its outputs: {names}")),
    };
    Diagnostic::error(Code::VariableNameNotFound, place.clone(), message).got(name).hint(hint)
}

/// A condition compares an input that the branch is not given.
pub(crate) fn operand<'a>(node: &str, name: &str, inputs: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let message = format!("a condition compares '{name}', which is not bound to the branch");
    Diagnostic::error(Code::VariableNameNotFound, Location::node(node).at(name), message)
        .got(name)
        .hint(format!("its inputs: {}", listed(inputs)))
}

/// A launch, or a launch plan, gives an input that is not expected.
pub(crate) fn launch<'a>(
    name: &str,
    fixed: bool,
    expected: impl IntoIterator<Item = &'a String>,
) -> Diagnostic {
    let hint = match fixed {
        true => "the launch plan fixes this input: leave it out".to_owned(),
        false => format!("the inputs that can be given: {}", listed(expected)),
    };
    let message = format!("invalid input {name}");
    Diagnostic::error(Code::VariableNameNotFound, Location::variable(name), message).got(name).hint(hint)
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, int_value, promise};
    use crate::types::samples::int;
    use expect_test::expect;

    #[test]
    fn unknown_variables_are_named_with_those_that_exist() {
        Program::new()
            .input("a", int())
            .task("inc", &[("a", int())], &[("o0", int())])
            .node("n0", "inc", &[("a", promise("", "b")), ("c", int_value(1))])
            .node("n1", "inc", &[("a", promise("n0", "o1"))])
            .bind_output("o7", promise("n0", "o0"))
            .check(expect![[r#"
                VariableNameNotFound at end-node.o7: the workflow has no output 'o7' (its outputs: none)
                VariableNameNotFound at n0.a: the workflow has no input 'b' (its inputs: 'a')
                VariableNameNotFound at n0.c: node 'n0' has no input 'c' (its inputs: 'a')
                VariableNameNotFound at n1.a: node 'n0' has no output 'o1' (its outputs: 'o0')"#]]);
    }
}
