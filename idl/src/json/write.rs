//! From encoded messages to JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::encoding::WireType;
use serde_json::{Map, Value};

use super::{JsonError, Style};
use crate::wire::{self, Broken, Declared, Form, Holds, LEVELS, Number, Shape, Shapes, fields, packed};

/// Writes messages of some shapes in a style.
pub(super) struct Writer<'s> {
    pub(super) shapes: &'s Shapes,
    pub(super) style: Style,
}

/// What is there of one field.
enum Held<'b> {
    Nothing,
    One(wire::Value<'b>),
    /// A message that came in parts, which make one when put together.
    Parts(Vec<u8>),
    Many(Vec<wire::Value<'b>>),
}

impl Writer<'_> {
    pub(super) fn message(&self, shape: usize, bytes: &[u8]) -> Result<Value, JsonError> {
        self.at_level(shape, bytes, LEVELS)
    }

    /// With so many levels left.
    pub(super) fn at_level(&self, shape: usize, bytes: &[u8], levels: usize) -> Result<Value, JsonError> {
        let levels = levels.checked_sub(1).ok_or(Broken::Deep)?;
        let of = self.shapes.at(shape);
        match of.form {
            Form::Fields => self.fields(of, bytes, levels).map(Value::Object),
            Form::Empty => Ok(Value::Object(Map::new())),
            Form::Wrapper => self.wrapped(of, bytes, levels),
            Form::Any => self.any(bytes, levels),
            form => super::own::write(form, bytes),
        }
    }

    pub(super) fn fields(
        &self,
        shape: &Shape,
        bytes: &[u8],
        levels: usize,
    ) -> Result<Map<String, Value>, JsonError> {
        let mut object = Map::new();
        for (declared, held) in shape.fields.iter().zip(gathered(shape, bytes)?) {
            if let Some(value) = self.field(declared, &held, levels)? {
                let name = if self.style == Style::Snake { &declared.name } else { &declared.json_name };
                object.insert(name.clone(), value);
            }
        }
        Ok(object)
    }

    /// Nothing for what this style leaves out.
    fn field(&self, declared: &Declared, held: &Held<'_>, levels: usize) -> Result<Option<Value>, JsonError> {
        let value = match held {
            Held::Nothing => return Ok(self.unset(declared)),
            Held::Many(values) => self.list(declared, values, levels)?,
            Held::Parts(bytes) => self.value(declared, wire::Value::Bytes(bytes), levels)?,
            Held::One(value) => {
                let is_default = !declared.has_presence && is_zero(*value);
                if is_default && self.style == Style::Compact {
                    return Ok(None);
                }
                self.value(declared, *value, levels)?
            }
        };
        Ok(Some(value))
    }

    fn unset(&self, declared: &Declared) -> Option<Value> {
        if self.style == Style::Compact {
            return None;
        }
        match declared.holds {
            Holds::Message(inner) if declared.is_list && self.shapes.at(inner).is_entry => {
                Some(Value::Object(Map::new()))
            }
            _ if declared.is_list => Some(Value::Array(Vec::new())),
            _ if declared.choice.is_some() => None,
            Holds::Message(_) => Some(Value::Null),
            _ if declared.has_presence => None,
            holds => Some(self.zero(holds)),
        }
    }

    fn zero(&self, holds: Holds) -> Value {
        match holds {
            Holds::Number(number) => self::number(number, number.zero()).unwrap_or_default(),
            Holds::Enum(enumeration) => self.enumeration(enumeration, 0),
            Holds::Text | Holds::Bytes => "".into(),
            Holds::Message(_) => Value::Null,
        }
    }

    /// The elements of a list, or the entries of a map.
    fn list(
        &self,
        declared: &Declared,
        values: &[wire::Value<'_>],
        levels: usize,
    ) -> Result<Value, JsonError> {
        if let Holds::Message(inner) = declared.holds
            && self.shapes.at(inner).is_entry
        {
            return self.map(declared.number, self.shapes.at(inner), values, levels);
        }
        let mut list = Vec::with_capacity(values.len());
        for value in values {
            match (declared.holds, value) {
                // Numbers of a list lie together.
                (Holds::Number(_) | Holds::Enum(_), wire::Value::Bytes(packed)) => {
                    self.unpack(declared, packed, &mut list)?;
                }
                (_, value) => list.push(self.value(declared, *value, levels)?),
            }
        }
        Ok(Value::Array(list))
    }

    fn unpack(&self, declared: &Declared, bytes: &[u8], list: &mut Vec<Value>) -> Result<(), JsonError> {
        let wire = match declared.holds {
            Holds::Number(number) => number.wire(),
            _ => WireType::Varint,
        };
        for value in packed(bytes, wire) {
            list.push(self.value(declared, value?, 0)?);
        }
        Ok(())
    }

    fn map(
        &self,
        number: u32,
        entry: &Shape,
        entries: &[wire::Value<'_>],
        levels: usize,
    ) -> Result<Value, JsonError> {
        let [key, value] = entry.fields.as_slice() else { return Err(Broken::Type(number).into()) };
        let mut object = Map::new();
        for held in entries {
            let wire::Value::Bytes(bytes) = held else { return Err(Broken::Type(number).into()) };
            let held = gathered(entry, bytes)?;
            let name = match self.element(key, &held[0], levels)? {
                Value::String(name) => name,
                other => other.to_string(),
            };
            object.insert(name, self.element(value, &held[1], levels)?);
        }
        Ok(Value::Object(object))
    }

    /// The key or the value of an entry, or what a wrapper wraps: there also when it is not encoded.
    fn element(&self, declared: &Declared, held: &Held<'_>, levels: usize) -> Result<Value, JsonError> {
        match (held, declared.holds) {
            (Held::One(value), _) => self.value(declared, *value, levels),
            (Held::Parts(bytes), _) => self.value(declared, wire::Value::Bytes(bytes), levels),
            (_, Holds::Message(inner)) => self.at_level(inner, &[], levels),
            (_, holds) => Ok(self.zero(holds)),
        }
    }

    fn wrapped(&self, shape: &Shape, bytes: &[u8], levels: usize) -> Result<Value, JsonError> {
        let [wrapped] = shape.fields.as_slice() else { return Err(Broken::Type(1).into()) };
        self.element(wrapped, &gathered(shape, bytes)?[0], levels)
    }

    fn value(&self, declared: &Declared, value: wire::Value<'_>, levels: usize) -> Result<Value, JsonError> {
        let broken = || Broken::Type(declared.number).into();
        match (declared.holds, value) {
            (Holds::Number(number), value) => self::number(number, value).ok_or_else(broken),
            (Holds::Enum(enumeration), wire::Value::Varint(number)) => {
                Ok(self.enumeration(enumeration, truncated(number)))
            }
            (Holds::Text, wire::Value::Bytes(bytes)) => {
                let text = std::str::from_utf8(bytes).map_err(|_| Broken::Text(declared.number))?;
                Ok(text.into())
            }
            (Holds::Bytes, wire::Value::Bytes(bytes)) => Ok(STANDARD.encode(bytes).into()),
            (Holds::Message(inner), wire::Value::Bytes(bytes)) => self.at_level(inner, bytes, levels),
            _ => Err(broken()),
        }
    }

    fn enumeration(&self, enumeration: usize, number: i32) -> Value {
        let enumeration = self.shapes.enumeration(enumeration);
        if enumeration.is_null {
            return Value::Null;
        }
        enumeration.name(number).map_or_else(|| number.into(), Value::from)
    }
}

/// What is there of each field of the shape. Of an arm of a choice only the last that is set.
fn gathered<'b>(shape: &Shape, bytes: &'b [u8]) -> Result<Vec<Held<'b>>, Broken> {
    let mut held: Vec<Held<'b>> = shape.fields.iter().map(|_| Held::Nothing).collect();
    for field in fields(bytes) {
        let field = field?;
        let Some(place) = shape.place(field.number) else { continue };
        let declared = &shape.fields[place];
        if declared.choice.is_some() {
            for (other, held) in shape.fields.iter().zip(&mut held) {
                if other.choice == declared.choice && other.number != declared.number {
                    *held = Held::Nothing;
                }
            }
        }
        held[place].add(declared, field.value);
    }
    Ok(held)
}

impl<'b> Held<'b> {
    fn add(&mut self, declared: &Declared, value: wire::Value<'b>) {
        let is_message = matches!(declared.holds, Holds::Message(_));
        match (&mut *self, value) {
            (Held::Many(values), value) => values.push(value),
            (Held::Nothing, value) if declared.is_list => *self = Held::Many(vec![value]),
            (Held::One(wire::Value::Bytes(first)), wire::Value::Bytes(next)) if is_message => {
                *self = Held::Parts([*first, next].concat());
            }
            (Held::Parts(parts), wire::Value::Bytes(next)) => parts.extend_from_slice(next),
            (_, value) => *self = Held::One(value),
        }
    }
}

fn is_zero(value: wire::Value<'_>) -> bool {
    match value {
        wire::Value::Varint(number) | wire::Value::Fixed64(number) => number == 0,
        wire::Value::Fixed32(number) => number == 0,
        wire::Value::Bytes(bytes) => bytes.is_empty(),
    }
}

/// The lower four bytes, which is how decoders read a number that is too long.
#[allow(clippy::cast_possible_truncation, reason = "protobuf's rule for 32-bit fields")]
const fn truncated(number: u64) -> i32 {
    number as i32
}

/// A number of a kind, or nothing if it is encoded as another.
fn number(number: Number, value: wire::Value<'_>) -> Option<Value> {
    Some(match (number, value) {
        (Number::Bool, wire::Value::Varint(value)) => Value::Bool(value != 0),
        (Number::Int32, wire::Value::Varint(value)) => truncated(value).into(),
        (Number::Uint32, wire::Value::Varint(value)) => truncated(value).cast_unsigned().into(),
        (Number::Sint32, wire::Value::Varint(value)) => {
            let value = truncated(value).cast_unsigned();
            ((value >> 1).cast_signed() ^ -(value & 1).cast_signed()).into()
        }
        (Number::Int64, wire::Value::Varint(value)) => value.cast_signed().to_string().into(),
        (Number::Uint64, wire::Value::Varint(value)) | (Number::Fixed64, wire::Value::Fixed64(value)) => {
            value.to_string().into()
        }
        (Number::Sint64, wire::Value::Varint(value)) => {
            ((value >> 1).cast_signed() ^ -(value & 1).cast_signed()).to_string().into()
        }
        (Number::Fixed32, wire::Value::Fixed32(value)) => value.into(),
        (Number::Sfixed32, wire::Value::Fixed32(value)) => value.cast_signed().into(),
        (Number::Sfixed64, wire::Value::Fixed64(value)) => value.cast_signed().to_string().into(),
        (Number::Float, wire::Value::Fixed32(value)) => {
            let value = f32::from_bits(value);
            if value.is_finite() { value.into() } else { endless(value.into()) }
        }
        (Number::Double, wire::Value::Fixed64(value)) => {
            let value = f64::from_bits(value);
            if value.is_finite() { value.into() } else { endless(value) }
        }
        _ => return None,
    })
}

/// JSON has no numbers for these.
fn endless(number: f64) -> Value {
    let name = match number {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    };
    name.into()
}
