//! A collection or map may only be bound to a collection or map.

use aileron_idl::core::LiteralType;

use crate::diagnostic::{Code, Diagnostic, Location};
use crate::types::describe;

/// `kind` is what was bound: `collection` or `map`.
pub(crate) fn found(place: &Location, kind: &str, to: &LiteralType) -> Diagnostic {
    let declared = describe(to);
    let message = format!("a {kind} is bound where {declared} is declared");
    Diagnostic::error(Code::MismatchingBindings, place.clone(), message)
        .expected(declared)
        .got(kind)
        .hint("bind one value of the declared type")
}

/// The same of an approval or a branch, which declares nothing.
pub(crate) fn undeclared(place: &Location, kind: &str) -> Diagnostic {
    let message = format!("a {kind} is bound to a node that does not say of what type it is to be");
    Diagnostic::error(Code::MismatchingBindings, place.clone(), message)
        .got(kind)
        .hint("bind one output or one constant; a task in between can make the collection or map")
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, collection, mapping, text_value};
    use crate::types::samples::*;
    use expect_test::expect;

    #[test]
    fn shapes_must_agree() {
        Program::new()
            .task("t", &[("a", text()), ("b", list(list(text())))], &[])
            .node(
                "n0",
                "t",
                &[
                    ("a", collection([text_value("x")])),
                    ("b", collection([collection([]), mapping([("k", text_value("x"))])])),
                ],
            )
            .check(expect![[r#"
                MismatchingBindings at n0.a: a collection is bound where simple:STRING is declared (bind one value of the declared type)
                MismatchingBindings at n0.b[1]: a map is bound where collection_type:{simple:STRING} is declared (bind one value of the declared type)"#]]);
    }
}
