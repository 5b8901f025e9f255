//! How well a kind of message explains encoded bytes.

use aileron_idl::wire::{Broken, Field, Holds, LEVELS, Shapes, Value, fields};

/// What a known field that is set is worth.
const KNOWN: i64 = 2;
/// What an unknown field, an unknown enumeration value or a text with control characters costs: fields of
/// another message look like that.
const STRANGE: i64 = 5;

/// What bytes come to as a message of some kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// What is known in it, less what is strange.
    pub(super) score: i64,
    /// Levels of messages in messages; a map is none.
    pub(super) depth: usize,
    /// Fields that are not known, at any depth.
    pub(super) unknown: usize,
}

/// Weighs bytes as the message of a shape.
///
/// # Errors
/// When they cannot be decoded as that, or not without losing a part.
pub(super) fn weigh(shape: usize, bytes: &[u8]) -> Result<Weight, Broken> {
    message(shape, bytes, LEVELS)
}

fn message(shape: usize, bytes: &[u8], levels: usize) -> Result<Weight, Broken> {
    let levels = levels.checked_sub(1).ok_or(Broken::Deep)?;
    let shape = Shapes::all().at(shape);
    let mut weight = Weight::default();
    let mut last = 0;
    for field in fields(bytes) {
        let Field { number, value, .. } = field?;
        let Some(declared) = shape.field(number) else {
            if shape.is_entry {
                return Err(Broken::Lost(number));
            }
            weight.score -= STRANGE;
            weight.unknown += 1;
            continue;
        };
        // The elements of a list follow each other.
        if std::mem::replace(&mut last, number) != number && !shape.is_entry {
            weight.score += KNOWN;
        }
        match (declared.holds, value) {
            (Holds::Message(inner), Value::Bytes(bytes)) => {
                let inner = message(inner, bytes, levels)?;
                weight.score += inner.score;
                weight.depth = weight.depth.max(inner.depth);
                weight.unknown += inner.unknown;
            }
            (Holds::Text, Value::Bytes(bytes)) => {
                let text = std::str::from_utf8(bytes).map_err(|_| Broken::Text(number))?;
                weight.score -= if strange(text) { STRANGE } else { 0 };
            }
            (Holds::Enum(values), Value::Varint(value)) => {
                let value = i32::try_from(value.cast_signed());
                let values = Shapes::all().enumeration(values);
                let is_known = value.is_ok_and(|value| values.name(value).is_some());
                weight.score -= if is_known { 0 } else { STRANGE };
            }
            (Holds::Bytes, Value::Bytes(_)) => {}
            (Holds::Number(number), value) if number.is_encoded_as(value) => {}
            // Numbers of a list lie together.
            (Holds::Number(_) | Holds::Enum(_), Value::Bytes(_)) if declared.is_list => {}
            _ => return Err(Broken::Type(number)),
        }
    }
    weight.depth += usize::from(!shape.is_entry);
    Ok(weight)
}

/// Whether a text has characters that only bytes of a message have.
fn strange(text: &str) -> bool {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte);
    let is_strange = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t' | '\u{1b}');
    !text.bytes().all(is_plain) && text.chars().any(is_strange)
}
