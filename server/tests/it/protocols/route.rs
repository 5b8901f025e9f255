//! A call as a REST request, made from the option of the proto file by another hand than the server's.

use aileron_idl::json::Style;
use aileron_idl::reflect;
use prost::Message;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use serde_json::Value;

const PROTOBUF: &str = "application/octet-stream";
const JSON: &str = "application/json";

/// A verb, a path with fields in braces, and whether the request is the body.
#[derive(Clone, Debug)]
pub(super) struct Route {
    verb: String,
    template: String,
    has_body: bool,
}

/// The routes of a call whose request says all that their paths ask for.
pub(super) fn routes(method: &MethodDescriptor, request: &Value) -> Vec<Route> {
    let extension = reflect::pool().get_extension_by_name("google.api.http").unwrap();
    let options = method.options();
    if !options.has_extension(&extension) {
        return Vec::new();
    }
    let rule = options.get_extension(&extension);
    let rule = reflect::write(rule.as_message().unwrap(), Style::Compact).unwrap();
    let others = rule["additionalBindings"].as_array().cloned().unwrap_or_default();
    let routes = [rule].into_iter().chain(others).map(|rule| route(&rule));
    routes.filter(|route| route.fields().all(|field| text(request, field).is_some())).collect()
}

fn route(rule: &Value) -> Route {
    let verbs = ["get", "put", "post", "delete", "patch"];
    let (verb, template) = verbs.iter().find_map(|verb| Some((verb, rule.get(verb)?.as_str()?))).unwrap();
    let has_body = rule.get("body").is_some();
    Route { verb: verb.to_uppercase(), template: template.to_owned(), has_body }
}

impl Route {
    fn fields(&self) -> impl Iterator<Item = &str> {
        self.template.split('{').skip(1).filter_map(|rest| rest.split('}').next())
    }

    /// Head and body of the request; the body is the message where there is one, else JSON.
    pub(super) fn request(&self, request: &Value, message: Option<&DynamicMessage>) -> (String, Vec<u8>) {
        let in_path: Vec<&str> = self.fields().collect();
        let mut path = self.template.clone();
        for field in &in_path {
            path = path.replace(&format!("{{{field}}}"), &escaped(&text(request, field).unwrap()));
        }
        let (kind, body) = match message {
            Some(message) => (PROTOBUF, message.encode_to_vec()),
            None => (JSON, request.to_string().into_bytes()),
        };
        if self.has_body {
            let length = body.len();
            let head = format!(
                "{} {path} HTTP/1.1\r\nAccept: {kind}\r\nContent-Type: {kind}\r\nContent-Length: {length}",
                self.verb
            );
            return (head, body);
        }
        let mut query = Vec::new();
        leaves(request, "", &mut query);
        let query = query.into_iter().filter(|(field, _)| !in_path.contains(&field.as_str()));
        let query: Vec<String> = query.map(|(field, text)| format!("{field}={}", escaped(&text))).collect();
        (format!("{} {path}?{} HTTP/1.1\r\nAccept: {kind}", self.verb, query.join("&")), Vec::new())
    }
}

/// Every single value with its dotted path.
fn leaves(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &path, found);
            }
        }
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        other => found.push((path.to_owned(), other.to_string())),
    }
}

fn text(request: &Value, field: &str) -> Option<String> {
    let value = field.split('.').try_fold(request, |value, name| value.get(name))?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}
