//! From JSON to encoded messages.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use prost::encoding::{WireType, encode_key, encode_varint};
use serde_json::{Map, Value};

use super::{JsonError, Unknown};
use crate::wire::{Broken, Declared, Form, Holds, LEVELS, Number, Shape, Shapes};

/// Writers differ in padding and in what they leave in the last bits.
const LOOSE: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LOOSE);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LOOSE);

/// Reads messages of some shapes.
pub(super) struct Reader<'s> {
    pub(super) shapes: &'s Shapes,
    pub(super) unknown: Unknown,
}

/// A value as it will be encoded.
enum Encoded {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Vec<u8>),
}

impl Reader<'_> {
    pub(super) fn message(&self, shape: usize, json: &Value) -> Result<Vec<u8>, JsonError> {
        self.at_level(shape, json, LEVELS)
    }

    /// With so many levels left.
    pub(super) fn at_level(&self, shape: usize, json: &Value, levels: usize) -> Result<Vec<u8>, JsonError> {
        let levels = levels.checked_sub(1).ok_or(Broken::Deep)?;
        let shape = self.shapes.at(shape);
        match (shape.form, json) {
            (Form::Fields | Form::Empty, Value::Object(object)) => self.fields(shape, object, levels),
            (Form::Fields | Form::Empty, other) => Err(expected("an object", other)),
            (Form::Wrapper, json) => self.wrapped(shape, json, levels),
            (Form::Any, json) => self.any(json, levels),
            (form, json) => super::own::read(form, json),
        }
    }

    fn fields(
        &self,
        shape: &Shape,
        object: &Map<String, Value>,
        levels: usize,
    ) -> Result<Vec<u8>, JsonError> {
        let mut parts: Vec<(&Declared, Vec<u8>)> = Vec::with_capacity(object.len());
        for (name, json) in object {
            let Some(declared) = shape.called(name) else {
                if self.unknown == Unknown::Ignored {
                    continue;
                }
                return Err(JsonError::misfit(format!("there is no field `{name}`")));
            };
            let Some(bytes) = self.field(declared, json, levels).map_err(|error| error.within(name))? else {
                continue;
            };
            if let Some((other, _)) = parts.iter().find(|(other, _)| excludes(other, declared)) {
                return Err(JsonError::misfit(match other.number == declared.number {
                    true => format!("`{name}` is there twice, by two names"),
                    false => format!("only one of `{}` and `{name}` can be set", other.json_name),
                }));
            }
            parts.push((declared, bytes));
        }
        parts.sort_by_key(|(declared, _)| declared.number);
        Ok(parts.into_iter().flat_map(|(_, bytes)| bytes).collect())
    }

    /// The field with its key, empty where it is what it would be anyway; nothing where it is not set.
    fn field(&self, declared: &Declared, json: &Value, levels: usize) -> Result<Option<Vec<u8>>, JsonError> {
        if json.is_null() && (declared.is_list || !self.takes_null(declared.holds)) {
            return Ok(None);
        }
        let mut out = Vec::new();
        match (declared.is_list, declared.holds) {
            (true, Holds::Message(inner)) if self.shapes.at(inner).is_entry => {
                self.map(declared.number, self.shapes.at(inner), json, levels, &mut out)?;
            }
            (true, _) => self.list(declared, json, levels, &mut out)?,
            (false, holds) => {
                let Some(value) = self.value(holds, json, levels)? else { return Ok(None) };
                if declared.has_presence || !value.is_zero() {
                    value.put(declared.number, &mut out);
                }
            }
        }
        Ok(Some(out))
    }

    /// Whether null is a value, not the lack of one.
    fn takes_null(&self, holds: Holds) -> bool {
        match holds {
            Holds::Enum(enumeration) => self.shapes.enumeration(enumeration).is_null,
            Holds::Message(inner) => self.shapes.at(inner).form == Form::Value,
            _ => false,
        }
    }

    fn list(
        &self,
        declared: &Declared,
        json: &Value,
        levels: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), JsonError> {
        let Value::Array(elements) = json else { return Err(expected("a list", json)) };
        let mut packed = Vec::new();
        for (index, json) in elements.iter().enumerate() {
            let value = self.value(declared.holds, json, levels);
            let Some(value) = value.map_err(|error| error.within(&index.to_string()))? else { continue };
            match declared.holds {
                Holds::Number(_) | Holds::Enum(_) => value.put_bare(&mut packed),
                _ => value.put(declared.number, out),
            }
        }
        if !packed.is_empty() {
            Encoded::Bytes(packed).put(declared.number, out);
        }
        Ok(())
    }

    fn map(
        &self,
        number: u32,
        entry: &Shape,
        json: &Value,
        levels: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), JsonError> {
        let Value::Object(object) = json else { return Err(expected("an object", json)) };
        let [key, value] = entry.fields.as_slice() else { return Err(Broken::Type(number).into()) };
        for (name, json) in object {
            let both =
                self.key(key.holds, name).and_then(|key| Ok((key, self.value(value.holds, json, levels)?)));
            let (name, Some(json)) = both.map_err(|error| error.within(name))? else { continue };
            let mut bytes = Vec::new();
            name.put(key.number, &mut bytes);
            json.put(value.number, &mut bytes);
            Encoded::Bytes(bytes).put(number, out);
        }
        Ok(())
    }

    fn key(&self, holds: Holds, name: &str) -> Result<Encoded, JsonError> {
        let json = match (holds, name) {
            (Holds::Number(Number::Bool), "true") => Value::Bool(true),
            (Holds::Number(Number::Bool), "false") => Value::Bool(false),
            _ => name.into(),
        };
        self.value(holds, &json, 0)?.ok_or_else(|| expected("a key", &json))
    }

    fn wrapped(&self, shape: &Shape, json: &Value, levels: usize) -> Result<Vec<u8>, JsonError> {
        let [wrapped] = shape.fields.as_slice() else { return Err(Broken::Type(1).into()) };
        Ok(self.field(wrapped, json, levels)?.unwrap_or_default())
    }

    /// Nothing for the name of a value that is not known, where these are ignored.
    fn value(&self, holds: Holds, json: &Value, levels: usize) -> Result<Option<Encoded>, JsonError> {
        Ok(Some(match (holds, json) {
            (Holds::Number(kind), json) => number(kind, json)?,
            (Holds::Enum(enumeration), json) => {
                let number = self.enumeration(enumeration, json)?;
                return Ok(number.map(|number| Encoded::Varint(i64::from(number).cast_unsigned())));
            }
            (Holds::Text, Value::String(text)) => Encoded::Bytes(text.clone().into_bytes()),
            (Holds::Text, json) => return Err(expected("text", json)),
            (Holds::Bytes, Value::String(text)) => Encoded::Bytes(decoded(text)?),
            (Holds::Bytes, json) => return Err(expected("base64", json)),
            (Holds::Message(inner), json) => Encoded::Bytes(self.at_level(inner, json, levels)?),
        }))
    }

    fn enumeration(&self, enumeration: usize, json: &Value) -> Result<Option<i32>, JsonError> {
        let enumeration = self.shapes.enumeration(enumeration);
        match json {
            Value::Null if enumeration.is_null => Ok(Some(0)),
            Value::String(name) => match (enumeration.number(name), self.unknown) {
                (None, Unknown::Refused) => Err(JsonError::misfit(format!("there is no value `{name}`"))),
                (number, _) => Ok(number),
            },
            json => {
                let number = json.as_i64().and_then(|number| i32::try_from(number).ok());
                number.map(Some).ok_or_else(|| expected("the name or number of a value", json))
            }
        }
    }
}

/// Whether the two cannot both be set.
fn excludes(one: &Declared, other: &Declared) -> bool {
    one.number == other.number || (one.choice.is_some() && one.choice == other.choice)
}

pub(super) fn expected(what: &str, json: &Value) -> JsonError {
    JsonError::misfit(format!("expected {what}, found {}", found(json)))
}

/// A value as an error shows it.
pub(super) fn found(json: &Value) -> String {
    match json {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) if text.chars().count() > 40 => {
            format!("{:?}", text.chars().take(40).chain(['…']).collect::<String>())
        }
        short => short.to_string(),
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, JsonError> {
    let alphabet = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    alphabet.decode(text).map_err(|error| JsonError::misfit(format!("expected base64: {error}")))
}

fn number(kind: Number, json: &Value) -> Result<Encoded, JsonError> {
    Ok(match kind {
        Number::Bool => match json {
            Value::Bool(truth) => Encoded::Varint(u64::from(*truth)),
            other => return Err(expected("true or false", other)),
        },
        Number::Int32 => Encoded::Varint(i64::from(whole::<i32>(json)?).cast_unsigned()),
        Number::Uint32 => Encoded::Varint(whole::<u32>(json)?.into()),
        Number::Sint32 => {
            let number = whole::<i32>(json)?;
            Encoded::Varint(((number << 1) ^ (number >> 31)).cast_unsigned().into())
        }
        Number::Int64 => Encoded::Varint(whole::<i64>(json)?.cast_unsigned()),
        Number::Uint64 => Encoded::Varint(whole::<u64>(json)?),
        Number::Sint64 => {
            let number = whole::<i64>(json)?;
            Encoded::Varint(((number << 1) ^ (number >> 63)).cast_unsigned())
        }
        Number::Fixed32 => Encoded::Fixed32(whole::<u32>(json)?),
        Number::Sfixed32 => Encoded::Fixed32(whole::<i32>(json)?.cast_unsigned()),
        Number::Fixed64 => Encoded::Fixed64(whole::<u64>(json)?),
        Number::Sfixed64 => Encoded::Fixed64(whole::<i64>(json)?.cast_unsigned()),
        Number::Float => Encoded::Fixed32(short(json)?.to_bits()),
        Number::Double => Encoded::Fixed64(broken(json)?.to_bits()),
    })
}

/// A whole number, as a number or as text, of the range of its kind.
fn whole<N: TryFrom<i128>>(json: &Value) -> Result<N, JsonError> {
    let number: Option<i128> = match json {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .or_else(|| number.as_f64().and_then(of_float)),
        _ => None,
    };
    let bits = size_of::<N>() * 8;
    number
        .and_then(|number| N::try_from(number).ok())
        .ok_or_else(|| expected(&format!("a whole number of {bits} bits"), json))
}

/// `1e3` is whole, too. What no kind of number can hold becomes none of any.
#[allow(clippy::cast_possible_truncation, reason = "a float of no fraction; out of range it saturates")]
fn of_float(number: f64) -> Option<i128> {
    (number.fract() == 0.0).then_some(number as i128)
}

/// A number, as a number or as text, or one of the three that JSON does not have.
fn broken(json: &Value) -> Result<f64, JsonError> {
    let number = match json {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        _ => None,
    };
    number.ok_or_else(|| expected("a number", json))
}

#[allow(clippy::cast_possible_truncation, reason = "what is out of its range was refused")]
fn short(json: &Value) -> Result<f32, JsonError> {
    let number = broken(json)?;
    if number.is_finite() && number.abs() > f64::from(f32::MAX) {
        return Err(expected("a number of 32 bits", json));
    }
    Ok(number as f32)
}

impl Encoded {
    fn is_zero(&self) -> bool {
        match self {
            Self::Varint(number) | Self::Fixed64(number) => *number == 0,
            Self::Fixed32(number) => *number == 0,
            Self::Bytes(bytes) => bytes.is_empty(),
        }
    }

    fn put(&self, number: u32, out: &mut Vec<u8>) {
        let wire = match self {
            Self::Varint(_) => WireType::Varint,
            Self::Fixed32(_) => WireType::ThirtyTwoBit,
            Self::Fixed64(_) => WireType::SixtyFourBit,
            Self::Bytes(bytes) => {
                encode_key(number, WireType::LengthDelimited, out);
                encode_varint(bytes.len() as u64, out);
                out.extend_from_slice(bytes);
                return;
            }
        };
        encode_key(number, wire, out);
        self.put_bare(out);
    }

    /// Without a key.
    fn put_bare(&self, out: &mut Vec<u8>) {
        match self {
            Self::Varint(number) => encode_varint(*number, out),
            Self::Fixed32(number) => out.extend_from_slice(&number.to_le_bytes()),
            Self::Fixed64(number) => out.extend_from_slice(&number.to_le_bytes()),
            Self::Bytes(bytes) => out.extend_from_slice(bytes),
        }
    }
}
