//! The console's files, compiled into the binary; a debug binary reads them from `dist/` whenever they are asked for.
//!
//! Every path below `/console/` that is not a file is a page. The pages are four programs, each with an index of its own:
//! which one a path gets is the rule of `Page::program` in `console/src/model/route.rs`. Files with a hash in their name, or in that of their folder, never
//! change and may be kept for ever. Brotli siblings (`.br`) are made
//! when the console is built, so nothing is compressed while serving.

mod policy;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, Uri, header};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../dist"]
#[allow_missing = true]
struct Files;

/// Lists, names and versions.
const LISTS: &str = "console/index.html";
/// What keeps the workbench for when there is no server: browsers ask for it by this very name.
const OFFLINE: &str = "workbench/offline.js";
/// Pages with a graph: one execution, one version of a workflow.
const RUN: &str = "run/index.html";
/// Forms: launches, answers to signals.
const LAUNCH: &str = "launch/index.html";
const WORKBENCH: &str = "workbench/index.html";
const NOT_BUILT: &str =
    "This binary was built without the console. Run `cargo xtask console`, then build it again.\n";

/// The routes of the console; `/` leads there.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/console/") }))
        .route("/console", get(|| async { Redirect::temporary("/console/") }))
        .route("/console/", get(|headers: HeaderMap| async move { answer(LISTS, &headers) }))
        .route("/console/workbench", get(|headers: HeaderMap| async move { answer(WORKBENCH, &headers) }))
        .route("/console/{*path}", get(file_or_page))
}

async fn file_or_page(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    // A name in a page's path may have a slash in it, which is encoded there.
    let page = uri.path().strip_prefix("/console/").unwrap_or_default();
    let name = if Files::get(&path).is_some() { path.as_str() } else { index(page) };
    answer(name, &headers)
}

/// The index of a page, by its path below `/console/` as it was sent.
fn index(path: &str) -> &'static str {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let ["projects", _, "domains", _, page @ ..] = parts.as_slice() else { return LISTS };
    match page {
        ["executions", _] | ["workflows" | "workflow", _, _] | ["workflows" | "workflow", _, _, _] => RUN,
        ["launch"] | ["executions", _, "signals", _] => LAUNCH,
        _ => LISTS,
    }
}

fn answer(name: &str, headers: &HeaderMap) -> Response {
    let compressed = accepts_brotli(headers).then(|| Files::get(&format!("{name}.br"))).flatten();
    let encoded = compressed.is_some();
    match compressed.or_else(|| Files::get(name)) {
        Some(file) => file_response(name, file, encoded),
        None => (StatusCode::NOT_FOUND, NOT_BUILT).into_response(),
    }
}

/// What a file may do in a browser, as `Content-Security-Policy`; `None` for what does nothing.
fn policy_of(name: &str) -> Option<String> {
    if name.ends_with(".js") {
        return Some(policy::OF_SCRIPTS.to_owned());
    }
    let page = name.ends_with("index.html").then(|| Files::get(name)).flatten()?;
    Some(policy::of_page(&String::from_utf8_lossy(&page.data), name == WORKBENCH))
}

fn file_response(name: &str, file: EmbeddedFile, encoded: bool) -> Response {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let is_asked_again = name.ends_with("index.html") || name == OFFLINE || name.ends_with(".webmanifest");
    let keep = if is_asked_again { "no-cache" } else { "public, max-age=31536000, immutable" };
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, kind.as_ref())
        .header(header::CACHE_CONTROL, keep)
        .header(header::VARY, "accept-encoding")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if let Some(policy) = policy_of(name) {
        response = response.header(header::CONTENT_SECURITY_POLICY, policy);
    }
    if name.ends_with("index.html") {
        response = response
            .header(header::X_FRAME_OPTIONS, "DENY")
            .header(header::REFERRER_POLICY, "no-referrer")
            .header("cross-origin-opener-policy", "same-origin");
    }
    if encoded {
        response = response.header(header::CONTENT_ENCODING, "br");
    }
    if name == OFFLINE {
        // The page's address is above the folder that the program lies in.
        response = response.header("service-worker-allowed", "/console/workbench");
    }
    response
        .body(Body::from(file.data.into_owned()))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn accepts_brotli(headers: &HeaderMap) -> bool {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|part| part.split(';').next().is_some_and(|name| name.trim() == "br"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower::ServiceExt;

    async fn status_of(path: &str) -> (StatusCode, HeaderMap) {
        let request = http::Request::get(path).body(Body::empty()).unwrap();
        let response = router().oneshot(request).await.unwrap();
        (response.status(), response.headers().clone())
    }

    #[tokio::test]
    async fn the_root_leads_to_the_console() {
        let (status, headers) = status_of("/").await;
        assert_eq!(status, StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(headers[header::LOCATION], "/console/");
    }

    #[tokio::test]
    async fn every_page_is_the_index_or_says_what_is_missing() {
        let expected = if Files::get(LISTS).is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
        for path in ["/console/", "/console/workbench", "/console/projects/p/domains/d/executions/x"] {
            assert_eq!(status_of(path).await.0, expected, "{path}");
        }
    }

    #[tokio::test]
    async fn what_keeps_the_workbench_is_asked_for_again_each_time() {
        if Files::get(OFFLINE).is_none() {
            return;
        }
        let (_, headers) = status_of("/console/workbench/offline.js").await;
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        assert_eq!(headers["service-worker-allowed"], "/console/workbench");
    }

    #[tokio::test]
    async fn a_page_runs_only_what_it_came_with() {
        if Files::get(LISTS).is_none() {
            return;
        }
        for (path, anywhere) in [("/console/", false), ("/console/workbench", true)] {
            let (_, headers) = status_of(path).await;
            let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            let scripts = policy.split("; ").find(|part| part.starts_with("script-src")).unwrap();
            assert!(scripts.starts_with("script-src 'self' 'wasm-unsafe-eval' 'sha256-"), "{scripts}");
            assert!(!scripts.contains("'unsafe-inline'") && !scripts.contains("'unsafe-eval'"), "{scripts}");
            assert_eq!(policy.contains("connect-src 'self' https:"), anywhere, "{policy}");
        }
    }

    #[test]
    fn a_page_gets_the_index_of_its_program() {
        let of = |page: &str| index(&format!("projects/p/domains/d/{page}"));
        for page in
            ["executions/x", "workflows/a.b/version/v1", "workflow/a.b/v1", "workflows/a%2Fb/version/v1"]
        {
            assert_eq!(of(page), RUN, "{page}");
        }
        for page in ["launch", "executions/x/signals/s"] {
            assert_eq!(of(page), LAUNCH, "{page}");
        }
        for page in ["executions", "workflows", "workflows/a.b", "tasks/a.b/version/v1", "gates", ""] {
            assert_eq!(of(page), LISTS, "{page}");
        }
    }

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        let headers = |text: &str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, text.parse().unwrap())]);
        assert!(accepts_brotli(&headers("gzip, deflate, br;q=0.9")));
        assert!(!accepts_brotli(&headers("gzip, brotli")));
        assert!(!accepts_brotli(&HeaderMap::new()));
    }
}
