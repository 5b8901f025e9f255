//! `GET /metrics`: what the parts count, in the text format of OpenMetrics.

use std::sync::Arc;

use aileron_propeller::local::LocalDriver;
use aileron_server::Server;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::process::Process;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

struct Scraped {
    registry: Registry,
    server: Server,
    /// The driver in this process, if there is one.
    driver: Option<LocalDriver>,
}

/// The route of metrics.
pub(crate) fn router(server: &Server, driver: Option<&LocalDriver>) -> Router {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Process));
    server.register_metrics(registry.sub_registry_with_prefix("aileron"));
    if let Some(driver) = driver {
        driver.register_metrics(registry.sub_registry_with_prefix("aileron_driver"));
    }
    let scraped = Scraped { registry, server: server.clone(), driver: driver.cloned() };
    Router::new().route("/metrics", get(scrape)).with_state(Arc::new(scraped))
}

async fn scrape(State(scraped): State<Arc<Scraped>>) -> Response {
    // A gauge that cannot be set shows what it was; the rest is worth more than none.
    if let Err(error) = scraped.server.sample_metrics().await {
        tracing::warn!(%error, "the gauges of the control plane are old");
    }
    if let Some(driver) = &scraped.driver
        && let Err(error) = driver.sample_metrics().await
    {
        tracing::warn!(%error, "the gauges of the driver are old");
    }
    let mut text = String::new();
    match encode(&mut text, &scraped.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}
