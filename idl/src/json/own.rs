//! The messages of `google.protobuf` that JSON has forms of its own for.

use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Any, Duration, ListValue, Struct, Timestamp};
use serde_json::{Map, Number, Value};

use super::JsonError;
use super::read::Reader;
use super::write::Writer;
use crate::wire::{Broken, Form};

/// Seconds from 1970 to the year 1 and to the end of the year 9999, which RFC 3339 can write.
const SPEAKABLE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years, in seconds.
const LONGEST: u64 = 315_576_000_000;
/// Under a second.
const NANOS: u32 = 999_999_999;

/// A time, a length of time, or free data.
pub(super) fn write(form: Form, bytes: &[u8]) -> Result<Value, JsonError> {
    match form {
        Form::Timestamp => {
            let time = Timestamp::decode(bytes)?;
            let is_speakable = SPEAKABLE.contains(&time.seconds);
            speak(is_speakable, || time.to_string(), "a time outside of the years 1 to 9999")
        }
        Form::Duration => {
            let length = Duration::decode(bytes)?;
            speak(in_range(length), || length.to_string(), "a duration of more than ten thousand years")
        }
        Form::Struct => object(Struct::decode(bytes)?),
        Form::ListValue => list(ListValue::decode(bytes)?),
        _ => value(prost_types::Value::decode(bytes)?),
    }
}

fn speak(can: bool, text: impl FnOnce() -> String, what: &str) -> Result<Value, JsonError> {
    if can { Ok(text().into()) } else { Err(JsonError::Unspeakable(what.to_owned())) }
}

const fn in_range(length: Duration) -> bool {
    length.seconds.unsigned_abs() <= LONGEST && length.nanos.unsigned_abs() <= NANOS
}

/// As deep as the decoder went.
fn object(held: Struct) -> Result<Value, JsonError> {
    let fields = held.fields.into_iter().map(|(name, held)| Ok((name, value(held)?)));
    Ok(Value::Object(fields.collect::<Result<Map<_, _>, JsonError>>()?))
}

fn list(held: ListValue) -> Result<Value, JsonError> {
    Ok(Value::Array(held.values.into_iter().map(value).collect::<Result<_, _>>()?))
}

fn value(held: prost_types::Value) -> Result<Value, JsonError> {
    match held.kind {
        None | Some(Kind::NullValue(_)) => Ok(Value::Null),
        Some(Kind::BoolValue(truth)) => Ok(truth.into()),
        Some(Kind::NumberValue(number)) => Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| JsonError::Unspeakable(format!("{number} in free data"))),
        Some(Kind::StringValue(text)) => Ok(text.into()),
        Some(Kind::ListValue(held)) => list(held),
        Some(Kind::StructValue(held)) => object(held),
    }
}

/// The same, from JSON.
pub(super) fn read(form: Form, json: &Value) -> Result<Vec<u8>, JsonError> {
    let expected =
        |what: &str| JsonError::misfit(format!("expected {what}, found {}", super::read::found(json)));
    match (form, json) {
        (Form::Timestamp, Value::String(text)) => {
            let time = is_rfc3339(text).then(|| text.parse().ok()).flatten();
            let time = time.filter(|time: &Timestamp| SPEAKABLE.contains(&time.seconds));
            time.map(|time| time.encode_to_vec())
                .ok_or_else(|| expected("a time such as 2025-01-31T12:00:00Z"))
        }
        (Form::Duration, Value::String(text)) => {
            let length = text.parse().ok().filter(|length| in_range(*length));
            length
                .map(|length: Duration| length.encode_to_vec())
                .ok_or_else(|| expected("seconds such as 1.5s"))
        }
        (Form::Timestamp, _) => Err(expected("a time such as 2025-01-31T12:00:00Z")),
        (Form::Duration, _) => Err(expected("seconds such as 1.5s")),
        (Form::Struct, Value::Object(fields)) => Ok(structure(fields).encode_to_vec()),
        (Form::Struct, _) => Err(expected("an object")),
        (Form::ListValue, Value::Array(elements)) => Ok(elements_of(elements).encode_to_vec()),
        (Form::ListValue, _) => Err(expected("a list")),
        _ => Ok(free(json).encode_to_vec()),
    }
}

/// A JSON object as free data: all its numbers become floats. As deep as it is, which its parser bounds.
pub fn structure(fields: &Map<String, Value>) -> Struct {
    Struct { fields: fields.iter().map(|(name, json)| (name.clone(), free(json))).collect() }
}

fn elements_of(elements: &[Value]) -> ListValue {
    ListValue { values: elements.iter().map(free).collect() }
}

fn free(json: &Value) -> prost_types::Value {
    let kind = match json {
        Value::Null => Kind::NullValue(0),
        Value::Bool(truth) => Kind::BoolValue(*truth),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(elements) => Kind::ListValue(elements_of(elements)),
        Value::Object(fields) => Kind::StructValue(structure(fields)),
    };
    prost_types::Value { kind: Some(kind) }
}

/// Whether a text is a date, `T`, a time of day with seconds, and `Z` or an offset. The parser takes more.
fn is_rfc3339(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let like = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(byte, of)| match of {
                b'0' => byte.is_ascii_digit(),
                of => byte == of,
            })
    };
    let Some((moment, rest)) = text.split_at_checked(19) else { return false };
    let (fraction, zone) = rest.find(['Z', '+', '-']).map_or((rest, ""), |place| rest.split_at(place));
    like(moment, "0000-00-00T00:00:00")
        && (fraction.is_empty() || fraction.strip_prefix('.').is_some_and(digits))
        && (zone == "Z" || like(zone, "+00:00") || like(zone, "-00:00"))
}

/// The name of the message in an `Any`.
fn name_of(type_url: &str) -> &str {
    type_url.rsplit('/').next().unwrap_or_default()
}

impl Writer<'_> {
    /// The message that is within, and what it is.
    pub(super) fn any(&self, bytes: &[u8], levels: usize) -> Result<Value, JsonError> {
        let Any { type_url, value } = Any::decode(bytes)?;
        let name = name_of(&type_url);
        let shape = self.shapes.named(name).ok_or_else(|| JsonError::UnknownMessage(name.to_owned()))?;
        let of = self.shapes.at(shape);
        let mut object = match of.form {
            Form::Fields => self.fields(of, &value, levels.checked_sub(1).ok_or(Broken::Deep)?)?,
            _ => Map::from_iter([("value".to_owned(), self.at_level(shape, &value, levels)?)]),
        };
        object.insert("@type".to_owned(), type_url.into());
        Ok(Value::Object(object))
    }
}

impl Reader<'_> {
    pub(super) fn any(&self, json: &Value, levels: usize) -> Result<Vec<u8>, JsonError> {
        let named = json.as_object().and_then(|object| Some((object, object.get("@type")?.as_str()?)));
        let (object, type_url) =
            named.ok_or_else(|| JsonError::misfit("expected an object with an `@type`"))?;
        let name = name_of(type_url);
        let shape = self.shapes.named(name).ok_or_else(|| JsonError::UnknownMessage(name.to_owned()))?;
        let mut within = object.clone();
        within.remove("@type");
        let value = match self.shapes.at(shape).form {
            Form::Fields => self.at_level(shape, &Value::Object(within), levels)?,
            _ => {
                let value = within.get("value").ok_or_else(|| JsonError::misfit("expected a `value`"))?;
                self.at_level(shape, value, levels).map_err(|error| error.within("value"))?
            }
        };
        Ok(Any { type_url: type_url.to_owned(), value }.encode_to_vec())
    }
}
