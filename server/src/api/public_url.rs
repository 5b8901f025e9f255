//! By which name a client reached us: URLs that we hand out must work for that client.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{Extensions, HeaderMap, Uri};

use crate::front::Connection;
use crate::server::App;

/// Scheme, host and port of the server as the client sees it.
#[derive(Clone, Debug)]
pub(crate) struct PublicUrl(pub(crate) String);

/// Notes the name in the request, where gRPC and REST handlers find it.
pub(crate) async fn remember(mut request: Request, next: Next) -> Response {
    if let Some(url) = of(request.uri(), request.headers(), request.extensions()) {
        request.extensions_mut().insert(PublicUrl(url));
    }
    next.run(request).await
}

/// What URLs for the sender of a call begin with.
pub(crate) fn base<T>(app: &App, request: &tonic::Request<T>) -> String {
    let seen = request.extensions().get::<PublicUrl>();
    seen.map_or_else(|| app.settings.public_url.clone(), |url| url.0.clone())
}

/// The origin of our pages, as the sender of a request sees it.
pub(crate) fn origin(app: &App, parts: &Parts) -> String {
    of(&parts.uri, &parts.headers, &parts.extensions).unwrap_or_else(|| app.settings.public_url.clone())
}

/// HTTP/2 has the name in the URI, HTTP/1 in a header; a proxy that ends TLS says so in another.
fn of(uri: &Uri, headers: &HeaderMap, extensions: &Extensions) -> Option<String> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let authority = match uri.authority() {
        Some(authority) => authority.clone(),
        None => header(HOST.as_str())?.parse::<Authority>().ok()?,
    };
    let in_tls = extensions.get::<Connection>().is_some_and(|connection| connection.tls);
    let scheme = if in_tls || header("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    Some(format!("{scheme}://{}", authority.as_str().rsplit('@').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn the_client_says_by_which_name_it_came() {
        let request = |uri: &str, headers: &[(&str, &str)]| {
            let builder = Request::builder().uri(uri);
            let builder =
                headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
            let request = builder.body(Body::empty()).unwrap();
            of(request.uri(), request.headers(), request.extensions())
        };
        assert_eq!(request("/x", &[("host", "a:1")]).as_deref(), Some("http://a:1"));
        assert_eq!(request("http://b:2/x", &[]).as_deref(), Some("http://b:2"));
        assert_eq!(
            request("/x", &[("host", "a"), ("x-forwarded-proto", "https")]).as_deref(),
            Some("https://a")
        );
        assert_eq!(request("/x", &[("host", "a b")]), None);
        assert_eq!(request("/x", &[]), None);
    }
}
