//! Whether a browser sends a request for a page of ours: cookies come along with requests of others' pages too.
//!
//! Browsers say where a request comes from, in headers that no page can set. Who sends a token of its own is asked
//! nothing here: no other page has it.

use http::request::Parts;
use http::{HeaderMap, Method, header};

/// Kinds of bodies that no page of others can send without asking first.
const ASKED_FIRST: [&str; 3] = ["application/json", "application/octet-stream", "application/grpc"];

/// Why a request with a cookie is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrossSite {
    /// The browser says so.
    #[error("the request comes from a page of another site")]
    Origin,
    /// It says nothing.
    #[error("a browser's request must say where it comes from")]
    Silent,
    /// Its body is one that other pages can send.
    #[error("a body of this type may come from another site; send application/json")]
    Body,
}

/// Refuses what changes something and was not sent by a page of this origin.
pub(crate) fn check(parts: &Parts, origin: &str) -> Result<(), CrossSite> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    check_origin(&parts.headers, origin)?;
    let kind = text(&parts.headers, header::CONTENT_TYPE.as_str());
    let fits = kind.is_none_or(|kind| ASKED_FIRST.iter().any(|known| kind.starts_with(known)));
    if fits { Ok(()) } else { Err(CrossSite::Body) }
}

/// Refuses what was not sent by a page of this origin.
pub(crate) fn check_origin(headers: &HeaderMap, origin: &str) -> Result<(), CrossSite> {
    let given = text(headers, header::ORIGIN.as_str());
    match (text(headers, "sec-fetch-site"), given) {
        (Some("same-origin"), _) => Ok(()),
        (Some(_), _) => Err(CrossSite::Origin),
        (None, Some(given)) if given == origin => Ok(()),
        (None, Some(_)) => Err(CrossSite::Origin),
        (None, None) => Err(CrossSite::Silent),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    // A value that is no text is one that nobody knows.
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://own.test";

    fn checked(method: &str, headers: &[(&str, &str)]) -> Result<(), CrossSite> {
        let builder = http::Request::builder().method(method).uri("/api/v1/projects");
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        check(&builder.body(()).unwrap().into_parts().0, OWN)
    }

    #[test]
    fn a_page_of_ours_may() {
        let json = ("content-type", "application/json; charset=utf-8");
        for headers in [
            vec![("sec-fetch-site", "same-origin"), json],
            vec![("origin", OWN), json],
            vec![("origin", OWN), ("content-type", "application/grpc-web+proto")],
            vec![("origin", OWN)],
        ] {
            assert_eq!(checked("POST", &headers), Ok(()), "{headers:?}");
        }
        assert_eq!(checked("GET", &[("sec-fetch-site", "cross-site")]), Ok(()));
    }

    #[test]
    fn others_may_not() {
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            for site in ["cross-site", "same-site", "none", "Same-Origin", ""] {
                let headers = [("sec-fetch-site", site), ("origin", OWN)];
                assert_eq!(checked(method, &headers), Err(CrossSite::Origin), "{method} {site}");
            }
            for origin in
                ["null", "https://own.test:8443", "http://own.test", "https://own.test.evil.test", ""]
            {
                assert_eq!(
                    checked(method, &[("origin", origin)]),
                    Err(CrossSite::Origin),
                    "{method} {origin}"
                );
            }
            assert_eq!(checked(method, &[]), Err(CrossSite::Silent), "{method}");
            for kind in
                ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
            {
                let headers = [("origin", OWN), ("content-type", kind)];
                assert_eq!(checked(method, &headers), Err(CrossSite::Body), "{method} {kind}");
            }
        }
    }
}
