//! Enums, and simple types that are limited to some values (Python's `Literal["a", "b"]`).

use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::{Literal, LiteralType};
use prost_types::value::Kind;
use prost_types::{ListValue, Value};
use serde_json::Value as Json;

use super::primitive::{primitive, string};
use super::reader::{Read, Reader, listed, shown};
use crate::diagnostic::{Code, Diagnostic};

/// Where flytekit puts the values that a simple type is limited to.
const ANNOTATION: &str = "literal_values";

/// So many comparisons with an enum's values count as one value read.
const COMPARED: usize = 100;

pub(super) fn read(reader: &Reader<'_>, values: &[String], value: &Json) -> Read<Literal> {
    let text = string(reader, value)?;
    reader.spend(values.len() / COMPARED)?;
    match values.iter().any(|known| known == text) {
        true => Ok(primitive(PrimitiveValue::StringValue(text.to_owned()))),
        false => Err(vec![illegal(reader, value, listed(values.iter().map(String::as_str)))]),
    }
}

/// Refuses what is not among the values that a simple type is limited to, if it is.
pub(super) fn check(reader: &Reader<'_>, declared: &LiteralType, value: &Json) -> Read<()> {
    match permitted(declared) {
        Some(values) if !contains(reader, values, value)? => Err(vec![illegal(reader, value, names(values))]),
        _ => Ok(()),
    }
}

fn permitted(declared: &LiteralType) -> Option<&ListValue> {
    let annotations = declared.annotation.as_ref()?.annotations.as_ref()?;
    match &annotations.fields.get(ANNOTATION)?.kind {
        Some(Kind::ListValue(values)) => Some(values),
        _ => None,
    }
}

pub(super) fn illegal(reader: &Reader<'_>, value: &Json, values: String) -> Diagnostic {
    reader
        .finding(Code::IllegalEnumValue, format!("{} is not one of the values", shown(value)))
        .got(shown(value))
        .hint(format!("its values are {values}"))
        .expected(values)
}

/// Whether a list of scalars in a protobuf struct has the value.
pub(super) fn contains(reader: &Reader<'_>, values: &ListValue, value: &Json) -> Read<bool> {
    reader.spend(values.values.len() / COMPARED)?;
    Ok(values.values.iter().any(|known| same(known, value)))
}

pub(super) fn names(values: &ListValue) -> String {
    let texts = values.values.iter().filter_map(|value| match &value.kind {
        Some(Kind::StringValue(text)) => Some(text.as_str()),
        _ => None,
    });
    match listed(texts) {
        none if none.is_empty() => format!("{} that are no texts", values.values.len()),
        some => some,
    }
}

/// Whether a scalar of a protobuf struct, where all numbers are floats, is the JSON value.
fn same(known: &Value, value: &Json) -> bool {
    match (&known.kind, value) {
        (Some(Kind::StringValue(known)), Json::String(text)) => known == text,
        (Some(Kind::NumberValue(known)), Json::Number(number)) => number.as_f64() == Some(*known),
        (Some(Kind::BoolValue(known)), Json::Bool(truth)) => known == truth,
        (Some(Kind::NullValue(_)), Json::Null) => true,
        _ => false,
    }
}
