//! The fields of one encoded message.

use std::ops::Range;

use prost::encoding::{WireType, decode_key, decode_varint};

/// Why bytes are no message, or not one of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A field is longer than what is left, or is in a form that nobody writes any more.
    #[error("it ends within a field, or begins with none")]
    Torn,
    /// The field with this number is encoded as another type.
    #[error("field {0} is of another type")]
    Type(u32),
    /// The text with this number is not UTF-8.
    #[error("field {0} is no UTF-8")]
    Text(u32),
    /// Entries of maps keep nothing beside key and value.
    #[error("field {0} of a map's entry would be lost")]
    Lost(u32),
    /// There are more levels than [`super::LEVELS`].
    #[error("it is nested deeper than a decoder goes")]
    Deep,
}

/// One field, which may be one of several with its number.
pub struct Field<'b> {
    /// As it is declared.
    pub number: u32,
    /// What it holds.
    pub value: Value<'b>,
    /// Where it lies in the message, its key included.
    pub place: Range<usize>,
}

/// What a field holds, as far as the encoding says.
#[derive(Clone, Copy, Debug)]
pub enum Value<'b> {
    /// A number of one to ten bytes, a truth or an enumeration's value.
    Varint(u64),
    /// Four bytes.
    Fixed32(u32),
    /// Eight bytes.
    Fixed64(u64),
    /// A text, a message, or numbers of a list.
    Bytes(&'b [u8]),
}

/// The fields in their order; after one that cannot be read there is no other.
pub fn fields(bytes: &[u8]) -> impl Iterator<Item = Result<Field<'_>, Broken>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let start = bytes.len() - rest.len();
        let read = (!rest.is_empty()).then(|| read(&mut rest))?;
        let place = start..bytes.len() - rest.len();
        rest = if read.is_some() { rest } else { &[] };
        Some(read.map(|(number, value)| Field { number, value, place }).ok_or(Broken::Torn))
    })
}

/// The numbers of a list that lie together, each encoded in the same way. After one that cannot be read there is no
/// other.
pub fn packed(bytes: &[u8], wire: WireType) -> impl Iterator<Item = Result<Value<'_>, Broken>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let value = (!rest.is_empty()).then(|| value(&mut rest, wire))?;
        rest = if value.is_some() { rest } else { &[] };
        Some(value.ok_or(Broken::Torn))
    })
}

fn read<'b>(rest: &mut &'b [u8]) -> Option<(u32, Value<'b>)> {
    let (number, wire) = decode_key(rest).ok()?;
    Some((number, value(rest, wire)?))
}

fn value<'b>(rest: &mut &'b [u8], wire: WireType) -> Option<Value<'b>> {
    Some(match wire {
        WireType::Varint => Value::Varint(decode_varint(rest).ok()?),
        WireType::LengthDelimited => {
            let length = usize::try_from(decode_varint(rest).ok()?).ok()?;
            let (value, after) = rest.split_at_checked(length)?;
            *rest = after;
            Value::Bytes(value)
        }
        WireType::ThirtyTwoBit => Value::Fixed32(u32::from_le_bytes(taken(rest)?)),
        WireType::SixtyFourBit => Value::Fixed64(u64::from_le_bytes(taken(rest)?)),
        WireType::StartGroup | WireType::EndGroup => return None,
    })
}

fn taken<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*taken)
}
