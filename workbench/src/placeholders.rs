//! What a package leaves open until it is registered.
//!
//! `pyflyte package` leaves projects, domains and versions unset, or writes `{{ registration.project }}`
//! and the like. Both get neutral values, so that ids can be compared with ids. What only a container
//! sees, `{{ .remote_package_path }}` and `{{ .dest_dir }}`, stays as it is.

use std::borrow::Cow;
use std::ops::Range;

use prost::encoding::{WireType, encode_key, encode_varint};

use aileron_idl::wire::{Field, Holds, Shapes, Value, fields};

/// Field of an identifier, and the value it gets.
const NEUTRAL: [(&str, &str); 3] = [("project", "project"), ("domain", "domain"), ("version", "version")];

/// The message with what was open filled, wherever it is in it. Messages have been weighed, which bounds
/// their depth.
pub(crate) fn fill(shape: usize, bytes: &[u8]) -> Cow<'_, [u8]> {
    filled_within(shape, bytes, Shapes::all().named("flyteidl.core.Identifier"))
}

/// The same, given the shape of identifiers.
fn filled_within(index: usize, bytes: &[u8], identifier: Option<usize>) -> Cow<'_, [u8]> {
    let shape = Shapes::all().at(index);
    let mut edited = Edited { original: bytes, copied: 0, new: Vec::new() };
    for Field { number, value, place } in fields(bytes).map_while(Result::ok) {
        let Value::Bytes(value) = value else { continue };
        let new = match shape.field(number).map(|declared| declared.holds) {
            Some(Holds::Text) => filled(value),
            Some(Holds::Message(inner)) => filled_within(inner, value, identifier),
            _ => continue,
        };
        if let Cow::Owned(new) = new {
            edited.replace(place, number, &new);
        }
    }
    let look = |field| Shapes::all().look(index, bytes, field);
    let has = |field| matches!(look(field), Some(Value::Bytes(text)) if !text.is_empty());
    if identifier == Some(index) && has("name") && !NEUTRAL.iter().any(|(field, _)| has(field)) {
        for (field, neutral) in NEUTRAL {
            let number = shape.called(field).map_or(0, |declared| declared.number);
            edited.replace(bytes.len()..bytes.len(), number, neutral.as_bytes());
        }
    }
    edited.finish()
}

fn filled(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(text) = std::str::from_utf8(text).ok().filter(|text| text.contains("{{")) else {
        return Cow::Borrowed(text);
    };
    let filled = NEUTRAL.iter().fold(text.to_owned(), |text, (field, neutral)| {
        text.replace(&format!("{{{{ registration.{field} }}}}"), neutral)
            .replace(&format!("{{{{registration.{field}}}}}"), neutral)
    });
    if filled == text { Cow::Borrowed(text.as_bytes()) } else { Cow::Owned(filled.into_bytes()) }
}

/// A message of which some fields are replaced, from the first to the last.
struct Edited<'b> {
    original: &'b [u8],
    /// How much of the original the new one has.
    copied: usize,
    new: Vec<u8>,
}

impl<'b> Edited<'b> {
    fn replace(&mut self, place: Range<usize>, number: u32, value: &[u8]) {
        self.new.extend(&self.original[self.copied..place.start]);
        self.copied = place.end;
        encode_key(number, WireType::LengthDelimited, &mut self.new);
        encode_varint(value.len() as u64, &mut self.new);
        self.new.extend(value);
    }

    fn finish(mut self) -> Cow<'b, [u8]> {
        if self.new.is_empty() {
            return Cow::Borrowed(self.original);
        }
        self.new.extend(&self.original[self.copied..]);
        Cow::Owned(self.new)
    }
}
