//! Refusing a request before it is understood, in the form that its caller reads.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::api;

/// After which time another try makes sense.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// There is too much to do; the same request may be sent again a little later.
pub(crate) fn busy(message: String) -> Status {
    let details = ErrorDetails::with_retry_info(Some(RETRY_AFTER));
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// The answer to a request with these headers.
pub(crate) fn answer(asked: &HeaderMap, status: &Status) -> Response {
    let kind =
        asked.get(header::CONTENT_TYPE).filter(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    let mut response = match kind {
        Some(kind) => {
            let mut response = status.clone().into_http::<axum::body::Body>();
            response.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
            response
        }
        None => api::refusal(asked, status),
    };
    if status.code() == Code::ResourceExhausted {
        let pushback = HeaderName::from_static("grpc-retry-pushback-ms");
        let (name, amount) = match kind {
            Some(_) => (pushback, RETRY_AFTER.as_millis() as u64),
            None => (header::RETRY_AFTER, RETRY_AFTER.as_secs()),
        };
        response.headers_mut().insert(name, HeaderValue::from(amount));
    }
    response.into_response()
}
