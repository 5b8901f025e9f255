//! Protobuf JSON for every message, by its shape instead of generated code.
//!
//! One mapping serves the REST gateway (any message by name), the command line, custom resources, the files that
//! a browser reads, and the tests. It goes from encoded bytes to JSON and back, with no message in between.
//! The rules are protobuf's own: 64-bit integers as strings, enums by name, bytes as base64, google's own
//! messages in their special forms.

mod own;
mod read;
mod unique;
mod write;

pub use own::structure;
use prost::{Message, Name};
use serde_json::Value;

use crate::wire::{Broken, Shapes};

/// Why a text or a body could not be mapped.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON; serde_json says where.
    #[error("failed to read JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The JSON is not of the message's shape.
    #[error("failed to read JSON: {place}: {why}", place = if path.is_empty() { "the message" } else { path })]
    Misfit {
        /// Names of fields, keys of maps and indices of lists, joined by dots.
        path: String,
        /// What was expected, and what is there.
        why: String,
    },
    /// The bytes are not an encoding of the message.
    #[error("failed to decode protobuf: {0}")]
    Protobuf(#[from] prost::DecodeError),
    /// The bytes are not an encoding of any message, or not of this one.
    #[error("failed to decode protobuf: {0}")]
    Broken(#[from] Broken),
    /// The message holds what JSON cannot say, such as a time of the year ten thousand.
    #[error("failed to write JSON: {0}")]
    Unspeakable(String),
    /// No message of this name is in the descriptor set.
    #[error("unknown message `{0}`")]
    UnknownMessage(String),
}

impl JsonError {
    fn misfit(why: impl Into<String>) -> Self {
        Self::Misfit { path: String::new(), why: why.into() }
    }

    /// The same, seen from the message that this part is in.
    fn within(self, part: &str) -> Self {
        match self {
            Self::Misfit { path, why } if path.is_empty() => Self::Misfit { path: part.to_owned(), why },
            Self::Misfit { path, why } => Self::Misfit { path: format!("{part}.{path}"), why },
            other => other,
        }
    }
}

/// How field names and unset fields are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// lowerCamelCase, unset fields left out: protobuf's own default.
    Compact,
    /// lowerCamelCase, unset fields written, messages as null: what a gateway answers to `*/*`.
    Camel,
    /// snake_case, unset fields written, messages as null: what a gateway answers to `application/json`.
    Snake,
}

/// What becomes of fields and names of values that a message does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// They are left out, as by a server that is older than its client.
    Ignored,
    /// They are an error.
    Refused,
}

/// The index in [`Shapes::all`] of a message by its full name, such as `flyteidl.core.Literal`.
///
/// # Errors
/// When there is no such message.
pub fn shape(name: &str) -> Result<usize, JsonError> {
    Shapes::all().named(name).ok_or_else(|| JsonError::UnknownMessage(name.to_owned()))
}

/// JSON text as a value. A name that an object has twice is an error, as one of the two would be lost.
///
/// # Errors
/// When it is no JSON, or goes deeper than 128 levels.
pub fn parse(text: &[u8]) -> Result<Value, JsonError> {
    unique::parse(text)
}

/// An encoded message as JSON.
///
/// # Errors
/// When the bytes are none of this shape, or hold what JSON cannot say.
pub fn write(shapes: &Shapes, shape: usize, bytes: &[u8], style: Style) -> Result<Value, JsonError> {
    write::Writer { shapes, style }.message(shape, bytes)
}

/// JSON as an encoded message, its fields in the order of their numbers.
///
/// # Errors
/// When it is not of this shape.
pub fn read(shapes: &Shapes, shape: usize, json: &Value, unknown: Unknown) -> Result<Vec<u8>, JsonError> {
    read::Reader { shapes, unknown }.message(shape, json)
}

/// A typed message as JSON.
///
/// # Errors
/// When it holds what JSON cannot say.
pub fn to_value<M: Message + Name>(message: &M, style: Style) -> Result<Value, JsonError> {
    write(Shapes::all(), shape(&M::full_name())?, &message.encode_to_vec(), style)
}

/// A typed message from JSON; unknown fields are ignored.
///
/// # Errors
/// When it is not of the message's shape.
pub fn from_value<M: Message + Name + Default>(json: &Value) -> Result<M, JsonError> {
    let bytes = read(Shapes::all(), shape(&M::full_name())?, json, Unknown::Ignored)?;
    Ok(M::decode(bytes.as_slice())?)
}

/// A typed message from JSON text; unknown fields are ignored.
///
/// # Errors
/// When it is no JSON, or not of the message's shape.
pub fn from_slice<M: Message + Name + Default>(text: &[u8]) -> Result<M, JsonError> {
    from_value(&parse(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Identifier, ResourceType};

    #[test]
    fn a_typed_message_survives_json_in_each_style() {
        let id = Identifier {
            resource_type: ResourceType::LaunchPlan as i32,
            project: "p".into(),
            name: "n".into(),
            ..Default::default()
        };
        for style in [Style::Compact, Style::Camel, Style::Snake] {
            let text = to_value(&id, style).unwrap().to_string();
            assert_eq!(from_slice::<Identifier>(text.as_bytes()).unwrap(), id, "{style:?}: {text}");
        }
        assert_eq!(to_value(&id, Style::Compact).unwrap().get("domain"), None);
        assert_eq!(to_value(&id, Style::Snake).unwrap()["resource_type"], "LAUNCH_PLAN");
        assert_eq!(to_value(&id, Style::Camel).unwrap()["domain"], "");
    }

    #[test]
    fn an_unset_message_is_null_and_an_unset_choice_is_nothing() {
        let task = crate::admin::Task {
            id: Some(Identifier::default()),
            closure: Some(crate::admin::TaskClosure::default()),
            ..Default::default()
        };
        let json = to_value(&task, Style::Snake).unwrap();
        assert_eq!(json["closure"], serde_json::json!({"compiled_task": null, "created_at": null}));
        let literal = to_value(&crate::core::Literal::default(), Style::Camel).unwrap();
        assert_eq!(literal, serde_json::json!({"hash": "", "metadata": {}}));
    }

    #[test]
    fn text_that_does_not_fit_says_where() {
        let refused = |text: &str| from_slice::<crate::admin::Task>(text.as_bytes()).unwrap_err().to_string();
        for (text, place) in [
            (r#"{"id": {"project": 3}}"#, "id.project: expected text, found 3"),
            (
                r#"{"id": {"resourceType": []}}"#,
                "id.resourceType: expected the name or number of a value, found a list",
            ),
            (r#"{"id": 1}"#, "id: expected an object, found 1"),
            (r#"{"id": {"name": "a", "name": "b"}}"#, "`name` is there twice at line 1 column 27"),
            (r#"{"closure": {"createdAt": "noon"}}"#, "closure.createdAt: expected a time such as"),
            ("{\"id\"", "EOF while parsing an object at line 1 column 5"),
        ] {
            assert!(refused(text).contains(place), "{text}: {}", refused(text));
        }
    }
}
