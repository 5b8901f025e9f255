//! Answers in the form that the client's headers ask for.

use std::sync::LazyLock;

use aileron_idl::json::{self, Style};
use aileron_idl::wire::Shapes;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use prost::Message;
use prost_reflect::MessageDescriptor;
use serde_json::{Value, json};
use tonic::Status;

use super::route::Missing;
use crate::api::error::http_status;

pub(super) const PROTOBUF: &str = "application/octet-stream";
pub(super) const JSON: &str = "application/json";

/// The details that every gRPC service may send, `google.rpc.*`.
static STANDARD: LazyLock<Shapes> =
    LazyLock::new(|| Shapes::of(tonic_types::pb::FILE_DESCRIPTOR_SET).unwrap_or_default());

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Protobuf,
    Json(Style),
}

impl Format {
    /// By `Accept`, whole values only; one that is not known means: as the request's body.
    pub(super) fn of(headers: &HeaderMap) -> Format {
        named(headers, &header::ACCEPT).unwrap_or_else(|| Format::of_body(headers))
    }

    /// By `Content-Type`.
    pub(super) fn of_body(headers: &HeaderMap) -> Format {
        named(headers, &header::CONTENT_TYPE).unwrap_or(Format::Json(Style::Camel))
    }

    const fn content_type(self) -> &'static str {
        match self {
            Format::Protobuf => PROTOBUF,
            Format::Json(_) => JSON,
        }
    }
}

fn named(headers: &HeaderMap, name: &HeaderName) -> Option<Format> {
    match headers.get(name)?.to_str().ok()? {
        PROTOBUF => Some(Format::Protobuf),
        JSON => Some(Format::Json(Style::Snake)),
        _ => None,
    }
}

/// The RPC's response.
pub(super) fn success(format: Format, descriptor: &MessageDescriptor, message: Bytes) -> Response {
    let body = match format {
        Format::Protobuf => Ok(message),
        Format::Json(style) => as_json(descriptor, &message, style),
    };
    match body {
        Ok(body) => whole(StatusCode::OK, format, body),
        Err(error) => failure(format, &Status::internal(error)),
    }
}

fn as_json(descriptor: &MessageDescriptor, message: &Bytes, style: Style) -> Result<Bytes, String> {
    let written = json::shape(descriptor.full_name())
        .and_then(|shape| json::write(Shapes::all(), shape, message, style))
        .map_err(|error| error.to_string())?;
    Ok(written.to_string().into())
}

/// A refusal, as `google.rpc.Status` under the HTTP status of its code.
pub(super) fn failure(format: Format, status: &Status) -> Response {
    let details = tonic_types::pb::Status::decode(status.details()).unwrap_or_default().details;
    let body = match format {
        Format::Protobuf => {
            let message = status.message().to_owned();
            tonic_types::pb::Status { code: status.code() as i32, message, details }.encode_to_vec()
        }
        Format::Json(style) => {
            let details: Vec<Value> = details.iter().map(|any| detail(any, style)).collect();
            json!({ "code": status.code() as i32, "message": status.message(), "details": details })
                .to_string()
                .into_bytes()
        }
    };
    whole(http_status(status.code()), format, body.into())
}

fn detail(any: &prost_types::Any, style: Style) -> Value {
    let name = any.type_url.rsplit('/').next().unwrap_or_default();
    let mut known = [Shapes::all(), &*STANDARD].into_iter();
    let written = known.find_map(|shapes| json::write(shapes, shapes.named(name)?, &any.value, style).ok());
    let mut value = written.unwrap_or_else(|| json!({}));
    value["@type"] = json!(any.type_url);
    value
}

/// A request that no RPC answers.
pub(super) fn missing(format: Format, path: &str, missing: &Missing) -> Response {
    match missing {
        Missing::Path => {
            let told = format!("there is nothing at {path}; write a / in a name as %2F");
            failure(format, &Status::not_found(told))
        }
        Missing::Verb(others) => {
            let others = others.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            let status = Status::unimplemented(format!("{path} takes {others}"));
            let mut response = failure(format, &status);
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            if let Ok(others) = HeaderValue::from_str(&others) {
                response.headers_mut().insert(header::ALLOW, others);
            }
            response
        }
    }
}

fn whole(status: StatusCode, format: Format, body: Bytes) -> Response {
    (status, [(header::CONTENT_TYPE, format.content_type())], Body::from(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_header_values_count() {
        let format = |headers: &[(&'static str, &'static str)]| {
            let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            Format::of(&pairs.collect())
        };
        assert_eq!(format(&[]), Format::Json(Style::Camel));
        assert_eq!(format(&[("accept", "*/*")]), Format::Json(Style::Camel));
        assert_eq!(format(&[("accept", "application/json")]), Format::Json(Style::Snake));
        assert_eq!(format(&[("accept", "application/json, text/plain, */*")]), Format::Json(Style::Camel));
        assert_eq!(format(&[("accept", "application/octet-stream")]), Format::Protobuf);
        assert_eq!(format(&[("content-type", "application/octet-stream")]), Format::Protobuf);
        assert_eq!(
            format(&[("content-type", "application/octet-stream"), ("accept", "application/json")]),
            Format::Json(Style::Snake)
        );
    }
}
