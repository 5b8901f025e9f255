//! The trace of a request: a part of its caller's, when it names one, and told to it in the answer.

use aileron_telemetry::{TraceParent, span};
use axum::extract::Request;
use axum::response::Response;
use http::HeaderValue;
use tracing::{Span, field};

/// The span of a request, which has not been entered.
pub(super) fn span(request: &Request) -> Span {
    let (method, path) = (request.method().as_str(), request.uri().path());
    let span = span!(
        "http",
        otel.name = path,
        otel.kind = "server",
        http.request.method = method,
        url.path = path,
        http.response.status_code = field::Empty,
    );
    let given = request.headers().get(TraceParent::NAME).and_then(|value| value.to_str().ok());
    if let Some(parent) = given.and_then(TraceParent::parse) {
        parent.adopt(&span);
    }
    span
}

/// Says in the answer which span it was.
pub(super) fn tell(span: &Span, response: &mut Response) {
    let Some(parent) = TraceParent::of(span) else { return };
    span.record("http.response.status_code", response.status().as_u16());
    if let Ok(value) = HeaderValue::from_str(&parent.to_string()) {
        response.headers_mut().insert(TraceParent::ANSWER, value);
    }
}
