//! A value's type fits the declared one, as [`castable`] judges.

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{LiteralType, SimpleType};

use crate::diagnostic::{Code, Diagnostic, Location};
use crate::types::{castable, describe};

const IN_BETWEEN: &str = "make both types the same, or convert the value in a task in between";

/// A literal in a binding.
pub(crate) fn literal(place: &Location, from: &LiteralType, to: &LiteralType) -> Option<Diagnostic> {
    (!castable(from, to)).then(|| {
        let variable = place.value();
        let message = format!("'{variable}' is {}, but is given a value of {}", describe(to), describe(from));
        found(place, from, to, message)
    })
}

/// A node's output, or the part of it that the promise takes.
pub(crate) fn promise(
    place: &Location,
    source: &str,
    output: &str,
    from: &LiteralType,
    to: &LiteralType,
) -> Diagnostic {
    let variable = place.value();
    let (from_text, to_text) = (describe(from), describe(to));
    let message = format!("'{variable}' is {to_text}, but is given {source}.{output} of {from_text}");
    found(place, from, to, message)
}

/// A promise of one element, of an output that is no collection.
pub(crate) fn no_collection(place: &Location, source: &str, output: &str, from: &LiteralType) -> Diagnostic {
    let from = describe(from);
    let message = format!("one element of {source}.{output} is taken, but it is {from}");
    Diagnostic::error(Code::MismatchingTypes, place.clone(), message)
        .expected("collection_type")
        .got(from)
        .hint("take the output as a whole")
}

/// An output that two cases of a branch have, of different types. `first` is the case it is compared with.
pub(crate) fn arms(place: Location, first: &str, expected: &LiteralType, got: &LiteralType) -> Diagnostic {
    let (name, expected, got) = (place.value(), describe(expected), describe(got));
    let message = format!("output '{name}' is {got} here, but {expected} in '{first}' of the same branch");
    Diagnostic::error(Code::MismatchingTypes, place, message)
        .expected(expected)
        .got(got)
        .hint("give the output the same type in each case, to the last detail, or another name")
}

/// The sides of a comparison in the condition of a branch.
pub(crate) fn comparison(node: &str, left: &LiteralType, right: &LiteralType) -> Diagnostic {
    let (left, right) = (describe(left), describe(right));
    let message = format!("a condition compares {left} with {right}");
    Diagnostic::error(Code::MismatchingTypes, Location::node(node), message)
        .expected(left)
        .got(right)
        .hint("compare values of one type: write 1.0 for a float, and convert others in a task before")
}

/// A launch plan's input, of another type than the workflow's.
pub(crate) fn input(name: &str, from: &LiteralType, to: &LiteralType) -> Option<Diagnostic> {
    (!castable(from, to)).then(|| given(name, from, to))
}

/// A value for a launch that does not fit: an input given, a default, or a fixed input.
pub(crate) fn given(name: &str, from: &LiteralType, to: &LiteralType) -> Diagnostic {
    let (from_text, to_text) = (describe(from), describe(to));
    let message = format!("invalid {name} input wrong type. Expected {to_text}, but got {from_text}");
    let hint = match hint(from, to) {
        IN_BETWEEN => "give a value of the declared type",
        hint => hint,
    };
    found(&Location::variable(name), from, to, message).hint(hint)
}

fn found(place: &Location, from: &LiteralType, to: &LiteralType, message: String) -> Diagnostic {
    Diagnostic::error(Code::MismatchingTypes, place.clone(), message)
        .expected(describe(to))
        .got(describe(from))
        .hint(hint(from, to))
}

fn hint(from: &LiteralType, to: &LiteralType) -> &'static str {
    let is = |of: &LiteralType, simple: SimpleType| of.r#type == Some(Type::Simple(simple as i32));
    match &to.r#type {
        _ if from.r#type.is_none() => "the value does not say its type: give a schema or dataset its type",
        _ if is(from, SimpleType::Integer) && is(to, SimpleType::Float) => {
            "an integer is not taken for a float: give 1.0 instead of 1, or convert it in a task"
        }
        Some(Type::UnionType(_)) => "exactly one variant of a union must take the value",
        _ if is(from, SimpleType::None) => "the declared type is not optional: give a value",
        _ => IN_BETWEEN,
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, collection, int_value, promise, text_value};
    use crate::types::samples::*;
    use crate::types::simple;
    use aileron_idl::core::SimpleType;
    use expect_test::expect;

    #[test]
    fn literals_are_checked_against_the_declaration() {
        Program::new()
            .task("t", &[("a", int()), ("f", simple(SimpleType::Float)), ("l", list(int()))], &[])
            .node(
                "n0",
                "t",
                &[
                    ("a", text_value("x")),
                    ("f", int_value(1)),
                    ("l", collection([int_value(1), text_value("x")])),
                ],
            )
            .check(expect![[r#"
                MismatchingTypes at n0.a: 'a' is simple:INTEGER, but is given a value of simple:STRING (make both types the same, or convert the value in a task in between)
                MismatchingTypes at n0.f: 'f' is simple:FLOAT, but is given a value of simple:INTEGER (an integer is not taken for a float: give 1.0 instead of 1, or convert it in a task)
                MismatchingTypes at n0.l[1]: 'l[1]' is simple:INTEGER, but is given a value of simple:STRING (make both types the same, or convert the value in a task in between)"#]]);
    }

    #[test]
    fn promises_are_checked_against_the_declaration() {
        Program::new()
            .input("a", int())
            .task("text", &[("a", int())], &[("o0", text())])
            .node("n0", "text", &[("a", promise("", "a"))])
            .node("n1", "text", &[("a", promise("n0", "o0"))])
            .output("o0", int(), promise("n0", "o0"))
            .check(expect![[r#"
                MismatchingTypes at end-node.o0: 'o0' is simple:INTEGER, but is given n0.o0 of simple:STRING (make both types the same, or convert the value in a task in between)
                MismatchingTypes at n1.a: 'a' is simple:INTEGER, but is given n0.o0 of simple:STRING (make both types the same, or convert the value in a task in between)"#]]);
    }

    #[test]
    fn one_element_is_taken_of_a_collection_only() {
        Program::new()
            .input("a", int())
            .input("l", list(int()))
            .task("inc", &[("a", int())], &[])
            .node("n0", "inc", &[("a", promise("", "[0].l"))])
            .node("n1", "inc", &[("a", promise("", "[0].a"))])
            .check(expect!["MismatchingTypes at n1.a: one element of start-node.a is taken, but it is simple:INTEGER (take the output as a whole)"]);
    }

    #[test]
    fn unions_take_scalars_and_promises() {
        Program::new()
            .input("a", int())
            .task("t", &[("a", union([int(), none()]))], &[])
            .node("n0", "t", &[("a", promise("", "a"))])
            .node("n1", "t", &[("a", int_value(1))])
            .node("n2", "t", &[("a", text_value("x"))])
            .check(expect!["MismatchingTypes at n2.a: 'a' is union_type:{variants:{simple:INTEGER} variants:{simple:NONE}}, but is given a value of simple:STRING (exactly one variant of a union must take the value)"]);
    }
}
