//! What a user types for one input, and what is shown to be edited.

use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::literal_type::Type;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Literal, LiteralType, Primitive, Scalar, SimpleType, Union};
use serde_json::Value as Json;

use super::reader::{Read, Reader, quoted};
use super::union::{self, Choice};
use super::{TEXT_LIMIT, document, duration, from_text, read, to_json};
use crate::diagnostic::Code;

pub(super) fn literal(reader: &Reader<'_>, declared: &LiteralType, text: &str) -> Read<Literal> {
    let reader = &reader.deeper()?;
    if text.len() > TEXT_LIMIT {
        return Err(vec![document::too_long(text).at(reader)]);
    }
    match &declared.r#type {
        Some(Type::UnionType(union)) => variant(reader, &union.variants, text),
        _ => read::literal(reader, declared, &value(reader, declared, text)?),
    }
}

/// The JSON that a text stands for.
fn value(reader: &Reader<'_>, declared: &LiteralType, text: &str) -> Read<Json> {
    match &declared.r#type {
        Some(Type::Simple(number)) => match SimpleType::try_from(*number) {
            Ok(SimpleType::None) => none(reader, text),
            Ok(SimpleType::Integer) => integer(reader, text),
            Ok(SimpleType::Float) => Ok(float(text)),
            Ok(SimpleType::Boolean) => boolean(reader, text),
            Ok(SimpleType::Duration) => Ok(seconds(text)),
            Ok(SimpleType::Struct) => json(reader, text),
            Ok(SimpleType::Binary | SimpleType::Error) => object_or_bare(reader, text),
            Ok(SimpleType::String | SimpleType::Datetime) | Err(_) => Ok(text.into()),
        },
        Some(Type::CollectionType(_) | Type::MapValueType(_)) => json(reader, text),
        Some(Type::Blob(_) | Type::Schema(_) | Type::StructuredDatasetType(_)) => {
            object_or_bare(reader, text.trim())
        }
        _ => Ok(text.into()),
    }
}

fn none(reader: &Reader<'_>, text: &str) -> Read<Json> {
    match text.trim().to_ascii_lowercase().as_str() {
        "" | "none" | "null" => Ok(Json::Null),
        _ => Err(vec![reader.syntax("none", text).hint("write none")]),
    }
}

fn integer(reader: &Reader<'_>, text: &str) -> Read<Json> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        return Ok(number.into());
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("{} is out of range", quoted(text));
        let hint = format!("an integer lies between {} and {}", i64::MIN, i64::MAX);
        return Err(vec![reader.finding(Code::InvalidValue, message).got(quoted(text)).hint(hint)]);
    }
    Err(vec![reader.syntax("an integer", text).hint("write digits alone, such as 12 or -3")])
}

/// A finite number, or the text as it is, for the type to judge.
fn float(text: &str) -> Json {
    let finite = text.trim().parse().ok().and_then(serde_json::Number::from_f64);
    // A float in JSON, even when it is whole: `1` is as good a float as `1.0`, except beside an integer.
    match text.trim().parse::<i64>() {
        Ok(whole) => whole.into(),
        Err(_) => finite.map_or_else(|| text.trim().into(), Json::Number),
    }
}

fn boolean(reader: &Reader<'_>, text: &str) -> Read<Json> {
    let exact = reader.is_exact();
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true.into()),
        "false" => Ok(false.into()),
        "1" | "t" | "yes" | "y" | "on" if !exact => Ok(true.into()),
        "0" | "f" | "no" | "n" | "off" if !exact => Ok(false.into()),
        _ => Err(vec![reader.syntax("a boolean", text).hint("write true or false")]),
    }
}

/// A bare number is seconds.
fn seconds(text: &str) -> Json {
    match float(text) {
        Json::Number(number) => Json::Number(number),
        _ => text.into(),
    }
}

fn json(reader: &Reader<'_>, text: &str) -> Read<Json> {
    document::parse_json(text).map_err(|finding| vec![document::Unread(finding).at(reader)])
}

fn object_or_bare(reader: &Reader<'_>, text: &str) -> Read<Json> {
    if text.trim_start().starts_with('{') { json(reader, text) } else { Ok(text.into()) }
}

/// Variants that are no strings first: a string takes any text.
fn variant(reader: &Reader<'_>, variants: &[LiteralType], text: &str) -> Read<Literal> {
    let bare = Json::from(text);
    if let Some(value) = explicit(variants, text) {
        return union::read(reader, variants, &value);
    }
    reader.spend(variants.len())?;
    let (strings, others): (Vec<_>, Vec<_>) = variants.iter().partition(|variant| takes_any_text(variant));
    match union::choose(reader, &others, &|reader, variant| literal(reader, variant, text)) {
        Choice::Neither(_) if !strings.is_empty() => {
            union::choose(reader, &strings, &|reader, variant| literal(reader, variant, text))
                .resolve(reader, &strings, &bare)
        }
        choice => choice.resolve(reader, &others, &bare),
    }
}

fn explicit(variants: &[LiteralType], text: &str) -> Option<Json> {
    let value = text.trim_start().starts_with('{').then(|| document::parse_json(text).ok())??;
    union::explicit(&variants.iter().collect::<Vec<_>>(), &value).is_some().then_some(value)
}

fn takes_any_text(variant: &LiteralType) -> bool {
    let simple = |simple: SimpleType| variant.r#type == Some(Type::Simple(simple as i32));
    simple(SimpleType::String) || simple(SimpleType::Error)
}

/// The literal as [`from_text`] reads it: scalars bare, other values as JSON on one line.
#[must_use]
pub fn to_text(declared: &LiteralType, literal: &Literal) -> String {
    match scalar(literal).and_then(|scalar| scalar.value.as_ref()) {
        Some(ScalarValue::Union(chosen)) => variant_text(declared, literal, chosen),
        Some(ScalarValue::Primitive(Primitive { value: Some(PrimitiveValue::Duration(span)) })) => {
            duration::human(span)
        }
        _ => bare(to_json(declared, literal)),
    }
}

fn bare(value: Json) -> String {
    match value {
        Json::String(text) => text,
        Json::Null => "none".to_owned(),
        other => other.to_string(),
    }
}

/// The text of the variant's value where that is enough to find the variant.
fn variant_text(declared: &LiteralType, literal: &Literal, chosen: &Union) -> String {
    let plain = bare(to_json(declared, literal));
    if from_text(declared, &plain).as_ref() == Ok(literal) {
        return plain;
    }
    union::write_explicit(declared, chosen).map_or(plain, |explicit| explicit.to_string())
}

fn scalar(literal: &Literal) -> Option<&Scalar> {
    match &literal.value {
        Some(LiteralValue::Scalar(scalar)) => Some(scalar),
        _ => None,
    }
}
