//! Which pages of other origins may call.

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// The origins that were given. When none was: all where there are no cookies to protect, else our own pages alone.
pub(super) fn layer(origins: &[String], has_callers: bool) -> CorsLayer {
    let given = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let origins = if origins.is_empty() && !has_callers {
        AllowOrigin::mirror_request()
    } else {
        AllowOrigin::list(given)
    };
    let exposed = [
        "grpc-status",
        "grpc-message",
        "grpc-status-details-bin",
        "x-request-id",
        "x-log-next-offset",
        "x-log-complete",
    ];
    let exposed = exposed.map(HeaderName::from_static).into_iter();
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::DELETE, Method::HEAD, Method::PUT, Method::PATCH])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
        .expose_headers(exposed.chain([header::CONTENT_TYPE, header::RETRY_AFTER]).collect::<Vec<_>>())
}
