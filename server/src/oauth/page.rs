//! Pages without scripts: one frame, and what stands in it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

/// The console's colours: a page before it looks like those behind it.
const STYLE: &str = ":root{color-scheme:light dark}body{margin:0;padding:0 1rem;font:15px/1.5 system-ui,sans-serif;\
color:light-dark(#18202b,#e6eaf0);background:light-dark(#f5f6f8,#0f1216)}main{max-width:21rem;margin:14vh auto;\
padding:1.6rem 1.8rem 1.8rem;background:light-dark(#fff,#171b21);border:1px solid light-dark(#e1e5ea,#282e38);\
border-radius:12px;box-shadow:0 8px 28px rgb(16 24 40/8%)}h1{margin:0 0 .4rem;font-size:1.3rem}label{display:block;\
margin:.9rem 0 .25rem;font-weight:550}input{width:100%;box-sizing:border-box;font:inherit;color:inherit;padding:.45rem .6rem;\
background:light-dark(#fff,#12161b);border:1px solid light-dark(#8a94a3,#5a6475);border-radius:6px}\
button{font:inherit;font-weight:600;margin:1.3rem .6rem 0 0;padding:.45rem 1.2rem;border:1px solid #3257d6;border-radius:6px;\
background:#3257d6;color:#fff;cursor:pointer}button.other{background:none;color:light-dark(#2f55d4,#8aa6ff)}\
:focus-visible{outline:2px solid light-dark(#2f55d4,#8aa6ff);outline-offset:1px}\
.wrong{margin:.4rem 0;color:light-dark(#b0231b,#ff8f86)}";

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
