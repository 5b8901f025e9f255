//! JSON text to a value, more strictly than most: a name given twice is an error, not the last one.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use super::TEXT_LIMIT;
use super::reader::Reader;
use crate::diagnostic::{Code, Diagnostic, Location};

/// The value of a JSON text of at most [`TEXT_LIMIT`] bytes, nested at most 127 levels deep.
///
/// # Errors
/// The text is no JSON, is too long or too deep, has an object with two fields of one name, or a number
/// beyond the range of floats.
pub fn parse_json(text: &str) -> Result<Json, Diagnostic> {
    if text.len() > TEXT_LIMIT {
        return Err(too_long(text).0);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict.deserialize(&mut deserializer).map_err(|error| malformed(&error))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn malformed(error: &serde_json::Error) -> Diagnostic {
    Diagnostic::error(Code::SyntaxError, Location::whole(), format!("the text is not JSON: {error}"))
        .hint("texts and names stand in double quotes, such as {\"name\": [1, \"a\"]}")
}

/// A finding about a text as a whole.
pub(super) struct Unread(pub(super) Diagnostic);

impl Unread {
    /// The same, about the value that the text was given for.
    pub(super) fn at(self, reader: &Reader<'_>) -> Diagnostic {
        Diagnostic { location: reader.location(), ..self.0 }
    }
}

pub(super) fn too_long(text: &str) -> Unread {
    let message = format!("the text has {} bytes: more than {TEXT_LIMIT}", text.len());
    let finding = Diagnostic::error(Code::InvalidValue, Location::whole(), message);
    Unread(finding.hint("store it as a file, and give the file's URI"))
}

/// Reads any value, and no name twice.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(truth.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if fields.contains_key(&name) {
                return Err(de::Error::custom(format_args!("the name {name:?} is given twice")));
            }
            fields.insert(name, entries.next_value_seed(Strict)?);
        }
        Ok(Json::Object(fields))
    }
}
