//! Structs: dataclasses, models and dicts, as MessagePack; protobuf messages, as protobuf structs.

use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Binary, Literal, LiteralType};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::{Map, Number, Value as Json};

use super::json_schema::Schema;
use super::primitive::scalar;
use super::reader::{Read, Reader, Step, all};
use super::{json_schema, msgpack, primitive};

/// The metadata of a type that is a protobuf message in Python.
const MESSAGE: &str = "pb_type";

pub(super) fn read(reader: &Reader<'_>, declared: &LiteralType, value: &Json) -> Read<Literal> {
    let Json::Object(fields) = value else {
        return Err(vec![reader.mismatch("an object", value).hint("write it in braces: {\"field\": 1}")]);
    };
    let metadata = declared.metadata.as_ref().filter(|metadata| !metadata.fields.is_empty());
    let packed = match metadata {
        None => json_schema::untyped(reader, value)?,
        Some(metadata) if metadata.fields.contains_key(MESSAGE) => {
            return Ok(scalar(ScalarValue::Generic(structure(reader, fields)?)));
        }
        Some(metadata) => json_schema::read(reader, Schema::whole(&metadata.fields), value)?,
    };
    let binary = Binary { value: msgpack::encode(&packed), tag: msgpack::TAG.to_owned() };
    Ok(scalar(ScalarValue::Binary(binary)))
}

/// An object as a protobuf struct, where all numbers are floats.
pub(super) fn structure(reader: &Reader<'_>, fields: &Map<String, Json>) -> Read<Struct> {
    let fields = all(fields
        .iter()
        .map(|(name, value)| Ok((name.clone(), kind(&reader.inside(Step::Key(name)), value)?))))?;
    Ok(Struct { fields: fields.into_iter().collect() })
}

fn kind(reader: &Reader<'_>, value: &Json) -> Read<Value> {
    let reader = &reader.deeper()?;
    let kind = match value {
        Json::Null => Kind::NullValue(0),
        Json::Bool(truth) => Kind::BoolValue(*truth),
        Json::Number(_) => Kind::NumberValue(primitive::float(reader, value)?),
        Json::String(text) => Kind::StringValue(text.clone()),
        Json::Object(fields) => Kind::StructValue(structure(reader, fields)?),
        Json::Array(items) => {
            let items = items.iter().enumerate();
            let values = all(items.map(|(index, item)| kind_at(reader, index, item)))?;
            Kind::ListValue(ListValue { values })
        }
    };
    Ok(Value { kind: Some(kind) })
}

fn kind_at(reader: &Reader<'_>, index: usize, value: &Json) -> Read<Value> {
    kind(&reader.inside(Step::Index(index)), value)
}

pub(super) fn write_generic(fields: &Struct, levels: usize) -> Json {
    fields.fields.iter().map(|(name, value)| (name.clone(), write_value(value, levels))).collect()
}

/// A value of a protobuf struct, where `3.0` is most often somebody's 3. What is too deep is null.
pub(super) fn write_value(value: &Value, levels: usize) -> Json {
    let Some(levels) = levels.checked_sub(1) else { return Json::Null };
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::NumberValue(number)) => write_number(*number),
        Some(Kind::StringValue(text)) => text.as_str().into(),
        Some(Kind::BoolValue(truth)) => (*truth).into(),
        Some(Kind::StructValue(fields)) => write_generic(fields, levels),
        Some(Kind::ListValue(list)) => list.values.iter().map(|item| write_value(item, levels)).collect(),
    }
}

fn write_number(number: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let negative_zero = number == 0.0 && number.is_sign_negative();
    match number.fract() == 0.0 && number.abs() < EXACT && !negative_zero {
        true => Json::Number(Number::from(number as i64)),
        false => primitive::write_float(number),
    }
}
