//! The layer around every route: finds out who calls, or refuses before anything is read.
//!
//! What is public is listed here. All else needs a caller that is known; which right it needs is asked for by the gRPC
//! services, or by the door of the route.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};
use tonic::Status;

use super::issuer::IdentityError;
use super::session::Cookie;
use super::verifier::TokenError;
use super::{cross_site, session};
use crate::access::Caller;
use crate::api::public_url;
use crate::error::ServiceError;
use crate::front::{Connection, refuse};
use crate::server::App;
use crate::store::audit::Record;

/// The headers that a token may come in, the one that is asked for first.
pub(crate) const TOKEN_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("flyte-authorization"), header::AUTHORIZATION];

/// Paths that anybody may ask: how to log in, the page itself, what a signature of the URL opens, and health.
const PUBLIC: [&str; 11] = [
    "/",
    "/healthcheck",
    "/console",
    "/login",
    "/callback",
    "/logout",
    "/device",
    "/config/v1/flyte_client",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/favicon.ico",
];
const PUBLIC_FOLDERS: [&str; 6] = [
    "/console/",
    "/oauth2/",
    "/upload/",
    "/download/",
    "/grpc.health.v1.Health/",
    "/flyteidl.service.AuthMetadataService/",
];

fn is_public(path: &str) -> bool {
    PUBLIC.contains(&path) || PUBLIC_FOLDERS.iter().any(|folder| path.starts_with(folder))
}

/// Lets a request through with its caller, or refuses it in the form that its sender reads.
///
/// Most callers are known by a token that was checked a moment ago. All else is a box beside that: what asks a database or a
/// provider would make each request's future a large one.
pub(crate) async fn authenticate(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    if !app.access.is_on() {
        return next.run(request).await;
    }
    let known = match app.remembered(&request) {
        Some(caller) => Ok(caller),
        None => Box::pin(app.find_out(&mut request)).await,
    };
    match known {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal,
    }
}

/// Whether a browser asks for a page that shows what only those see who are known. The workbench shows a person's own files
/// alone.
fn is_page(parts: &Parts) -> bool {
    let path = parts.uri.path();
    let is_of_console = path == "/" || path == "/console" || path.starts_with("/console/");
    let accepted =
        parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_shown = accepted.contains("text/html") && !path.starts_with("/console/workbench");
    is_of_console && is_shown && parts.method == http::Method::GET
}

/// Leads a browser to the login, and back here afterwards.
fn to_login(parts: &Parts) -> Response {
    let back = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    Redirect::to(&format!("/login?redirect_url={back}")).into_response()
}

/// Where a request comes from.
pub(crate) fn address(parts: &Parts) -> Option<IpAddr> {
    address_in(&parts.extensions)
}

fn address_in(extensions: &Extensions) -> Option<IpAddr> {
    Some(extensions.get::<Connection>()?.peer?.ip())
}

async fn refused(app: &App, parts: &Parts, error: ServiceError, address: Option<IpAddr>) -> Response {
    // Who shows nothing is told to log in; that is every client's first call and no attack.
    if matches!(error, ServiceError::BadToken(_) | ServiceError::CrossSite(_)) {
        let caller = Caller { address, ..Caller::nobody() };
        app.note(Record::new(&caller, parts.uri.path()).with(&error)).await;
    }
    let status = Status::from(error);
    let mut response = refuse(&parts.headers, &status);
    if status.code() == tonic::Code::Unauthenticated {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

impl App {
    /// Who sends a request by a token that was checked a moment ago, if nothing else is to be found out: neither is what
    /// it asks for anybody's, nor has its sender used up what a caller may ask for.
    fn remembered(&self, request: &Request) -> Option<Arc<Caller>> {
        if is_public(request.uri().path()) {
            return None;
        }
        let caller = self.access.tokens.get(token(request.headers()).ok()??)?;
        let caller = from(address_in(request.extensions()), caller);
        self.access.limits.check(&caller).is_ok().then_some(caller)
    }

    /// Who sends a request, or the answer that refuses it.
    async fn find_out(&self, request: &mut Request) -> Result<Arc<Caller>, Response> {
        let (parts, body) = std::mem::take(request).into_parts();
        let known = self.known(&parts).await;
        *request = Request::from_parts(parts, body);
        known
    }

    async fn known(&self, parts: &Parts) -> Result<Arc<Caller>, Response> {
        if is_page(parts) && matches!(self.session(parts).await, Ok(None)) {
            return Err(to_login(parts));
        }
        let is_public = is_public(parts.uri.path());
        let known = if is_public { Ok(Arc::new(Caller::nobody())) } else { self.caller(parts).await };
        let caller = match known {
            Ok(caller) => from(address(parts), caller),
            Err(error) => return Err(refused(self, parts, error, address(parts)).await),
        };
        match self.access.limits.check(&caller) {
            Ok(()) => Ok(caller),
            Err(wait) => Err(refuse(&parts.headers, &wait)),
        }
    }

    /// Who sends a request: by a token, else by a certificate, else by a cookie.
    async fn caller(&self, parts: &Parts) -> Result<Arc<Caller>, ServiceError> {
        if let Some(token) = token(&parts.headers)? {
            return match self.access.tokens.get(token) {
                Some(known) => Ok(known),
                None => self.access.identify(self, token, address(parts)).await.map_err(unknown),
            };
        }
        if let Some(part) = parts.extensions.get::<Connection>().and_then(|at| at.part.as_deref()) {
            return Ok(Arc::new(Caller::part(part)));
        }
        if let Some(caller) = self.session(parts).await? {
            let origin = public_url::origin(self, parts);
            cross_site::check(parts, &origin).map_err(ServiceError::CrossSite)?;
            return Ok(Arc::new(caller));
        }
        Err(ServiceError::Unauthenticated(
            "this needs to know who calls: log in, or send a token in `authorization` or `flyte-authorization`"
                .to_owned(),
        ))
    }

    /// Whose session a browser's cookie names.
    pub(crate) async fn session(&self, parts: &Parts) -> Result<Option<Caller>, ServiceError> {
        let tls = public_url::origin(self, parts).starts_with("https://");
        let Some(secret) = session::cookie(&parts.headers, Cookie::Session.name(tls)) else {
            return Ok(None);
        };
        let Some(caller) = session::find(self, secret).await? else { return Ok(None) };
        Ok(self.access.still(self, caller).await?)
    }
}

/// The caller, calling from there.
fn from(address: Option<IpAddr>, caller: Arc<Caller>) -> Arc<Caller> {
    if caller.address == address {
        return caller;
    }
    Arc::new(Caller { address, ..Caller::clone(&caller) })
}

fn unknown(error: IdentityError) -> ServiceError {
    match error {
        IdentityError::Token(error) => ServiceError::BadToken(error.to_string()),
        IdentityError::Outgoing(error) => {
            tracing::warn!(%error, "tokens cannot be checked");
            let hint =
                "tokens cannot be checked now: the identity provider does not answer; try again in a moment";
            ServiceError::DataPlane(hint.to_owned())
        }
        IdentityError::Store(error) => error.into(),
    }
}

/// The token of a request, if it has one. Two that differ are one too many.
fn token(headers: &HeaderMap) -> Result<Option<&str>, ServiceError> {
    let bad = |error: TokenError| ServiceError::BadToken(error.to_string());
    let mut found: Option<&str> = None;
    for name in TOKEN_HEADERS {
        for value in headers.get_all(name) {
            let text = value.to_str().map_err(|_| bad(TokenError::Form("it has what no token has")))?;
            let (scheme, token) = text.trim().split_once(' ').unwrap_or((text, ""));
            if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
                return Err(bad(TokenError::Form("write `Bearer`, a blank and the token")));
            }
            match found {
                Some(known) if known != token.trim() => {
                    return Err(bad(TokenError::Form("two that differ were sent")));
                }
                _ => found = Some(token.trim()),
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_comes_in_either_header() {
        let found = |pairs: &[(&'static str, &str)]| {
            token(&headers(pairs)).map(|token| token.map(str::to_owned)).ok()
        };
        assert_eq!(found(&[]), Some(None));
        for pairs in [
            vec![("authorization", "Bearer a.b.c")],
            vec![("flyte-authorization", "bearer a.b.c")],
            vec![("flyte-authorization", "BEARER  a.b.c "), ("authorization", "Bearer a.b.c")],
        ] {
            assert_eq!(found(&pairs), Some(Some("a.b.c".to_owned())), "{pairs:?}");
        }
        for pairs in [
            vec![("authorization", "Bearer a"), ("flyte-authorization", "Bearer b")],
            vec![("authorization", "Bearer a"), ("authorization", "Bearer b")],
            vec![("authorization", "Basic a")],
            vec![("authorization", "IDToken a")],
            vec![("authorization", "Bearer")],
            vec![("authorization", "")],
        ] {
            assert_eq!(found(&pairs), None, "{pairs:?}");
        }
    }

    #[test]
    fn only_what_is_listed_is_public() {
        for path in ["/", "/console/x/y", "/oauth2/token", "/healthcheck", "/upload/a"] {
            assert!(is_public(path), "{path}");
        }
        for path in [
            "/api/v1/projects",
            "/me",
            "/metrics",
            "/consolex",
            "/flyteidl.service.AdminService/GetTask",
            "//",
            "",
        ] {
            assert!(!is_public(path), "{path}");
        }
    }
}
