//! Collections and maps.

use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::{Literal, LiteralCollection, LiteralMap, LiteralType};
use serde_json::Value as Json;

use super::reader::{Read, Reader, Step, all};
use super::{read, write};

pub(super) fn read_collection(reader: &Reader<'_>, element: &LiteralType, value: &Json) -> Read<Literal> {
    let Json::Array(items) = value else {
        return Err(vec![reader.mismatch("a list", value).hint("write it in brackets: [1, 2]")]);
    };
    let literals = all(items
        .iter()
        .enumerate()
        .map(|(index, item)| read::literal(&reader.inside(Step::Index(index)), element, item)))?;
    let collection = LiteralValue::Collection(LiteralCollection { literals });
    Ok(Literal { value: Some(collection), ..Literal::default() })
}

pub(super) fn read_map(reader: &Reader<'_>, inner: &LiteralType, value: &Json) -> Read<Literal> {
    let Json::Object(entries) = value else {
        return Err(vec![reader.mismatch("a map", value).hint("write it in braces: {\"key\": 1}")]);
    };
    let literals = all(entries.iter().map(|(key, item)| {
        let literal = read::literal(&reader.inside(Step::Key(key)), inner, item)?;
        Ok((key.clone(), literal))
    }))?;
    let map = LiteralValue::Map(LiteralMap { literals: literals.into_iter().collect() });
    Ok(Literal { value: Some(map), ..Literal::default() })
}

pub(super) fn write_collection(declared: &LiteralType, found: &LiteralCollection, levels: usize) -> Json {
    let element = inner(declared);
    found.literals.iter().map(|literal| write::write(element, literal, levels)).collect()
}

pub(super) fn write_map(declared: &LiteralType, found: &LiteralMap, levels: usize) -> Json {
    let element = inner(declared);
    let entry = |(key, literal): (&String, &Literal)| (key.clone(), write::write(element, literal, levels));
    found.literals.iter().map(entry).collect()
}

/// The type of the elements; where a literal does not fit its type, the type itself will do.
fn inner(declared: &LiteralType) -> &LiteralType {
    match &declared.r#type {
        Some(Type::CollectionType(inner) | Type::MapValueType(inner)) => inner,
        _ => declared,
    }
}
