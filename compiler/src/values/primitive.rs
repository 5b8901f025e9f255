//! None, integers, floats, strings and booleans.

use aileron_idl::core::literal::Value as LiteralValue;
use aileron_idl::core::primitive::Value as PrimitiveValue;
use aileron_idl::core::scalar::Value as ScalarValue;
use aileron_idl::core::{Literal, Primitive, Scalar, Void};
use serde_json::{Number, Value as Json};

use super::reader::{Read, Reader};

/// Above this, not every integer is a float, so a float is not taken for the integer that is meant.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(super) fn scalar(value: ScalarValue) -> Literal {
    let scalar = Box::new(Scalar { value: Some(value) });
    Literal { value: Some(LiteralValue::Scalar(scalar)), ..Literal::default() }
}

pub(super) fn primitive(value: PrimitiveValue) -> Literal {
    scalar(ScalarValue::Primitive(Primitive { value: Some(value) }))
}

pub(super) fn none() -> Literal {
    scalar(ScalarValue::NoneType(Void {}))
}

pub(super) fn read_none(reader: &Reader<'_>, value: &Json) -> Read<Literal> {
    match value {
        Json::Null => Ok(none()),
        other => Err(vec![reader.mismatch("null", other).hint("the type has no other value")]),
    }
}

pub(super) fn read_integer(reader: &Reader<'_>, value: &Json) -> Read<Literal> {
    integer(reader, value).map(|number| primitive(PrimitiveValue::Integer(number)))
}

pub(super) fn integer(reader: &Reader<'_>, value: &Json) -> Read<i64> {
    let hint = match value {
        Json::Number(number) => match whole(number, reader.is_exact()) {
            Some(number) => return Ok(number),
            None if is_integral(number) => return Err(vec![out_of_range(reader, value)]),
            None => "round it",
        },
        Json::String(text) if text.parse::<i64>().is_ok() => "write the number without quotes",
        _ => "give a number",
    };
    Err(vec![reader.mismatch("an integer", value).hint(hint)])
}

fn whole(number: &Number, exact: bool) -> Option<i64> {
    let float = || number.as_f64().filter(|float| !exact && float.fract() == 0.0 && float.abs() <= EXACT);
    number.as_i64().or_else(|| float().map(|float| float as i64))
}

fn is_integral(number: &Number) -> bool {
    number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() > EXACT)
}

fn out_of_range(reader: &Reader<'_>, value: &Json) -> crate::Diagnostic {
    reader
        .invalid("the integer is out of range, or is written as a float that may have lost digits", value)
        .hint(format!(
            "an integer lies between {} and {}, written without point and exponent",
            i64::MIN,
            i64::MAX
        ))
}

pub(super) fn read_float(reader: &Reader<'_>, value: &Json) -> Read<Literal> {
    float(reader, value).map(|number| primitive(PrimitiveValue::FloatValue(number)))
}

pub(super) fn float(reader: &Reader<'_>, value: &Json) -> Read<f64> {
    let found = match value {
        Json::Number(number) if !reader.is_exact() || number.is_f64() => number.as_f64(),
        Json::String(text) if !reader.is_exact() => special(text),
        _ => None,
    };
    found.ok_or_else(|| {
        let finding = reader.mismatch("a float", value);
        vec![finding.hint("give a number, or one of \"NaN\", \"Infinity\" and \"-Infinity\"")]
    })
}

/// The floats that JSON has no number for.
fn special(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "infinity" | "+inf" | "+infinity" => Some(f64::INFINITY),
        "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

pub(super) fn write_float(number: f64) -> Json {
    match Number::from_f64(number) {
        Some(finite) => Json::Number(finite),
        None if number.is_nan() => "NaN".into(),
        None if number > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

pub(super) fn read_string(reader: &Reader<'_>, value: &Json) -> Read<Literal> {
    string(reader, value).map(|text| primitive(PrimitiveValue::StringValue(text.to_owned())))
}

pub(super) fn string<'a>(reader: &Reader<'_>, value: &'a Json) -> Read<&'a str> {
    value.as_str().ok_or_else(|| vec![reader.mismatch("a text", value).hint("put it in quotes")])
}

pub(super) fn read_boolean(reader: &Reader<'_>, value: &Json) -> Read<Literal> {
    boolean(reader, value).map(|truth| primitive(PrimitiveValue::Boolean(truth)))
}

pub(super) fn boolean(reader: &Reader<'_>, value: &Json) -> Read<bool> {
    let found = value.as_bool();
    found.ok_or_else(|| vec![reader.mismatch("a boolean", value).hint("write true or false, without quotes")])
}
