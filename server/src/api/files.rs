//! `PUT /upload/...` and `GET /download/...`: the far ends of signed URLs.

use std::sync::Arc;

use aileron_storage::{Object, Part, StorageError};
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;

use super::error::{code, plain_http_status};
use super::range;
use super::shown::Shown;
use crate::error::ServiceError;
use crate::server::App;
use crate::service::transfer::{Announced, SignedRequest};

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
    let shown = Shown::asked(&query, &key);
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    // What something is added to has no parts.
    let part = if shown.tail().is_empty() { range::part(asked) } else { Part::Whole };
    let found = match signed_request(key, &query) {
        Ok(signed) => app.download(&signed, part).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(object) => sent(object, shown),
        Err(error) => refused(&error),
    }
}

/// The object, or the part of it that was asked for. A deck is made by a task: it may not act as one of
/// our own pages.
fn sent(object: Object, shown: Shown) -> Response {
    let (range, size, tail) = (object.range, object.entry.size, shown.tail());
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, shown.content_type())
        .header(header::CONTENT_SECURITY_POLICY, shown.policy())
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer")
        // A name that is looked up carries something away too.
        .header("x-dns-prefetch-control", "off")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CONTENT_LENGTH, range.end - range.start + tail.len() as u64);
    if range.end - range.start < size {
        let last = range.end.saturating_sub(1);
        response = response
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, format!("bytes {}-{last}/{size}", range.start));
    }
    let tail = stream::iter((!tail.is_empty()).then(|| Ok(Bytes::from_static(tail.as_bytes()))));
    let response = response.body(Body::from_stream(object.bytes.chain(tail)));
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
