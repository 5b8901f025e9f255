//! A collection or map bound to a union must fit one variant only.

use aileron_idl::core::LiteralType;

use crate::diagnostic::{Code, Diagnostic, Location};
use crate::types::describe;

pub(crate) fn found(place: Location, to: &LiteralType, taking: &[&LiteralType]) -> Diagnostic {
    let variants: Vec<_> = taking.iter().map(|variant| describe(variant)).collect();
    let message = format!("the value fits more than one variant of the union: {}", variants.join(" and "));
    Diagnostic::error(Code::AmbiguousBindingUnionValue, place, message)
        .expected(describe(to))
        .hint("declare the input with the variant that is meant, or add an element that only it takes")
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, collection, text_value};
    use crate::types::samples::*;
    use expect_test::expect;

    #[test]
    fn a_collection_that_two_variants_take_is_ambiguous() {
        let program = |binding| {
            Program::new().task("t", &[("a", union([list(int()), list(text())]))], &[]).node(
                "n0",
                "t",
                &[("a", binding)],
            )
        };
        program(collection([])).check(expect![[r#"
            AmbiguousBindingUnionValue at n0.a: the value fits more than one variant of the union: collection_type:{simple:INTEGER} and collection_type:{simple:STRING} (declare the input with the variant that is meant, or add an element that only it takes)"#]]);
        program(collection([text_value("x")])).check(expect![""]);
    }
}
