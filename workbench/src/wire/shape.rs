//! What messages are made of: descriptors as tables, in which a field is found in no time.

use std::sync::OnceLock;

use aileron_idl::json;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{Value, fields};
use crate::kind::SIGNATURES;

/// One kind of message.
#[derive(Default)]
pub(crate) struct Shape {
    name: String,
    /// Sorted by number.
    fields: Vec<Declared>,
    /// The key and the value of a map.
    pub(crate) is_entry: bool,
    pub(crate) is_identifier: bool,
}

/// A field of a kind of message.
pub(crate) struct Declared {
    number: u32,
    name: String,
    pub(crate) holds: Holds,
    pub(crate) is_list: bool,
}

/// What a field's bytes are.
#[derive(Clone, Copy)]
pub(crate) enum Holds {
    Varint,
    /// By its index.
    Enum(usize),
    Fixed32,
    Fixed64,
    Text,
    Bytes,
    /// By its index.
    Message(usize),
}

/// Shapes and enumerations, each once; they refer to each other in circles.
#[derive(Default)]
pub(crate) struct Shapes {
    shapes: Vec<Shape>,
    enumerations: Vec<Vec<i32>>,
}

impl Shapes {
    /// Those of every message that [`crate::Kind`] has, and of what these are made of.
    pub(crate) fn all() -> &'static Self {
        static ALL: OnceLock<Shapes> = OnceLock::new();
        ALL.get_or_init(|| {
            let mut shapes = Self::default();
            for signature in SIGNATURES {
                if let Ok(descriptor) = json::descriptor(signature.message) {
                    shapes.shape(&descriptor);
                }
            }
            shapes
        })
    }

    pub(crate) fn named(&self, message: &str) -> Option<usize> {
        self.shapes.iter().position(|shape| shape.name == message)
    }

    pub(crate) fn at(&self, index: usize) -> &Shape {
        &self.shapes[index]
    }

    pub(crate) fn knows(&self, enumeration: usize, number: i32) -> bool {
        self.enumerations[enumeration].contains(&number)
    }

    /// As deep as messages of different kinds lie in each other.
    fn shape(&mut self, descriptor: &MessageDescriptor) -> usize {
        let name = descriptor.full_name();
        if let Some(index) = self.named(name) {
            return index;
        }
        let index = self.shapes.len();
        self.shapes.push(Shape { name: name.to_owned(), ..Shape::default() });
        // They come in the order of their numbers.
        let fields = descriptor.fields().map(|field| self.declared(&field)).collect();
        let shape = &mut self.shapes[index];
        shape.is_identifier = shape.name == "flyteidl.core.Identifier";
        shape.is_entry = descriptor.is_map_entry();
        shape.fields = fields;
        index
    }

    fn declared(&mut self, field: &FieldDescriptor) -> Declared {
        let holds = match field.kind() {
            Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => Holds::Fixed64,
            Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => Holds::Fixed32,
            Kind::String => Holds::Text,
            Kind::Bytes => Holds::Bytes,
            Kind::Message(inner) => Holds::Message(self.shape(&inner)),
            Kind::Enum(values) => {
                self.enumerations.push(values.values().map(|value| value.number()).collect());
                Holds::Enum(self.enumerations.len() - 1)
            }
            Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Sint64
            | Kind::Bool => Holds::Varint,
        };
        Declared { number: field.number(), name: field.name().to_owned(), holds, is_list: field.is_list() }
    }
}

impl Shape {
    pub(crate) fn field(&self, number: u32) -> Option<&Declared> {
        let place = self.fields.binary_search_by_key(&number, |field| field.number).ok()?;
        self.fields.get(place)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.number)
    }

    /// The first value at a path of field names, in the bytes of such a message. Of a list, the first
    /// element is looked at.
    pub(crate) fn look<'b>(&self, bytes: &'b [u8], path: &str) -> Option<Value<'b>> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let declared = self.fields.iter().find(|field| field.name == first)?;
        let mut found = fields(bytes).map_while(Result::ok);
        let value = found.find(|field| field.number == declared.number)?.value;
        match (rest, declared.holds, value) {
            (None, ..) => Some(value),
            (Some(rest), Holds::Message(inner), Value::Bytes(bytes)) => {
                Shapes::all().at(inner).look(bytes, rest)
            }
            _ => None,
        }
    }
}
