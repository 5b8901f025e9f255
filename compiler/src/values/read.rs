//! A JSON value to the literal of a type.

use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{Literal, LiteralType, SimpleType};
use serde_json::Value as Json;

use super::reader::{Read, Reader};
use super::{binary, choice, dataclass, datetime, duration, error, nested, primitive, stored, union};
use crate::diagnostic::{Code, Diagnostic};
use crate::types::describe;

pub(super) fn literal(reader: &Reader<'_>, declared: &LiteralType, value: &Json) -> Read<Literal> {
    let reader = &reader.deeper()?;
    match &declared.r#type {
        Some(Type::Simple(number)) => simple(reader, *number, declared, value),
        Some(Type::CollectionType(element)) => nested::read_collection(reader, element, value),
        Some(Type::MapValueType(inner)) => nested::read_map(reader, inner, value),
        Some(Type::UnionType(variants)) => union::read(reader, &variants.variants, value),
        Some(Type::EnumType(values)) => choice::read(reader, &values.values, value),
        Some(Type::Blob(blob)) => stored::read_blob(reader, blob, value),
        Some(Type::Schema(schema)) => stored::read_schema(reader, schema, value),
        Some(Type::StructuredDatasetType(dataset)) => stored::read_dataset(reader, dataset, value),
        None => Err(vec![unknown(reader, declared)]),
    }
}

fn simple(reader: &Reader<'_>, number: i32, declared: &LiteralType, value: &Json) -> Read<Literal> {
    let read = match SimpleType::try_from(number) {
        Ok(SimpleType::None) => primitive::read_none(reader, value),
        Ok(SimpleType::Integer) => primitive::read_integer(reader, value),
        Ok(SimpleType::Float) => primitive::read_float(reader, value),
        Ok(SimpleType::String) => primitive::read_string(reader, value),
        Ok(SimpleType::Boolean) => primitive::read_boolean(reader, value),
        Ok(SimpleType::Datetime) => datetime::read(reader, value),
        Ok(SimpleType::Duration) => duration::read(reader, value),
        Ok(SimpleType::Binary) => binary::read(reader, value),
        Ok(SimpleType::Error) => error::read(reader, value),
        Ok(SimpleType::Struct) => dataclass::read(reader, declared, value),
        Err(_) => Err(vec![unknown(reader, declared)]),
    }?;
    choice::check(reader, declared, value).map(|()| read)
}

pub(super) fn unknown(reader: &Reader<'_>, declared: &LiteralType) -> Diagnostic {
    let message = format!("no value can be given for {}: the type is not known", describe(declared));
    reader
        .finding(Code::UnrecognizedValue, message)
        .hint("the client that declared the type may be newer: upgrade what reads it")
}
