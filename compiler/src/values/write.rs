//! A literal to the JSON value that [`super::from_json`] reads as the same literal.

use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Literal, LiteralOffloadedMetadata, LiteralType, Primitive, Scalar, SimpleType};
use serde_json::{Value as Json, json};

use super::{binary, dataclass, datetime, duration, error, msgpack, nested, primitive, stored, union};
use crate::types::DEPTH_LIMIT;

/// What stands for a value that is nested deeper than [`DEPTH_LIMIT`].
const TOO_DEEP: &str = "...";

/// The literal as JSON; `declared` says where a union's variant must be named.
///
/// Total: a literal that does not fit its type, or has no value, is written as well as it can be.
#[must_use]
pub fn to_json(declared: &LiteralType, literal: &Literal) -> Json {
    write(declared, literal, DEPTH_LIMIT)
}

/// `levels` is how many more the value may have.
pub(super) fn write(declared: &LiteralType, literal: &Literal, levels: usize) -> Json {
    let Some(levels) = levels.checked_sub(1) else { return TOO_DEEP.into() };
    match &literal.value {
        None => Json::Null,
        Some(LiteralValue::Scalar(scalar)) => write_scalar(declared, scalar, levels),
        Some(LiteralValue::Collection(collection)) => nested::write_collection(declared, collection, levels),
        Some(LiteralValue::Map(map)) => nested::write_map(declared, map, levels),
        Some(LiteralValue::OffloadedMetadata(elsewhere)) => offloaded(elsewhere),
    }
}

fn write_scalar(declared: &LiteralType, scalar: &Scalar, levels: usize) -> Json {
    match &scalar.value {
        None | Some(ScalarValue::NoneType(_)) => Json::Null,
        Some(ScalarValue::Primitive(primitive)) => write_primitive(primitive),
        Some(ScalarValue::Blob(blob)) => stored::write_blob(declared, blob),
        Some(ScalarValue::Schema(schema)) => schema.uri.as_str().into(),
        Some(ScalarValue::StructuredDataset(dataset)) => stored::write_dataset(declared, dataset),
        Some(ScalarValue::Binary(found)) if is_struct(declared) || found.tag == msgpack::TAG => {
            msgpack::decode(&found.value).unwrap_or_else(|| binary::write(found))
        }
        Some(ScalarValue::Binary(found)) => binary::write(found),
        Some(ScalarValue::Error(found)) => error::write(found),
        Some(ScalarValue::Generic(fields)) => dataclass::write_generic(fields, levels),
        Some(ScalarValue::Union(chosen)) => union::write(declared, chosen, levels),
    }
}

fn write_primitive(primitive: &Primitive) -> Json {
    match &primitive.value {
        None => Json::Null,
        Some(PrimitiveValue::Integer(number)) => (*number).into(),
        Some(PrimitiveValue::FloatValue(number)) => primitive::write_float(*number),
        Some(PrimitiveValue::StringValue(text)) => text.as_str().into(),
        Some(PrimitiveValue::Boolean(truth)) => (*truth).into(),
        Some(PrimitiveValue::Datetime(at)) => datetime::write(at).into(),
        Some(PrimitiveValue::Duration(span)) => duration::write(span).into(),
    }
}

fn offloaded(elsewhere: &LiteralOffloadedMetadata) -> Json {
    json!({ "offloaded": elsewhere.uri, "size_bytes": elsewhere.size_bytes })
}

fn is_struct(declared: &LiteralType) -> bool {
    matches!(declared.r#type, Some(Type::Simple(number)) if number == SimpleType::Struct as i32)
}
