//! `PUT /upload/...` and `GET /download/...`: the far ends of signed URLs.

use std::sync::Arc;

use aileron_storage::{Object, StorageError};
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

use super::error::{code, plain_http_status};
use super::range;
use crate::error::ServiceError;
use crate::server::App;
use crate::service::transfer::{Announced, SignedRequest};

/// What an object may do that a browser shows: its own scripts, apart from every page of ours, without cookies, without asking
/// any server.
const POLICY: &str = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' https:; \
     style-src 'unsafe-inline' https:; img-src data: blob: https:; font-src data: https:; media-src data: blob:; \
     form-action 'none'; base-uri 'none'";

/// Bytes of a refused body that are read, so that its sender gets to read the answer.
const DRAINED: usize = 16 << 20;

/// The routes of file transfer.
pub(super) fn router(app: &Arc<App>) -> Router {
    Router::new()
        .route("/upload/{*key}", put(upload))
        .route("/download/{*key}", get(download))
        .with_state(app.clone())
}

async fn upload(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let announced = announced(request.headers());
    let mut body = request.into_body().into_data_stream();
    let stored = match signed_request(key, &query) {
        Ok(signed) => app.upload(&signed, &announced, &mut body).await,
        Err(error) => Err(error),
    };
    match stored {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => {
            let mut left = DRAINED;
            while let (1.., Some(Ok(chunk))) = (left, body.next().await) {
                left = left.saturating_sub(chunk.len());
            }
            refused(&error)
        }
    }
}

async fn download(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Response {
    let content_type =
        if key.ends_with(".html") { "text/html; charset=utf-8" } else { "application/octet-stream" };
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let found = match signed_request(key, &query) {
        Ok(signed) => app.download(&signed, range::part(asked)).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(object) => sent(object, content_type),
        Err(error) => refused(&error),
    }
}

/// The object, or the part of it that was asked for. A deck is made by a task: it may not act as one of
/// our own pages.
fn sent(object: Object, content_type: &'static str) -> Response {
    let (range, size) = (object.range, object.entry.size);
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, content_type)
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_LENGTH, range.end - range.start);
    if range.end - range.start < size {
        let last = range.end.saturating_sub(1);
        response = response
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, format!("bytes {}-{last}/{size}", range.start));
    }
    let response = response.body(Body::from_stream(object.bytes));
    response.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn signed_request(key: String, query: &[(String, String)]) -> Result<SignedRequest, ServiceError> {
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let expires = value("expires").ok_or_else(|| ServiceError::Missing("expires".to_owned()))?;
    Ok(SignedRequest {
        key,
        md5: value("md5").unwrap_or_default(),
        expires: expires
            .parse()
            .map_err(|_| ServiceError::invalid("expires", &expires, "it is not a number"))?,
        signature: value("signature").ok_or_else(|| ServiceError::Missing("signature".to_owned()))?,
    })
}

fn announced(headers: &HeaderMap) -> Announced {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Announced {
        md5: text("content-md5").map(str::to_owned),
        length: text(header::CONTENT_LENGTH.as_str()).and_then(|length| length.parse().ok()),
    }
}

fn refused(error: &ServiceError) -> Response {
    let status = plain_http_status(error);
    let body = json!({ "code": code(error) as i32, "message": error.full_text(), "details": [] });
    let mut response = (status, Json(body)).into_response();
    if let ServiceError::Storage(error) = error
        && let StorageError::Range { size, .. } = **error
        && let Ok(whole) = HeaderValue::from_str(&format!("bytes */{size}"))
    {
        response.headers_mut().insert(header::CONTENT_RANGE, whole);
    }
    response
}
