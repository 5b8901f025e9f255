//! What messages are made of: descriptors as tables, in which a field is found in no time.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use prost::encoding::WireType;

use super::{Broken, Value, declared, fields};

/// One kind of message.
#[derive(Debug)]
pub struct Shape {
    /// Its full name, such as `flyteidl.core.Literal`.
    pub name: String,
    /// Sorted by number.
    pub fields: Vec<Declared>,
    /// The key and the value of a map.
    pub is_entry: bool,
    /// How JSON writes it.
    pub form: Form,
}

/// A field of a kind of message.
#[derive(Debug)]
pub struct Declared {
    /// Its number in the encoding.
    pub number: u32,
    /// Its name in the `.proto` file.
    pub name: String,
    /// Its name in JSON.
    pub json_name: String,
    /// What each of its values is.
    pub holds: Holds,
    /// Whether it may be there more than once. A map is a list of entries.
    pub is_list: bool,
    /// The choice that it is an arm of: at most one of them is set.
    pub choice: Option<u32>,
    /// Whether being unset differs from holding nothing, zero or false.
    pub has_presence: bool,
}

/// What a field's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A number or a truth.
    Number(Number),
    /// An enumeration, by its index.
    Enum(usize),
    /// UTF-8.
    Text,
    /// Anything.
    Bytes,
    /// A message, by its index.
    Message(usize),
}

/// How a number is encoded, and what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "protobuf's own names")]
pub enum Number {
    Bool,
    Int32,
    Sint32,
    Uint32,
    Int64,
    Sint64,
    Uint64,
    Fixed32,
    Sfixed32,
    Float,
    Fixed64,
    Sfixed64,
    Double,
}

/// How JSON writes a message: most by their fields, google's own in forms of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the messages of google.protobuf of these names")]
pub enum Form {
    Fields,
    Any,
    Duration,
    Empty,
    ListValue,
    Struct,
    Timestamp,
    Value,
    /// `Int64Value` and the like: as the value that it holds.
    Wrapper,
}

/// Names and numbers of an enumeration's values.
#[derive(Debug)]
pub struct Enumeration {
    /// In the order of the `.proto` file; the first is what an unset field has.
    pub values: Vec<(i32, String)>,
    /// The one of which JSON writes null.
    pub is_null: bool,
}

/// Messages and enumerations, each once; they refer to each other in circles.
#[derive(Debug, Default)]
pub struct Shapes {
    pub(super) shapes: Vec<Shape>,
    pub(super) enumerations: Vec<Enumeration>,
    pub(super) names: BTreeMap<String, usize>,
}

impl Shapes {
    /// Those of [`crate::DESCRIPTOR_SET`]; read once.
    pub fn all() -> &'static Self {
        static ALL: OnceLock<Shapes> = OnceLock::new();
        ALL.get_or_init(|| {
            Self::of(crate::DESCRIPTOR_SET)
                .unwrap_or_else(|broken| unreachable!("the committed descriptor set is broken: {broken}"))
        })
    }

    /// Those of an encoded `FileDescriptorSet` that has all that it imports.
    ///
    /// # Errors
    /// When it is none, or refers to what it does not have.
    pub fn of(descriptors: &[u8]) -> Result<Self, Broken> {
        declared::read(descriptors)
    }

    /// The index of a message by its full name.
    pub fn named(&self, message: &str) -> Option<usize> {
        self.names.get(message).copied()
    }

    /// The message at an index that [`Shapes::named`] or [`Holds::Message`] gave.
    pub fn at(&self, index: usize) -> &Shape {
        &self.shapes[index]
    }

    /// The enumeration at an index that [`Holds::Enum`] gave.
    pub fn enumeration(&self, index: usize) -> &Enumeration {
        &self.enumerations[index]
    }

    /// The first value at a path of field names, in the bytes of such a message. Of a list, the first
    /// element is looked at.
    pub fn look<'b>(&self, shape: usize, bytes: &'b [u8], path: &str) -> Option<Value<'b>> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let declared = self.at(shape).fields.iter().find(|field| field.name == first)?;
        let mut found = fields(bytes).map_while(Result::ok);
        let value = found.find(|field| field.number == declared.number)?.value;
        match (rest, declared.holds, value) {
            (None, ..) => Some(value),
            (Some(rest), Holds::Message(inner), Value::Bytes(bytes)) => self.look(inner, bytes, rest),
            _ => None,
        }
    }
}

impl Shape {
    /// The field with a number.
    pub fn field(&self, number: u32) -> Option<&Declared> {
        self.place(number).map(|place| &self.fields[place])
    }

    /// Where the field with a number stands among the fields.
    pub fn place(&self, number: u32) -> Option<usize> {
        self.fields.binary_search_by_key(&number, |field| field.number).ok()
    }

    /// The field with a name, as JSON or as the `.proto` file writes it.
    pub fn called(&self, name: &str) -> Option<&Declared> {
        let by_json = self.fields.iter().find(|field| field.json_name == name);
        by_json.or_else(|| self.fields.iter().find(|field| field.name == name))
    }
}

impl Enumeration {
    /// The name of a number.
    pub fn name(&self, number: i32) -> Option<&str> {
        self.values.iter().find(|(of, _)| *of == number).map(|(_, name)| name.as_str())
    }

    /// The number of a name.
    pub fn number(&self, name: &str) -> Option<i32> {
        self.values.iter().find(|(_, of)| of == name).map(|(number, _)| *number)
    }
}

impl Number {
    /// How it is encoded.
    pub fn wire(self) -> WireType {
        match self {
            Self::Fixed32 | Self::Sfixed32 | Self::Float => WireType::ThirtyTwoBit,
            Self::Fixed64 | Self::Sfixed64 | Self::Double => WireType::SixtyFourBit,
            _ => WireType::Varint,
        }
    }

    /// Whether it is encoded as this value is.
    pub fn is_encoded_as(self, value: Value<'_>) -> bool {
        matches!(
            (self.wire(), value),
            (WireType::Varint, Value::Varint(_))
                | (WireType::ThirtyTwoBit, Value::Fixed32(_))
                | (WireType::SixtyFourBit, Value::Fixed64(_))
        )
    }

    /// Zero, as it is encoded.
    pub fn zero(self) -> Value<'static> {
        match self.wire() {
            WireType::ThirtyTwoBit => Value::Fixed32(0),
            WireType::SixtyFourBit => Value::Fixed64(0),
            _ => Value::Varint(0),
        }
    }
}
