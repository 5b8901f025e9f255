//! A text bound to an enum is one of its values.

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{LiteralType, Scalar};

use super::listed;
use crate::diagnostic::{Code, Diagnostic, Location};

pub(crate) fn check(place: &Location, scalar: &Scalar, to: &LiteralType) -> Option<Diagnostic> {
    let Some(Type::EnumType(declared)) = &to.r#type else { return None };
    let Some(ScalarValue::Primitive(primitive)) = &scalar.value else { return None };
    let Some(PrimitiveValue::StringValue(text)) = &primitive.value else { return None };
    if declared.values.contains(text) {
        return None;
    }
    let values = listed(&declared.values);
    let message = format!("'{text}' is not a value of the enum");
    Some(
        Diagnostic::error(Code::IllegalEnumValue, place.clone(), message)
            .expected(&values)
            .got(format!("'{text}'"))
            .hint(format!("its values are {values}")),
    )
}

#[cfg(test)]
mod tests {
    use crate::fixture::{Program, collection, text_value};
    use crate::types::samples::*;
    use expect_test::expect;

    #[test]
    fn only_the_enums_values_may_be_bound() {
        Program::new()
            .task("t", &[("colours", list(choice(&["red", "blue"])))], &[])
            .node("n0", "t", &[("colours", collection([text_value("blue"), text_value("grey")]))])
            .check(expect!["IllegalEnumValue at n0.colours[1]: 'grey' is not a value of the enum (its values are 'red', 'blue')"]);
    }
}
