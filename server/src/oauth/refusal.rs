//! Refusals of logins: for programs as RFC 6749 has them, for people as a page.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tonic::Status;

use super::page;
use crate::api::error::{code, http_status};
use crate::error::ServiceError;

/// A refusal of the endpoints that programs ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
}

impl Refusal {
    pub(super) const fn new(error: &'static str, description: &'static str) -> Refusal {
        Refusal { status: StatusCode::BAD_REQUEST, error, description }
    }

    /// Whoever asks has not shown to be the client that it says to be.
    pub(super) const fn client() -> Refusal {
        let description = "the client is not known, or its secret is another";
        Refusal { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description }
    }

    pub(super) const fn grant(description: &'static str) -> Refusal {
        Refusal::new("invalid_grant", description)
    }

    /// The server's own fault.
    pub(super) fn fault(error: &(dyn std::error::Error + 'static)) -> Refusal {
        tracing::error!(error, "a token could not be given");
        let description = "the server could not do it; try again in a moment";
        Refusal { status: StatusCode::SERVICE_UNAVAILABLE, error: "temporarily_unavailable", description }
    }

    pub(super) const fn busy() -> Refusal {
        let description = "too many tries; wait a minute";
        Refusal { status: StatusCode::TOO_MANY_REQUESTS, error: "slow_down", description }
    }

    pub(super) const fn error(&self) -> &'static str {
        self.error
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut response = (self.status, axum::Json(body)).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            let basic = HeaderValue::from_static("Basic realm=\"aileron\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        response
    }
}

/// A refusal as a page.
pub(super) fn page(error: &ServiceError) -> Response {
    let status = http_status(code(error));
    page::page(status, "This did not work", &format!("<p>{}</p>", page::escaped(&error.to_string())))
}

/// The refusal of who asks too often, as a page.
pub(super) fn busy(status: &Status) -> Response {
    let text = format!("<p>{}</p>", page::escaped(status.message()));
    page::page(StatusCode::TOO_MANY_REQUESTS, "Too many tries", &text)
}
