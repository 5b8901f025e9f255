//! `GET /api/v1/logs/PROJECT/DOMAIN/EXECUTION/NODE/ATTEMPT?offset=N`: a task's log while it grows.
//!
//! The body is what stands from byte N on. `x-log-next-offset` says where to read on, and
//! `x-log-complete` whether that will ever give more.

use aileron_crd::ExecutionId;
use aileron_propeller::local::logs::{AttemptId, LogChunk, LogError, LogReader};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use serde::Deserialize;

/// Where in a log to begin.
#[derive(Deserialize)]
pub(crate) struct From {
    /// First byte to read.
    #[serde(default)]
    pub(crate) offset: u64,
}

/// The route of logs.
pub(crate) fn router(reader: LogReader) -> Router {
    Router::new()
        .route("/api/v1/logs/{project}/{domain}/{execution}/{node}/{attempt}", get(read))
        .with_state(reader)
}

async fn read(
    State(reader): State<LogReader>,
    Path((project, domain, name, node, attempt)): Path<(String, String, String, String, u32)>,
    Query(from): Query<From>,
) -> Response {
    let id = AttemptId { execution: ExecutionId { project, domain, name }, node, attempt };
    match reader.read(&id, from.offset).await {
        Ok(LogChunk { bytes, next_offset, complete }) => text(bytes, next_offset, complete),
        Err(error @ LogError::NotFound { .. }) => {
            (StatusCode::NOT_FOUND, format!("{error}\n")).into_response()
        }
        Err(error @ LogError::Read(_)) => {
            tracing::error!(?error, ?id, "failed to read a log");
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response()
        }
    }
}

/// A part of a log: where to read on, and whether that will ever give more.
pub(crate) fn text(bytes: Vec<u8>, next_offset: u64, complete: bool) -> Response {
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/plain; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL.as_str(), "no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS.as_str(), "nosniff".to_owned()),
        ("x-log-next-offset", next_offset.to_string()),
        ("x-log-complete", complete.to_string()),
    ];
    (headers, bytes).into_response()
}
