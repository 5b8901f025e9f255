//! Pages without scripts: one frame, and what stands in it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:15vh auto;padding:0 1rem;\
color:#1b1f24;background:#fff}h1{font-size:1.4rem}label{display:block;margin:.8rem 0 .2rem}input{width:100%;\
box-sizing:border-box;font:inherit;padding:.4rem;border:1px solid #6b7280;border-radius:.3rem}button{font:inherit;\
margin:1.2rem .6rem 0 0;padding:.4rem 1.1rem;border:1px solid #1d4ed8;border-radius:.3rem;background:#1d4ed8;color:#fff}\
button.other{background:#fff;color:#1d4ed8}.wrong{color:#b91c1c}@media(prefers-color-scheme:dark){body{color:#e5e7eb;\
background:#111827}input{background:#1f2937;color:#e5e7eb}.wrong{color:#fca5a5}}";

/// What a page of ours may: send its form here, and from here on to a command line that waits on the person's machine.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' http://localhost:* http://127.0.0.1:*; \
         frame-ancestors 'none'; base-uri 'none'"
    )
});

/// A text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A page with a heading; the body is HTML.
pub(super) fn page(status: StatusCode, heading: &str, body: &str) -> Response {
    let mut text = String::new();
    let heading = escaped(heading);
    // Writing to a text cannot fail.
    let _ = write!(
        text,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{heading} - Aileron</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body><main>\
         <h1>{heading}</h1>{body}</main></body></html>"
    );
    let mut response = (status, Html(text)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if let Ok(policy) = HeaderValue::from_str(&POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A page that only tells something.
pub(super) fn told(heading: &str, text: &str) -> Response {
    page(StatusCode::OK, heading, &format!("<p>{}</p>", escaped(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_one() {
        assert_eq!(escaped("<a href='x'>\"&"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    }
}
