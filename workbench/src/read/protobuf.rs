//! Bytes that are neither compressed, an archive, nor text.

use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_reflect::{DynamicMessage, Kind as FieldKind, MessageDescriptor};

use super::{Found, message};
use crate::limits::Limits;
use crate::problem::Problem;

/// Recognises an encoded message.
pub(super) fn read(bytes: &[u8], name: &str, limits: &Limits) -> Result<Found, Problem> {
    let recognised = message::recognise(name, limits, |signature, descriptor| {
        // Most kinds can be told apart without decoding all of a large file as each.
        if let Some(missing) = signature.required.iter().find(|path| !holds(&descriptor, bytes, path)) {
            return Err(format!("{missing} is not set"));
        }
        let message = DynamicMessage::decode(descriptor, bytes).map_err(|error| error.to_string())?;
        // Entries of maps drop what they do not know.
        match message.encoded_len() < bytes.len() {
            true => Err("parts of it would be lost".to_owned()),
            false => Ok(message),
        }
    });
    recognised.map(|found| Found { original: Some(bytes.into()), ..found })
}

/// Whether encoded bytes have a text or message at a path of field names. Of a list, the first element is
/// looked at.
fn holds(descriptor: &MessageDescriptor, bytes: &[u8], path: &str) -> bool {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let Some(field) = descriptor.get_field_by_name(first) else { return false };
    let Some(value) = value(bytes, field.number()) else { return false };
    match (rest, field.kind()) {
        (None, _) => true,
        (Some(rest), FieldKind::Message(inner)) => holds(&inner, value, rest),
        (Some(_), _) => false,
    }
}

/// The first value with this number, if it is a text or message.
fn value(mut bytes: &[u8], number: u32) -> Option<&[u8]> {
    while !bytes.is_empty() {
        let (found, wire) = decode_key(&mut bytes).ok()?;
        if wire != WireType::LengthDelimited {
            skip_field(wire, found, &mut bytes, DecodeContext::default()).ok()?;
            continue;
        }
        let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
        let (value, rest) = bytes.split_at_checked(length)?;
        if found == number {
            return Some(value);
        }
        bytes = rest;
    }
    None
}
