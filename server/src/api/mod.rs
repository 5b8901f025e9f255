//! What is served on the port, as one router.

pub(crate) mod error;
mod files;
mod grpc;
pub(crate) mod public_url;
mod range;
pub(crate) mod rest;
mod shown;

#[cfg(test)]
pub(crate) use grpc::SERVED;

use std::sync::Arc;

use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use tonic::Status;

use crate::oauth;
use crate::server::App;

/// Every route. gRPC calls to services that are not here answer UNIMPLEMENTED.
pub(crate) fn router(app: &Arc<App>) -> axum::Router {
    let services = grpc::services(app);
    let login = if app.access.is_on() { oauth::router(app) } else { axum::Router::new() };
    axum::Router::new()
        .merge(login)
        .route("/healthcheck", get(|| async {}))
        .merge(files::router(app))
        .merge(rest::router(app, services.clone()))
        .merge(grpc::router(app, services))
}

/// A refusal of a request that is no gRPC, in the form that its headers ask for.
pub(crate) fn refusal(asked: &HeaderMap, status: &Status) -> Response {
    rest::refusal(asked, status)
}
