//! What a package leaves open until it is registered.
//!
//! `pyflyte package` leaves projects, domains and versions unset, or writes `{{ registration.project }}`
//! and the like. Both get neutral values, so that ids can be compared with ids. What only a container
//! sees, `{{ .remote_package_path }}` and `{{ .dest_dir }}`, stays as it is.

use prost_reflect::{DynamicMessage, MapKey, ReflectMessage, Value};

/// Field of an identifier, and the value it gets.
const NEUTRAL: [(&str, &str); 3] = [("project", "project"), ("domain", "domain"), ("version", "version")];

/// Fills what is open, wherever it is in the message. Messages have been decoded, which bounds their depth.
pub(crate) fn fill(message: &mut DynamicMessage) {
    if message.descriptor().full_name() == "flyteidl.core.Identifier" {
        fill_unset(message);
    }
    for (_, value) in message.fields_mut() {
        fill_value(value);
    }
}

/// An identifier without project, domain and version is one of a package.
fn fill_unset(identifier: &mut DynamicMessage) {
    let unset = NEUTRAL.iter().all(|(field, _)| !identifier.has_field_by_name(field));
    if unset && identifier.has_field_by_name("name") {
        for (field, neutral) in NEUTRAL {
            identifier.set_field_by_name(field, Value::String(neutral.to_owned()));
        }
    }
}

fn fill_value(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("{{") => *text = filled(text),
        Value::Message(message) => fill(message),
        Value::List(list) => list.iter_mut().for_each(fill_value),
        Value::Map(map) => map.iter_mut().for_each(|(_, value): (&MapKey, _)| fill_value(value)),
        _ => {}
    }
}

fn filled(text: &str) -> String {
    NEUTRAL.iter().fold(text.to_owned(), |text, (field, neutral)| {
        text.replace(&format!("{{{{ registration.{field} }}}}"), neutral)
            .replace(&format!("{{{{registration.{field}}}}}"), neutral)
    })
}
