//! A request made of a body, a path and a query, all by the message's descriptor.

use aileron_idl::json::Unknown;
use aileron_idl::reflect;
use axum::extract::Query;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use http::request::Parts;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value};
use tonic::Status;

use super::answer::Format;
use super::route::Found;

/// The RPC's request.
pub(super) fn message(found: &Found<'_>, parts: &Parts, body: &Bytes) -> Result<DynamicMessage, Status> {
    let descriptor = found.method.input();
    let mut message = match (found.has_body && !body.is_empty(), Format::of_body(&parts.headers)) {
        (false, _) => DynamicMessage::new(descriptor),
        (true, Format::Protobuf) => DynamicMessage::decode(descriptor, body.clone())
            .map_err(|error| Status::invalid_argument(format!("failed to decode the body: {error}")))?,
        (true, Format::Json(_)) => reflect::read(descriptor, body, Unknown::Ignored)
            .map_err(|error| Status::invalid_argument(format!("failed to read the body: {error}")))?,
    };
    if !found.has_body {
        for (path, value) in query(parts)? {
            set(&mut message, &path, &value)?;
        }
    }
    for (path, value) in &found.fields {
        set(&mut message, path, value)?;
    }
    Ok(message)
}

fn query(parts: &Parts) -> Result<Vec<(String, String)>, Status> {
    let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    query.map(|Query(pairs)| pairs).map_err(|error| Status::invalid_argument(error.to_string()))
}

/// Sets the field at a dotted path. Paths that the message does not have are passed over.
fn set(message: &mut DynamicMessage, path: &str, text: &str) -> Result<(), Status> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let descriptor = message.descriptor();
    let field = descriptor.get_field_by_name(name).or_else(|| descriptor.get_field_by_json_name(name));
    let Some(field) = field else { return Ok(()) };
    if let Some(rest) = rest {
        // As deep as the path has dots, which a URL's length bounds; messages nest a few levels.
        return match message.get_field_mut(&field) {
            Value::Message(inner) => set(inner, rest, text),
            _ => Ok(()),
        };
    }
    let value = parse(&field, text).ok_or_else(|| {
        Status::invalid_argument(format!(
            "invalid value for {path}, value:[{text}]: it is no {:?}",
            field.kind()
        ))
    })?;
    match message.get_field_mut(&field) {
        Value::List(values) => values.push(value),
        single => *single = value,
    }
    Ok(())
}

fn parse(field: &FieldDescriptor, text: &str) -> Option<Value> {
    Some(match field.kind() {
        Kind::String => Value::String(text.to_owned()),
        Kind::Bool => Value::Bool(text.parse().ok()?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(text.parse().ok()?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(text.parse().ok()?),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(text.parse().ok()?),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(text.parse().ok()?),
        Kind::Float => Value::F32(text.parse().ok()?),
        Kind::Double => Value::F64(text.parse().ok()?),
        Kind::Bytes => Value::Bytes(STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?.into()),
        Kind::Enum(values) => {
            let by_name = values.get_value_by_name(text).map(|value| value.number());
            Value::EnumNumber(by_name.or_else(|| text.parse().ok())?)
        }
        Kind::Message(message) => Value::Message(from_text(&message, text)?),
    })
}

/// Times and durations are text in JSON, wrapped numbers and flags are not; nothing else is one value.
fn from_text(message: &MessageDescriptor, text: &str) -> Option<DynamicMessage> {
    let as_text = serde_json::Value::from(text).to_string();
    [as_text.as_str(), text]
        .into_iter()
        .find_map(|json| reflect::read(message.clone(), json.as_bytes(), Unknown::Refused).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aileron_idl::admin::{ResourceListRequest, sort::Direction};

    fn listing(pairs: &[(&str, &str)]) -> Result<ResourceListRequest, Status> {
        let mut message =
            DynamicMessage::new(reflect::descriptor("flyteidl.admin.ResourceListRequest").unwrap());
        pairs.iter().try_for_each(|(path, text)| set(&mut message, path, text))?;
        Ok(message.transcode_to().unwrap())
    }

    #[test]
    fn dotted_paths_fill_fields() {
        let request = listing(&[
            ("id.project", "p"),
            ("limit", "7"),
            ("sort_by.key", "name"),
            ("sortBy.direction", "ASCENDING"),
            ("nothing.there", "x"),
        ])
        .unwrap();
        assert_eq!(request.limit, 7);
        assert_eq!(request.id.unwrap().project, "p");
        let sort = request.sort_by.unwrap();
        assert_eq!((sort.key.as_str(), sort.direction()), ("name", Direction::Ascending));
    }

    #[test]
    fn a_value_of_another_type_is_refused() {
        for (path, text) in [("limit", "many"), ("sort_by.direction", "UP"), ("id", "x")] {
            let error = listing(&[(path, text)]).unwrap_err();
            assert!(error.message().contains(&format!("[{text}]")), "{error}");
        }
    }
}
