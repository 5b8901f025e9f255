//! Protobuf JSON for every message, driven by the descriptor set instead of generated code.
//!
//! One mapping serves the REST gateway (any message by name), the command line and the tests.
//! The rules are protobuf's own: 64-bit integers as strings, enums by name, bytes as base64,
//! well-known types in their special forms.

use std::sync::OnceLock;

use prost::{Message, Name};
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor,
    ReflectMessage, SerializeOptions, Value as Held,
};
use serde_json::Value;

/// The package of the messages that JSON has forms of its own for.
const WELL_KNOWN: &str = "google.protobuf";

/// Why a text or a body could not be mapped.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON, or not of the message's shape; serde_json says where.
    #[error("failed to read JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The bytes are not an encoding of the message.
    #[error("failed to decode protobuf: {0}")]
    Protobuf(#[from] prost::DecodeError),
    /// No message of this name is in the descriptor set.
    #[error("unknown message `{0}`")]
    UnknownMessage(String),
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

impl Style {
    fn options(self) -> SerializeOptions {
        SerializeOptions::new()
            .stringify_64_bit_integers(true)
            .use_proto_field_name(self == Style::Snake)
            .skip_default_fields(self == Style::Compact)
    }
}

/// The pool of all descriptors; decoded once.
pub fn pool() -> &'static DescriptorPool {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    POOL.get_or_init(|| {
        DescriptorPool::decode(crate::DESCRIPTOR_SET)
            .unwrap_or_else(|error| unreachable!("the committed descriptor set is broken: {error}"))
    })
}

/// The descriptor of a message by its full name, such as `flyteidl.core.Literal`.
pub fn descriptor(name: &str) -> Result<MessageDescriptor, JsonError> {
    pool().get_message_by_name(name).ok_or_else(|| JsonError::UnknownMessage(name.to_owned()))
}

/// Writes a dynamic message in the given style.
pub fn write(message: &DynamicMessage, style: Style) -> Result<Value, JsonError> {
    let mut value = message.serialize_with_options(serde_json::value::Serializer, &style.options())?;
    if style != Style::Compact {
        add_nulls(message, &mut value, style);
    }
    Ok(value)
}

/// Writes null for each unset message outside a oneof, as gateways do. As deep as the message, whose
/// decoder has a limit.
fn add_nulls(message: &DynamicMessage, written: &mut Value, style: Style) {
    let Value::Object(object) = written else { return };
    for field in message.descriptor().fields().filter(holds_messages) {
        let name = if style == Style::Snake { field.name() } else { field.json_name() };
        if !message.has_field(&field) {
            if !field.is_list() && !field.is_map() && field.containing_oneof().is_none() {
                object.insert(name.to_owned(), Value::Null);
            }
        } else if let Some(written) = object.get_mut(name) {
            add_nulls_within(&message.get_field(&field), written, style);
        }
    }
}

fn add_nulls_within(held: &Held, written: &mut Value, style: Style) {
    match (held, written) {
        // google's own messages have forms of their own.
        (Held::Message(message), _) if message.descriptor().package_name() == WELL_KNOWN => {}
        (Held::Message(message), written) => add_nulls(message, written, style),
        (Held::List(held), Value::Array(written)) => {
            held.iter().zip(written).for_each(|(held, written)| add_nulls_within(held, written, style));
        }
        (Held::Map(held), Value::Object(written)) => {
            for (key, held) in held {
                if let Some(written) = key.as_str().and_then(|key| written.get_mut(key)) {
                    add_nulls_within(held, written, style);
                }
            }
        }
        _ => {}
    }
}

fn holds_messages(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(_))
}

/// Reads a dynamic message; unknown fields are refused unless `lenient`.
pub fn read(descriptor: MessageDescriptor, text: &[u8], lenient: bool) -> Result<DynamicMessage, JsonError> {
    let options = DeserializeOptions::new().deny_unknown_fields(!lenient);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let message = DynamicMessage::deserialize_with_options(descriptor, &mut deserializer, &options)?;
    deserializer.end()?;
    Ok(message)
}

/// A typed message as JSON.
pub fn to_value<M: Message + Name>(message: &M, style: Style) -> Result<Value, JsonError> {
    let dynamic = DynamicMessage::decode(descriptor(&M::full_name())?, message.encode_to_vec().as_slice())?;
    write(&dynamic, style)
}

/// A typed message from JSON text; unknown fields are ignored.
pub fn from_slice<M: Message + Name + Default>(text: &[u8]) -> Result<M, JsonError> {
    let dynamic = read(descriptor(&M::full_name())?, text, true)?;
    Ok(M::decode(dynamic.encode_to_vec().as_slice())?)
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
    fn malformed_text_says_where() {
        let error = from_slice::<Identifier>(br#"{"project": 3}"#).unwrap_err().to_string();
        assert!(error.contains("line 1 column 13"), "{error}");
    }
}
