//! One route as an operation: parameters, body, answers.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use super::schema::{self, Schemas, is_well_known};
use crate::api::rest::answer::{JSON, PROTOBUF};
use crate::api::rest::route::{self, Route};

/// The operation of a route; `binding` counts the routes of its RPC from 1.
pub(super) fn of(route: &Route, binding: usize, schemas: &mut Schemas) -> Value {
    let (service, method) = (route.service(), &route.method);
    let suffix = if binding > 1 { binding.to_string() } else { String::new() };
    let mut operation = json!({
        "operationId": format!("{}_{}{suffix}", service.name(), method.name()),
        "tags": [service.name()],
        "summary": words(method.name()),
        "parameters": parameters(route),
        "responses": {
            "200": answer("The answer.", &schemas.reference(&method.output())),
            "default": answer("A refusal: the gRPC code, what is wrong and how to mend it.", &schemas.status()),
        },
    });
    if route.has_body {
        let content = content(&schemas.reference(&method.input()));
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

fn answer(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": content(schema) })
}

fn content(schema: &Value) -> Value {
    json!({ JSON: { "schema": schema }, PROTOBUF: { "schema": { "type": "string", "format": "binary" } } })
}

/// `GetActiveLaunchPlan` as `Get active launch plan`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

/// The fields that the path fills, then those that a query may fill when there is no body.
fn parameters(route: &Route) -> Vec<Value> {
    let in_path: Vec<&str> = route.fields().collect();
    let input = route.method.input();
    let mut found = Vec::new();
    leaves(&input, "", &mut Vec::new(), &mut |path, field| found.push((path, field)));
    let (path, query): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(path, _)| in_path.contains(&path.as_str()));
    let path = path.iter().map(|(name, field)| {
        let mut schema = schema::of_value(field);
        if matches!(field.kind(), Kind::String) {
            schema["minLength"] = json!(1);
        }
        json!({ "name": route::label(name), "in": "path", "required": true, "schema": schema })
    });
    let query = query.iter().filter(|_| !route.has_body).map(|(name, field)| {
        let one = schema::of_value(field);
        let schema = if field.is_list() { json!({ "type": "array", "items": one }) } else { one };
        json!({ "name": name, "in": "query", "schema": schema })
    });
    path.chain(query).collect()
}

/// Every field that text can fill, by its dotted path. Ends at lists and maps of messages, and where
/// a message would come to lie within itself.
fn leaves(
    message: &MessageDescriptor,
    prefix: &str,
    around: &mut Vec<MessageDescriptor>,
    found: &mut impl FnMut(String, FieldDescriptor),
) {
    around.push(message.clone());
    for field in message.fields() {
        let path = format!("{prefix}{}", field.name());
        match field.kind() {
            Kind::Message(inner) if !is_well_known(&inner) => {
                if !field.is_list() && !field.is_map() && !around.contains(&inner) {
                    leaves(&inner, &format!("{path}."), around, found);
                }
            }
            _ => found(path, field),
        }
    }
    around.pop();
}
