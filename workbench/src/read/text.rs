//! JSON and YAML: protobuf's JSON in either case of field names, lists of it, and custom resources.

use std::collections::BTreeMap;

use aileron_idl::json::{self, Unknown};
use aileron_idl::wire::Shapes;
use serde::Deserialize as _;
use serde_json::Value;

use super::{Found, message, resource};
use crate::limits::Limits;
use crate::problem::{Problem, Reason};

/// The text, if the bytes are one: UTF-8 without the control characters that messages are full of.
pub(super) fn is_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let printable = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    text.chars().all(printable).then_some(text)
}

/// Reads every document of a text.
pub(super) fn read(text: &str, name: &str, limits: &Limits) -> Result<Vec<Found>, Problem> {
    if text.trim().is_empty() {
        return Err(Reason::Empty.at(name));
    }
    let documents = parse(text, limits.yaml).map_err(|refused| match source(text) {
        true => Reason::Source.at(name),
        false => refused.at(name),
    })?;
    let documents: Vec<Value> = documents.into_iter().flat_map(elements).collect();
    if documents.is_empty() {
        return Err(Reason::Empty.at(name));
    }
    if documents.len() > limits.entries {
        return Err(Reason::TooManyEntries { limit: limits.entries }.at(name));
    }
    let place = |index: usize| match documents.len() {
        1 => name.to_owned(),
        _ => format!("{name}[{index}]"),
    };
    documents.iter().enumerate().map(|(index, value)| document(value, text, &place(index), limits)).collect()
}

/// A JSON document, or else every document of a YAML stream.
fn parse(text: &str, limit: usize) -> Result<Vec<Value>, Reason> {
    let json = match serde_json::from_str(text) {
        Ok(value) => return Ok(vec![value]),
        Err(error) => error.to_string(),
    };
    if text.len() > limit {
        return Err(Reason::TooLargeForYaml { size: text.len(), limit, json });
    }
    let stream = serde_yaml_ng::Deserializer::from_str(text);
    let documents: Result<Vec<_>, _> = stream.map(Value::deserialize).collect();
    let tried = |yaml| vec![format!("no JSON: {json}"), format!("no YAML: {yaml}")];
    documents.map_err(|yaml| Reason::Unrecognised { tried: tried(yaml) })
}

/// The fields of an object, as they would be typed: texts as they are, all else as JSON.
pub(super) fn typed(text: &str, name: &str, limits: &Limits) -> Result<BTreeMap<String, String>, Problem> {
    let documents = parse(text, limits.yaml).map_err(|refused| refused.at(name))?;
    let [Value::Object(fields)] = &documents[..] else {
        let why = vec!["neither a JSON nor a YAML object".to_owned()];
        return Err(Reason::Unrecognised { tried: why }.at(name));
    };
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(fields.iter().map(|(name, value)| (name.clone(), shown(value))).collect())
}

/// A list of documents: an array, or the list of Kubernetes.
fn elements(document: Value) -> Vec<Value> {
    match document {
        Value::Array(elements) => elements,
        Value::Object(mut fields) if fields.get("kind").is_some_and(|kind| kind == "List") => {
            match fields.remove("items") {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            }
        }
        Value::Null => Vec::new(),
        other => vec![other],
    }
}

fn document(value: &Value, text: &str, place: &str, limits: &Limits) -> Result<Found, Problem> {
    if deeper(value, limits.depth) {
        return Err(Reason::TooDeep { limit: limits.depth }.at(place));
    }
    if resource::is_resource(value) {
        return resource::read(value, place);
    }
    if !value.is_object() {
        let why = vec!["neither a JSON nor a YAML object".to_owned()];
        return Err(if source(text) { Reason::Source } else { Reason::Unrecognised { tried: why } }.at(place));
    }
    let read = |unknown| {
        message::recognise(place, limits, |shape| {
            let message = json::read(Shapes::all(), shape, value, unknown);
            message.map(Into::into).map_err(|error| error.to_string())
        })
    };
    read(Unknown::Refused).or_else(|refused| {
        let mut found = read(Unknown::Ignored).map_err(|_| refused)?;
        found.notes.push("fields that are not known were left out".to_owned());
        Ok(found)
    })
}

/// Whether a value has more levels. The parsers end at 128.
fn deeper(value: &Value, levels: usize) -> bool {
    let Some(levels) = levels.checked_sub(1) else { return true };
    match value {
        Value::Array(elements) => elements.iter().any(|value| deeper(value, levels)),
        Value::Object(fields) => fields.values().any(|value| deeper(value, levels)),
        _ => false,
    }
}

/// Whether a text looks like a Python program.
fn source(text: &str) -> bool {
    text.lines().any(|line| {
        let first = line.split_whitespace().next().unwrap_or_default();
        matches!(first, "import" | "from" | "def" | "@task" | "@workflow" | "@dynamic")
    })
}
