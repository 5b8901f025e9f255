//! Literals in a few words.

use aileron_idl::core::{Literal, Primitive, Scalar, literal, primitive, scalar};

/// A truth value, as gates are answered with.
pub fn boolean(truth: bool) -> Literal {
    let value = Some(primitive::Value::Boolean(truth));
    let scalar = Scalar { value: Some(scalar::Value::Primitive(Primitive { value })) };
    Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
}
