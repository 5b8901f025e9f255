//! Which kind of message a content is: each that can be is weighed, the best is taken.

use std::borrow::Cow;

use aileron_idl::json;
use aileron_idl::wire::{Broken, Shapes, Value};

use super::Found;
use super::weight::{Weight, weigh};
use crate::document::Document;
use crate::kind::{Kind, SIGNATURES, Signature};
use crate::limits::Limits;
use crate::placeholders;
use crate::problem::{Problem, Reason};

/// What it is worth that an entity's id says what kind of entity it is, and costs that it says another.
const IDENTITY: i64 = 5;

/// One kind that a content may be.
struct Candidate<'b> {
    signature: &'static Signature,
    shape: usize,
    bytes: Cow<'b, [u8]>,
    weight: Weight,
}

/// Why a content is not of a kind.
enum Refused {
    TooDeep,
    Because(String),
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Self::Because(why)
    }
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Deep => Self::TooDeep,
            broken => Self::Because(broken.to_string()),
        }
    }
}

/// Takes the best of all kinds that the content can be.
///
/// `encoded` gives the content as an encoded message of a shape, or says why it is not one.
pub(super) fn recognise<'b>(
    place: &str,
    limits: &Limits,
    encoded: impl Fn(usize) -> Result<Cow<'b, [u8]>, String>,
) -> Result<Found, Problem> {
    let (mut candidates, mut tried) = (Vec::new(), Vec::new());
    for signature in SIGNATURES {
        match candidate(signature, &encoded) {
            Ok(candidate) => candidates.push(candidate),
            // What is too deep as the kind it is may pass as another, most of it unknown.
            Err(Refused::TooDeep) => return Err(Reason::TooDeep { limit: limits.depth }.at(place)),
            Err(Refused::Because(why)) => tried.push(format!("no {}: {why}", signature.kind)),
        }
    }
    let best = candidates.iter().map(|candidate| candidate.weight.score).max().filter(|score| *score > 0);
    candidates.retain(|candidate| Some(candidate.weight.score) == best);
    let also = candidates.iter().skip(1).map(|candidate| candidate.signature.kind).collect();
    match candidates.into_iter().next() {
        Some(winner) => winner.found(place, limits, also),
        None => Err(Reason::Unrecognised { tried }.at(place)),
    }
}

fn candidate<'b>(
    signature: &'static Signature,
    encoded: impl Fn(usize) -> Result<Cow<'b, [u8]>, String>,
) -> Result<Candidate<'b>, Refused> {
    let shape = json::shape(signature.message).map_err(|error| error.to_string())?;
    let bytes = encoded(shape)?;
    let look = |path: &str| Shapes::all().look(shape, &bytes, path);
    // Most kinds can be told apart without going through all of a large file as each.
    if let Some(missing) = signature.required.iter().find(|path| !matches!(look(path), Some(Value::Bytes(_))))
    {
        return Err(Refused::Because(format!("{missing} is not set")));
    }
    let mut weight = weigh(shape, &bytes)?;
    if let Some((path, expected)) = signature.identity {
        weight.score += match look(&format!("{path}.resource_type")) {
            Some(Value::Varint(stated)) if i64::from(expected) == stated.cast_signed() => IDENTITY,
            Some(Value::Varint(0)) | None => 0,
            Some(_) => -IDENTITY,
        };
    }
    Ok(Candidate { signature, shape, bytes, weight })
}

impl Candidate<'_> {
    fn found(self, place: &str, limits: &Limits, also: Vec<Kind>) -> Result<Found, Problem> {
        if self.weight.depth > limits.depth {
            return Err(Reason::TooDeep { limit: limits.depth }.at(place));
        }
        let kind = self.signature.kind;
        let document = Document::decode(kind, &placeholders::fill(self.shape, &self.bytes))
            .map_err(|error| Reason::Unrecognised { tried: vec![format!("no {kind}: {error}")] }.at(place))?;
        let notes = match self.weight.unknown {
            0 => Vec::new(),
            1 => vec!["one field is not known here; it is kept".to_owned()],
            count => vec![format!("{count} fields are not known here; they are kept")],
        };
        Ok(Found { place: place.to_owned(), kind, also, notes, document, original: None })
    }
}
