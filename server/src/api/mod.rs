//! What is served on the port, as one router.

pub(crate) mod error;
mod files;
mod grpc;
mod public_url;
mod rest;

use std::sync::Arc;

use axum::routing::get;
use http::{HeaderName, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::server::App;

/// Every route. gRPC calls to services that are not here answer UNIMPLEMENTED.
pub(crate) fn router(app: &Arc<App>) -> axum::Router {
    let services = grpc::services(app);
    axum::Router::new()
        .route("/healthcheck", get(|| async {}))
        .merge(files::router(app))
        .merge(rest::router(services.clone(), app.settings.max_message_size))
        .merge(grpc::router(services))
        .layer(axum::middleware::from_fn(public_url::remember))
        .layer(cors())
}

/// Pages from elsewhere may call: there are no cookies to protect.
fn cors() -> CorsLayer {
    let exposed = ["grpc-status", "grpc-message", "grpc-status-details-bin"].map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([Method::GET, Method::POST, Method::DELETE, Method::HEAD, Method::PUT, Method::PATCH])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
        .expose_headers(exposed.into_iter().chain([header::CONTENT_TYPE]).collect::<Vec<_>>())
}
