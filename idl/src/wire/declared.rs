//! Reads shapes from an encoded `FileDescriptorSet`, by the numbers of `descriptor.proto`.
//!
//! By hand, because a page that reads a dozen kinds of files would otherwise carry a second copy of all of
//! protobuf's own messages.

use std::collections::BTreeMap;

use super::{Broken, Declared, Enumeration, Form, Holds, Number, Shape, Shapes, Value, fields};

/// `FieldDescriptorProto.Label.LABEL_REPEATED`.
const REPEATED: u64 = 3;

/// A message before its fields are looked at.
struct Found<'b> {
    name: String,
    bytes: &'b [u8],
    /// Of the second version of the language, in which every single field has presence.
    is_proto2: bool,
}

/// What a set declares, with its nested parts.
#[derive(Default)]
struct Names<'b> {
    messages: Vec<Found<'b>>,
    message: BTreeMap<String, usize>,
    enumerations: Vec<Enumeration>,
    enumeration: BTreeMap<String, usize>,
}

pub(super) fn read(set: &[u8]) -> Result<Shapes, Broken> {
    let mut names = Names::default();
    for file in messages(set, 1) {
        let package = text(file, 2).unwrap_or_default();
        let is_proto2 = text(file, 12) != Some("proto3");
        names.enumerations(package, messages(file, 5))?;
        for message in messages(file, 4) {
            names.message(package, message, is_proto2)?;
        }
    }
    let shapes = names.messages.iter().map(|found| names.shape(found)).collect::<Result<_, _>>()?;
    Ok(Shapes { shapes, enumerations: names.enumerations, names: names.message })
}

impl<'b> Names<'b> {
    /// As deep as messages are declared in each other.
    fn message(&mut self, within: &str, bytes: &'b [u8], is_proto2: bool) -> Result<(), Broken> {
        let name = full_name(within, bytes)?;
        self.enumerations(&name, messages(bytes, 4))?;
        for nested in messages(bytes, 3) {
            self.message(&name, nested, is_proto2)?;
        }
        self.message.insert(name.clone(), self.messages.len());
        self.messages.push(Found { name, bytes, is_proto2 });
        Ok(())
    }

    fn enumerations(&mut self, within: &str, found: impl Iterator<Item = &'b [u8]>) -> Result<(), Broken> {
        for bytes in found {
            let name = full_name(within, bytes)?;
            let values = messages(bytes, 2).map(|value| {
                Some((i32::try_from(number(value, 2).cast_signed()).ok()?, text(value, 1)?.to_owned()))
            });
            let values = values.collect::<Option<_>>().ok_or(Broken::Torn)?;
            let is_null = name == "google.protobuf.NullValue";
            self.enumeration.insert(name, self.enumerations.len());
            self.enumerations.push(Enumeration { values, is_null });
        }
        Ok(())
    }

    fn shape(&self, found: &Found<'b>) -> Result<Shape, Broken> {
        let is_entry = messages(found.bytes, 7).any(|options| number(options, 7) == 1);
        // A group, which only the second version of the language had, is no field here.
        let of_message = messages(found.bytes, 2).filter(|field| number(field, 5) != 10);
        let mut fields: Vec<Declared> =
            of_message.map(|field| self.field(field, found.is_proto2)).collect::<Result<_, _>>()?;
        fields.sort_unstable_by_key(|field| field.number);
        Ok(Shape { name: found.name.clone(), fields, is_entry, form: form(&found.name) })
    }

    fn field(&self, bytes: &[u8], is_proto2: bool) -> Result<Declared, Broken> {
        let name = text(bytes, 1).ok_or(Broken::Torn)?.to_owned();
        let json_name = text(bytes, 10).map_or_else(|| camel(&name), str::to_owned);
        let holds = self.holds(bytes).ok_or(Broken::Torn)?;
        let is_list = number(bytes, 4) == REPEATED;
        let choice = fields(bytes).map_while(Result::ok).find(|field| field.number == 9);
        let choice = choice.and_then(|field| match field.value {
            Value::Varint(index) => u32::try_from(index).ok(),
            _ => None,
        });
        let is_message = matches!(holds, Holds::Message(_));
        let has_presence = !is_list && (is_message || choice.is_some() || is_proto2);
        let number = u32::try_from(number(bytes, 3)).map_err(|_| Broken::Torn)?;
        Ok(Declared { number, name, json_name, holds, is_list, choice, has_presence })
    }

    fn holds(&self, field: &[u8]) -> Option<Holds> {
        let type_name = || text(field, 6)?.strip_prefix('.');
        Some(Holds::Number(match number(field, 5) {
            1 => Number::Double,
            2 => Number::Float,
            3 => Number::Int64,
            4 => Number::Uint64,
            5 => Number::Int32,
            6 => Number::Fixed64,
            7 => Number::Fixed32,
            8 => Number::Bool,
            9 => return Some(Holds::Text),
            11 => return self.message.get(type_name()?).copied().map(Holds::Message),
            12 => return Some(Holds::Bytes),
            13 => Number::Uint32,
            14 => return self.enumeration.get(type_name()?).copied().map(Holds::Enum),
            15 => Number::Sfixed32,
            16 => Number::Sfixed64,
            17 => Number::Sint32,
            18 => Number::Sint64,
            _ => return None,
        }))
    }
}

fn form(message: &str) -> Form {
    match message.strip_prefix("google.protobuf.").unwrap_or_default() {
        "Any" => Form::Any,
        "Duration" => Form::Duration,
        "Empty" => Form::Empty,
        "ListValue" => Form::ListValue,
        "Struct" => Form::Struct,
        "Timestamp" => Form::Timestamp,
        "Value" => Form::Value,
        "BoolValue" | "BytesValue" | "DoubleValue" | "FloatValue" | "Int32Value" | "Int64Value"
        | "StringValue" | "UInt32Value" | "UInt64Value" => Form::Wrapper,
        _ => Form::Fields,
    }
}

fn full_name(within: &str, bytes: &[u8]) -> Result<String, Broken> {
    let name = text(bytes, 1).ok_or(Broken::Torn)?;
    Ok(if within.is_empty() { name.to_owned() } else { format!("{within}.{name}") })
}

/// What JSON calls a field that has no name of its own there.
fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut begins = false;
    for letter in name.chars() {
        match letter {
            '_' => begins = true,
            letter if std::mem::take(&mut begins) => camel.push(letter.to_ascii_uppercase()),
            letter => camel.push(letter),
        }
    }
    camel
}

/// Every message, text or bytes with a number.
fn messages(bytes: &[u8], number: u32) -> impl Iterator<Item = &[u8]> {
    let found = fields(bytes).map_while(Result::ok).filter(move |field| field.number == number);
    found.filter_map(|field| match field.value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    })
}

fn text(bytes: &[u8], number: u32) -> Option<&str> {
    std::str::from_utf8(messages(bytes, number).next()?).ok()
}

/// Zero where it is not set.
fn number(bytes: &[u8], number: u32) -> u64 {
    let found = fields(bytes).map_while(Result::ok).find(|field| field.number == number);
    match found.map(|field| field.value) {
        Some(Value::Varint(value)) => value,
        _ => 0,
    }
}
