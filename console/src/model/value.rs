//! Literals as readable trees: one [`Value`] whatever the wire's kind.

use std::fmt;

use aileron_idl::core::{Binary, Blob, Literal, LiteralMap, Primitive, Scalar, literal, primitive, scalar};
use prost_types::value::Kind;

use super::{msgpack, time};

/// How deeply nested a value is read; what lies deeper is shown as [`Value::TooDeep`].
pub const DEPTH_LIMIT: usize = 32;
/// How many bytes of a binary are shown.
const BYTES_SHOWN: usize = 32;

/// Something to show.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string, as it is.
    Text(String),
    /// Anything else that is one word: a number, a truth value, an instant, a span.
    Atom(String),
    /// Python's `None`, or a literal that carries nothing.
    Nothing,
    /// Values in order.
    List(Vec<Value>),
    /// Named values, in the order they are shown.
    Map(Vec<(String, Value)>),
    /// Data kept elsewhere: what it is (`file`, `dataset (parquet)`) and where.
    Stored {
        /// What the data is.
        what: String,
        /// Where it is.
        uri: String,
    },
    /// Bytes that nobody here can read.
    Bytes {
        /// The first of them, in hexadecimal.
        head: String,
        /// How many there are.
        length: usize,
        /// The encoding they claim, if any.
        tag: String,
    },
    /// An error that travels as a value.
    Error(String),
    /// Nested beyond [`DEPTH_LIMIT`].
    TooDeep,
}

impl Value {
    pub(super) fn number(number: impl fmt::Display) -> Self {
        Self::Atom(number.to_string())
    }

    /// Always with a point or an exponent, so that a float does not look like an integer.
    pub(super) fn float(number: f64) -> Self {
        Self::Atom(format!("{number:?}"))
    }

    pub(super) fn boolean(truth: bool) -> Self {
        Self::Atom(if truth { "True" } else { "False" }.to_owned())
    }

    pub(super) fn bytes(bytes: &[u8], tag: &str) -> Self {
        let head = bytes.iter().take(BYTES_SHOWN).map(|byte| format!("{byte:02x}")).collect();
        Self::Bytes { head, length: bytes.len(), tag: tag.to_owned() }
    }

    fn stored(what: impl Into<String>, uri: &str) -> Self {
        Self::Stored { what: what.into(), uri: uri.to_owned() }
    }

    /// True when the value fits on one line beside its name.
    pub fn is_short(&self) -> bool {
        match self {
            Self::Text(text) => text.len() <= 120 && !text.contains('\n'),
            Self::List(items) => items.len() <= 12 && items.iter().all(|item| matches!(item, Self::Atom(_))),
            Self::Map(entries) => entries.is_empty(),
            Self::Atom(_) | Self::Nothing | Self::TooDeep => true,
            Self::Stored { .. } | Self::Bytes { .. } | Self::Error(_) => false,
        }
    }
}

/// On one line, as in Python but without quotes.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Atom(text) | Self::Error(text) => f.write_str(text),
            Self::Nothing => f.write_str("None"),
            Self::List(items) => write!(f, "[{}]", join(items.iter().map(Value::to_string))),
            Self::Map(entries) => {
                write!(f, "{{{}}}", join(entries.iter().map(|(name, value)| format!("{name}: {value}"))))
            }
            Self::Stored { what, uri } => write!(f, "{what} {uri}"),
            Self::Bytes { head, length, .. } => write!(f, "{length} bytes {head}"),
            Self::TooDeep => f.write_str("…"),
        }
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// Named literals, by name.
pub fn of_map(map: &LiteralMap) -> Vec<(String, Value)> {
    named(map, 0)
}

/// One value that a workflow is written with.
pub fn of_constant(scalar: &Scalar) -> Value {
    of_scalar(scalar, 0)
}

fn named(map: &LiteralMap, depth: usize) -> Vec<(String, Value)> {
    map.literals.iter().map(|(name, literal)| (name.clone(), of_literal(literal, depth))).collect()
}

fn of_literal(literal: &Literal, depth: usize) -> Value {
    if depth > DEPTH_LIMIT {
        return Value::TooDeep;
    }
    match &literal.value {
        None => Value::Nothing,
        Some(literal::Value::Scalar(scalar)) => of_scalar(scalar, depth),
        Some(literal::Value::Collection(list)) => {
            Value::List(list.literals.iter().map(|item| of_literal(item, depth + 1)).collect())
        }
        Some(literal::Value::Map(map)) => Value::Map(named(map, depth + 1)),
        Some(literal::Value::OffloadedMetadata(data)) => {
            Value::stored(format!("stored apart, {} bytes", data.size_bytes), &data.uri)
        }
    }
}

fn of_scalar(scalar: &Scalar, depth: usize) -> Value {
    match &scalar.value {
        None | Some(scalar::Value::NoneType(_)) => Value::Nothing,
        Some(scalar::Value::Primitive(primitive)) => of_primitive(primitive),
        Some(scalar::Value::Blob(blob)) => of_blob(blob),
        Some(scalar::Value::Binary(binary)) => of_binary(binary),
        Some(scalar::Value::Schema(schema)) => Value::stored("schema", &schema.uri),
        Some(scalar::Value::Error(error)) => {
            Value::Error(format!("{} (node {})", error.message, error.failed_node_id))
        }
        Some(scalar::Value::Generic(fields)) => of_struct(fields, depth),
        Some(scalar::Value::StructuredDataset(dataset)) => Value::stored(dataset_kind(dataset), &dataset.uri),
        Some(scalar::Value::Union(union)) => {
            union.value.as_ref().map_or(Value::Nothing, |v| of_literal(v, depth + 1))
        }
    }
}

fn of_primitive(primitive: &Primitive) -> Value {
    match &primitive.value {
        None => Value::Nothing,
        Some(primitive::Value::Integer(number)) => Value::number(number),
        Some(primitive::Value::FloatValue(number)) => Value::float(*number),
        Some(primitive::Value::StringValue(text)) => Value::Text(text.clone()),
        Some(primitive::Value::Boolean(truth)) => Value::boolean(*truth),
        Some(primitive::Value::Datetime(instant)) => Value::Atom(time::rfc3339(instant)),
        Some(primitive::Value::Duration(span)) => Value::Atom(time::human(time::span(span))),
    }
}

fn of_blob(blob: &Blob) -> Value {
    let kind = blob.metadata.as_ref().and_then(|metadata| metadata.r#type.as_ref());
    let what = if kind.is_some_and(|kind| kind.dimensionality == 1) { "folder" } else { "file" };
    match kind.map(|kind| kind.format.as_str()).filter(|format| !format.is_empty()) {
        Some(format) => Value::stored(format!("{what} ({format})"), &blob.uri),
        None => Value::stored(what, &blob.uri),
    }
}

fn dataset_kind(dataset: &aileron_idl::core::StructuredDataset) -> String {
    let kind = dataset.metadata.as_ref().and_then(|metadata| metadata.structured_dataset_type.as_ref());
    match kind.map(|kind| kind.format.as_str()).filter(|format| !format.is_empty()) {
        Some(format) => format!("dataset ({format})"),
        None => "dataset".to_owned(),
    }
}

fn of_binary(binary: &Binary) -> Value {
    let decoded = (binary.tag == "msgpack").then(|| msgpack::decode(&binary.value)).flatten();
    decoded.unwrap_or_else(|| Value::bytes(&binary.value, &binary.tag))
}

fn of_struct(fields: &prost_types::Struct, depth: usize) -> Value {
    let entry = |(name, value): (&String, &prost_types::Value)| (name.clone(), of_json(value, depth + 1));
    Value::Map(fields.fields.iter().map(entry).collect())
}

fn of_json(value: &prost_types::Value, depth: usize) -> Value {
    if depth > DEPTH_LIMIT {
        return Value::TooDeep;
    }
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Value::Nothing,
        // A Struct has no integers; `3.0` is most often somebody's 3.
        Some(Kind::NumberValue(number)) => Value::number(number),
        Some(Kind::StringValue(text)) => Value::Text(text.clone()),
        Some(Kind::BoolValue(truth)) => Value::boolean(*truth),
        Some(Kind::StructValue(fields)) => of_struct(fields, depth),
        Some(Kind::ListValue(list)) => {
            Value::List(list.values.iter().map(|item| of_json(item, depth + 1)).collect())
        }
    }
}

/// The fields of a struct, each on one line.
pub fn fields(of: &prost_types::Struct) -> Vec<(String, String)> {
    let scalar = Scalar { value: Some(scalar::Value::Generic(of.clone())) };
    match of_constant(&scalar) {
        Value::Map(entries) => entries.into_iter().map(|(name, value)| (name, value.to_string())).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use aileron_idl::core::{BlobMetadata, BlobType, LiteralCollection, Union};

    use super::*;

    fn scalar(value: scalar::Value) -> Literal {
        Literal {
            value: Some(literal::Value::Scalar(Box::new(Scalar { value: Some(value) }))),
            ..Default::default()
        }
    }

    fn primitive(value: primitive::Value) -> Literal {
        scalar(scalar::Value::Primitive(Primitive { value: Some(value) }))
    }

    fn list(literals: Vec<Literal>) -> Literal {
        Literal {
            value: Some(literal::Value::Collection(LiteralCollection { literals })),
            ..Default::default()
        }
    }

    fn check(literal: &Literal, expect: &str) {
        assert_eq!(of_literal(literal, 0).to_string(), expect);
    }

    #[test]
    fn primitives_read_as_in_python() {
        check(&primitive(primitive::Value::Integer(i64::MAX)), "9223372036854775807");
        check(&primitive(primitive::Value::FloatValue(3.0)), "3.0");
        check(&primitive(primitive::Value::Boolean(true)), "True");
        check(&scalar(scalar::Value::NoneType(aileron_idl::core::Void {})), "None");
        let span = prost_types::Duration { seconds: 90, nanos: 0 };
        check(&primitive(primitive::Value::Duration(span)), "1 m 30 s");
    }

    #[test]
    fn a_file_names_its_format_and_place() {
        let kind = BlobType { format: "csv".into(), dimensionality: 0 };
        let blob =
            Blob { metadata: Some(BlobMetadata { r#type: Some(kind) }), uri: "file:///o/a.csv".into() };
        check(&scalar(scalar::Value::Blob(blob)), "file (csv) file:///o/a.csv");
    }

    #[test]
    fn a_union_shows_the_value_chosen() {
        let inner = Some(Box::new(primitive(primitive::Value::Integer(7))));
        check(&scalar(scalar::Value::Union(Box::new(Union { value: inner, r#type: None }))), "7");
    }

    #[test]
    fn a_binary_that_cannot_be_read_shows_its_size_and_first_bytes() {
        let binary = |value: &[u8], tag: &str| {
            scalar(scalar::Value::Binary(Binary { value: value.to_vec(), tag: tag.into() }))
        };
        check(&binary(b"\x81\xa1a\x01", "msgpack"), "{a: 1}");
        check(&binary(b"\x81", "msgpack"), "1 bytes 81");
        check(&binary(b"\x01\x02", "pickle"), "2 bytes 0102");
    }

    #[test]
    fn endless_nesting_ends_in_a_mark() {
        let deep = (0..100).fold(primitive(primitive::Value::Integer(1)), |inner, _| list(vec![inner]));
        check(&deep, &format!("{}…{}", "[".repeat(33), "]".repeat(33)));
    }
}
