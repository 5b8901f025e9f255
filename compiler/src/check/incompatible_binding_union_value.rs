//! A collection or map bound to a union must fit one of its variants.

use aileron_idl::core::LiteralType;

use crate::diagnostic::{Code, Diagnostic, Location};
use crate::types::describe;

pub(crate) fn found(place: Location, to: &LiteralType) -> Diagnostic {
    let declared = describe(to);
    let message = format!("the value fits no variant of {declared}");
    Diagnostic::error(Code::IncompatibleBindingUnionValue, place, message)
        .expected(declared)
        .hint("give it elements of the type of one variant, or add a variant to the union")
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, collection, text_value};
    use crate::types::samples::*;
    use expect_test::expect;

    #[test]
    fn a_collection_that_no_variant_takes_is_incompatible() {
        Program::new()
            .task("t", &[("a", union([list(int()), none()]))], &[])
            .node("n0", "t", &[("a", collection([text_value("x")]))])
            .check(expect![[r#"
                IncompatibleBindingUnionValue at n0.a: the value fits no variant of union_type:{variants:{collection_type:{simple:INTEGER}} variants:{simple:NONE}} (give it elements of the type of one variant, or add a variant to the union)"#]]);
    }
}
