//! Every input that is not optional, and every output of the workflow, has a value.
//!
//! Optional is a union with NONE among its variants; Flyte takes any union with a variant that is not a
//! simple type for optional, too.

use aileron_idl::core::{Alias, LiteralType};

use super::listed;
use crate::END_NODE;
use crate::diagnostic::{Code, Diagnostic, Location};
use crate::signature::Signature;
use crate::types::{describe, optional};

/// An input without a binding. One without a type has been diagnosed where it is declared.
pub(crate) fn input(node: &str, name: &str, declared: Option<&LiteralType>) -> Option<Diagnostic> {
    let declared = declared.filter(|declared| !optional(declared))?;
    let (message, hint) = match node {
        END_NODE => (format!("output '{name}' of the workflow is not bound"), "return a value for it"),
        _ => (format!("input '{name}' is not bound"), "give it a value, or make it optional"),
    };
    let place = Location::node(node).at(name);
    Some(Diagnostic::error(Code::ParameterNotBound, place, message).expected(describe(declared)).hint(hint))
}

/// A binding, or an element of one, without a value.
pub(crate) fn empty(place: Location) -> Diagnostic {
    let variable = place.value();
    let message = format!("the binding of '{variable}' is empty");
    Diagnostic::error(Code::ParameterNotBound, place, message)
        .hint("bind a scalar, a collection, a map or an output")
}

/// An alias of an output that the node does not have.
pub(crate) fn alias(node: &str, Alias { var, alias }: &Alias, signature: &Signature<'_>) -> Diagnostic {
    let message = format!("alias '{alias}' is of output '{var}', which the node does not have");
    Diagnostic::error(Code::ParameterNotBound, Location::node(node).at(var), message)
        .hint(format!("its outputs: {}", listed(signature.outputs.names())))
}

/// A launch leaves out an input without a default.
pub(crate) fn launch(name: &str, declared: Option<&LiteralType>) -> Diagnostic {
    let message = format!("expected_inputs {name} missing");
    let found = Diagnostic::error(Code::ParameterNotBound, Location::variable(name), message);
    match declared.map(describe) {
        Some(declared) => {
            found.hint(format!("give a value of type {declared} for input '{name}'")).expected(declared)
        }
        None => found.hint(format!("give a value for input '{name}'")),
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, collection, empty, promise};
    use crate::types::samples::*;
    use expect_test::expect;

    #[test]
    fn inputs_and_outputs_need_values_unless_optional() {
        let inputs = [("a", int()), ("b", union([int(), none()])), ("c", union([list(int()), text()]))];
        Program::new()
            .task("t", &inputs, &[])
            .node("n0", "t", &[])
            .unbound_output("o0", int())
            .check(expect![[r#"
                ParameterNotBound at end-node.o0: output 'o0' of the workflow is not bound (return a value for it)
                ParameterNotBound at n0.a: input 'a' is not bound (give it a value, or make it optional)
                ParameterNotBound at n0.c: input 'c' is not bound (give it a value, or make it optional)"#]]);
    }

    #[test]
    fn empty_bindings_are_refused() {
        Program::new()
            .task("t", &[("a", list(int()))], &[])
            .node("n0", "t", &[("a", collection([empty()]))])
            .check(expect!["ParameterNotBound at n0.a[0]: the binding of 'a[0]' is empty (bind a scalar, a collection, a map or an output)"]);
    }

    #[test]
    fn an_alias_hides_the_name_of_its_output() {
        let program = Program::new().task("t", &[], &[("o0", int()), ("o1", text())]).node("n0", "t", &[]);
        program
            .alias("n0", "o0", "x")
            .output("a", int(), promise("n0", "x"))
            .output("b", int(), promise("n0", "o0"))
            .check(expect![
                "VariableNameNotFound at end-node.b: node 'n0' has no output 'o0' (its outputs: 'o1', 'x')"
            ]);
    }

    #[test]
    fn an_alias_is_of_an_output() {
        let program = Program::new().task("t", &[], &[("o0", int())]).node("n0", "t", &[]);
        program.alias("n0", "o1", "x").check(expect!["ParameterNotBound at n0.o1: alias 'x' is of output 'o1', which the node does not have (its outputs: 'o0')"]);
    }
}
