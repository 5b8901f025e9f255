//! Which kind of message a content is: each that can be is weighed, the best is taken.

use aileron_idl::json;
use prost::Message;
use prost_reflect::{DynamicMessage, Kind as FieldKind, MessageDescriptor, Value};

use super::Found;
use crate::document::Document;
use crate::kind::{Kind, SIGNATURES, Signature};
use crate::limits::Limits;
use crate::placeholders;
use crate::problem::{Problem, Reason};

/// What a known field that is set is worth.
const KNOWN: i64 = 2;
/// What an unknown field, an unknown enumeration value or a text with control characters costs: fields of
/// another message look like that.
const STRANGE: i64 = 5;
/// What it is worth that an entity's id says what kind of entity it is, and costs that it says another.
const IDENTITY: i64 = 5;

/// One kind that a content may be.
struct Candidate {
    signature: &'static Signature,
    message: DynamicMessage,
    score: i64,
}

/// Takes the best of all kinds that `decode` can make of the content.
///
/// `decode` gives a message, or says why the content is not one.
pub(super) fn recognise(
    place: &str,
    limits: &Limits,
    decode: impl Fn(&Signature, MessageDescriptor) -> Result<DynamicMessage, String>,
) -> Result<Found, Problem> {
    let (mut candidates, mut tried) = (Vec::new(), Vec::new());
    for signature in SIGNATURES {
        match candidate(signature, &decode) {
            Ok(candidate) => candidates.push(candidate),
            Err(why) => tried.push(format!("no {}: {why}", signature.kind)),
        }
    }
    // What is too deep as the kind it is may pass as another, most of it unknown.
    if tried.iter().any(|why| why.contains("recursion limit")) {
        return Err(Reason::TooDeep { limit: limits.depth }.at(place));
    }
    let best = candidates.iter().map(|candidate| candidate.score).max().filter(|score| *score > 0);
    candidates.retain(|candidate| Some(candidate.score) == best);
    let also = candidates.iter().skip(1).map(|candidate| candidate.signature.kind).collect();
    match candidates.into_iter().next() {
        Some(winner) => winner.found(place, limits, also),
        None => Err(Reason::Unrecognised { tried }.at(place)),
    }
}

fn candidate(
    signature: &'static Signature,
    decode: impl Fn(&Signature, MessageDescriptor) -> Result<DynamicMessage, String>,
) -> Result<Candidate, String> {
    let descriptor = json::descriptor(signature.message).map_err(|error| error.to_string())?;
    let message = decode(signature, descriptor)?;
    if let Some(missing) = signature.required.iter().find(|path| look(&message, path).is_none()) {
        return Err(format!("{missing} is not set"));
    }
    let score = weigh(&message) + identity(signature, &message);
    Ok(Candidate { signature, message, score })
}

impl Candidate {
    fn found(mut self, place: &str, limits: &Limits, also: Vec<Kind>) -> Result<Found, Problem> {
        if depth(&self.message) > limits.depth {
            return Err(Reason::TooDeep { limit: limits.depth }.at(place));
        }
        placeholders::fill(&mut self.message);
        let kind = self.signature.kind;
        let document = Document::decode(kind, &self.message.encode_to_vec())
            .map_err(|error| Reason::Unrecognised { tried: vec![format!("no {kind}: {error}")] }.at(place))?;
        let notes = match unknown(&self.message) {
            0 => Vec::new(),
            1 => vec!["one field is not known here; it is kept".to_owned()],
            count => vec![format!("{count} fields are not known here; they are kept")],
        };
        Ok(Found { place: place.to_owned(), kind, also, notes, document, original: None })
    }
}

/// The value at a path of field names, if every field on the way is set.
fn look<'a>(message: &'a DynamicMessage, path: &str) -> Option<&'a Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let (_, value) = message.fields().find(|(field, _)| field.name() == first)?;
    match (rest, value) {
        (None, value) => Some(value),
        (Some(rest), Value::Message(inner)) => look(inner, rest),
        (Some(rest), Value::List(list)) => look(list.first()?.as_message()?, rest),
        (Some(_), _) => None,
    }
}

fn identity(signature: &Signature, message: &DynamicMessage) -> i64 {
    let Some((path, expected)) = signature.identity else { return 0 };
    let stated = look(message, &format!("{path}.resource_type")).and_then(Value::as_enum_number);
    match stated {
        None => 0,
        Some(stated) if stated == expected => IDENTITY,
        Some(_) => -IDENTITY,
    }
}

/// How well a message explains its content: what is known in it, less what is strange. Messages have been
/// decoded, which bounds their depth.
fn weigh(message: &DynamicMessage) -> i64 {
    let unknown = i64::try_from(message.unknown_fields().count()).unwrap_or(i64::MAX / 16);
    let known: i64 = message.fields().map(|(field, value)| KNOWN + weigh_value(&field.kind(), value)).sum();
    known - STRANGE * unknown
}

fn weigh_value(kind: &FieldKind, value: &Value) -> i64 {
    match value {
        Value::Message(message) => weigh(message),
        Value::List(list) => list.iter().map(|value| weigh_value(kind, value)).sum(),
        Value::Map(map) => map.values().map(|value| weigh_value(kind, value)).sum(),
        Value::String(text) if strange(text) => -STRANGE,
        Value::EnumNumber(number) => match kind {
            FieldKind::Enum(declared) if declared.get_value(*number).is_none() => -STRANGE,
            _ => 0,
        },
        _ => 0,
    }
}

/// Whether a text has characters that only bytes of a message have.
fn strange(text: &str) -> bool {
    text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t' | '\u{1b}'))
}

/// How many fields of a message, at any depth, are not known.
fn unknown(message: &DynamicMessage) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Message(message) => unknown(message),
            Value::List(list) => list.iter().map(of).sum(),
            Value::Map(map) => map.values().map(of).sum(),
            _ => 0,
        }
    }
    message.unknown_fields().count() + message.fields().map(|(_, value)| of(value)).sum::<usize>()
}

fn depth(message: &DynamicMessage) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Message(message) => depth(message),
            Value::List(list) => list.iter().map(of).max().unwrap_or(0),
            Value::Map(map) => map.values().map(of).max().unwrap_or(0),
            _ => 0,
        }
    }
    1 + message.fields().map(|(_, value)| of(value)).max().unwrap_or(0)
}
