//! Messages as JSON Schema, by protobuf's JSON mapping as gateways use it: 64-bit integers are
//! strings, enums are names, bytes are base64, an unset message is null.

use std::collections::BTreeMap;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};
use serde_json::{Map, Value, json};

/// The name of the schema of a refusal.
const STATUS: &str = "google.rpc.Status";
const PACKAGE_OF_WELL_KNOWN: &str = "google.protobuf";

/// The schemas that something refers to.
#[derive(Default)]
pub(super) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// A reference to the schema of a message, which is added with all that it refers to.
    pub(super) fn reference(&mut self, message: &MessageDescriptor) -> Value {
        let mut waiting = vec![message.clone()];
        while let Some(message) = waiting.pop() {
            if is_well_known(&message) || self.0.contains_key(message.full_name()) {
                continue;
            }
            waiting.extend(message.fields().filter_map(|field| message_of(&field)));
            self.0.insert(message.full_name().to_owned(), object(&message));
        }
        refer(message)
    }

    /// A reference to the schema of a refusal.
    pub(super) fn status(&mut self) -> Value {
        let details = json!({ "type": "array", "items": well_known("google.protobuf.Any") });
        let properties = json!({
            "code": { "type": "integer", "format": "int32", "description": "The code in gRPC." },
            "message": { "type": "string", "description": "What is wrong, where, and how to mend it." },
            "details": details,
        });
        let status = json!({
            "type": "object", "required": ["code", "message", "details"], "properties": properties,
        });
        self.0.insert(STATUS.to_owned(), status);
        refer_to(STATUS)
    }

    pub(super) fn into_definitions(self) -> BTreeMap<String, Value> {
        self.0
    }
}

fn refer_to(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn refer(message: &MessageDescriptor) -> Value {
    if is_well_known(message) { well_known(message.full_name()) } else { refer_to(message.full_name()) }
}

/// Whether JSON has a form of its own for the message.
pub(super) fn is_well_known(message: &MessageDescriptor) -> bool {
    message.package_name() == PACKAGE_OF_WELL_KNOWN
}

/// The message that a field holds one or more of; for a map, that of its values.
fn message_of(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match field.kind() {
        Kind::Message(entry) if entry.is_map_entry() => message_of(&entry.map_entry_value_field()),
        Kind::Message(message) => Some(message),
        _ => None,
    }
}

fn object(message: &MessageDescriptor) -> Value {
    let properties: Map<String, Value> =
        message.fields().map(|field| (field.name().to_owned(), property(&field))).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    let choices: Vec<Value> =
        message.oneofs().filter(|oneof| !oneof.is_synthetic()).map(|oneof| at_most_one(&oneof)).collect();
    if !choices.is_empty() {
        schema["allOf"] = choices.into();
    }
    schema
}

/// Of the fields of a oneof one is there, or none.
fn at_most_one(oneof: &OneofDescriptor) -> Value {
    let one = |field: FieldDescriptor| json!({ "required": [field.name()] });
    let any: Vec<Value> = oneof.fields().map(one).collect();
    let none = json!({ "not": { "anyOf": any } });
    json!({ "oneOf": any.iter().cloned().chain([none]).collect::<Vec<_>>() })
}

fn property(field: &FieldDescriptor) -> Value {
    if let Kind::Message(entry) = field.kind()
        && field.is_map()
    {
        let value = of_value(&entry.map_entry_value_field());
        return json!({ "type": "object", "additionalProperties": value });
    }
    let mut one = of_value(field);
    if field.is_list() {
        one = json!({ "type": "array", "items": one });
    } else if matches!(field.kind(), Kind::Message(_)) && field.containing_oneof().is_none() {
        one = json!({ "anyOf": [one, { "type": "null" }] });
    }
    one
}

/// The schema of one value of a field, whether or not it has many.
pub(super) fn of_value(field: &FieldDescriptor) -> Value {
    match field.kind() {
        Kind::String => json!({ "type": "string" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Bytes => json!({ "type": "string", "format": "byte" }),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => bounded("int32", i32::MIN.into(), i32::MAX.into()),
        Kind::Uint32 | Kind::Fixed32 => bounded("uint32", 0, u32::MAX.into()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => wide("int64", "^-?[0-9]{1,19}$"),
        Kind::Uint64 | Kind::Fixed64 => wide("uint64", "^[0-9]{1,20}$"),
        Kind::Float => number("float"),
        Kind::Double => number("double"),
        Kind::Enum(values) => {
            let names: Vec<String> = values.values().map(|value| value.name().to_owned()).collect();
            json!({ "type": "string", "enum": names })
        }
        Kind::Message(message) => refer(&message),
    }
}

fn bounded(format: &str, minimum: i64, maximum: i64) -> Value {
    json!({ "type": "integer", "format": format, "minimum": minimum, "maximum": maximum })
}

/// JavaScript's numbers would lose digits.
fn wide(format: &str, pattern: &str) -> Value {
    json!({ "type": "string", "format": format, "pattern": pattern })
}

fn number(format: &str) -> Value {
    json!({ "anyOf": [
        { "type": "number", "format": format },
        { "enum": ["NaN", "Infinity", "-Infinity"] },
    ] })
}

/// The forms that JSON has for google's own messages.
fn well_known(name: &str) -> Value {
    match name {
        "google.protobuf.Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "google.protobuf.Duration" => json!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$" }),
        "google.protobuf.BoolValue" => json!({ "type": "boolean" }),
        "google.protobuf.Any" => json!({
            "type": "object", "required": ["@type"], "properties": { "@type": { "type": "string" } },
        }),
        "google.protobuf.Struct" => json!({ "type": "object" }),
        "google.protobuf.ListValue" => json!({ "type": "array" }),
        // A Value is any JSON at all.
        _ => json!({}),
    }
}
