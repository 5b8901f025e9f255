//! `/logout`: ends a browser's session, and that at the provider elsewhere by which it was begun.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderValue, header};

use super::{external, page, redirect, refusal};
use crate::access::mode::Mode;
use crate::api::public_url;
use crate::identity::session::{self, Cookie, cookie, set_cookie};
use crate::server::App;

/// Ends the session. A page of another site that leads here ends nothing.
pub(super) async fn logout(State(app): State<Arc<App>>, parts: Parts) -> Response {
    let origin = public_url::origin(&app, &parts);
    let tls = origin.starts_with("https://");
    let site = parts.headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if matches!(site, Some("cross-site" | "same-site")) {
        return page::told(
            "Not logged out",
            "Another site has led here. Log out by the console's own button.",
        );
    }
    let ended = match cookie(&parts.headers, Cookie::Session.name(tls)) {
        Some(secret) => session::end(&app, secret).await,
        None => Ok(None),
    };
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => return refusal::page(&error.into()),
    };
    let target = redirect::asked(&parts, &origin);
    let mut response = match &ended {
        Some(ended) => led_on(&app, &ended.id_token, &target).await,
        None => Redirect::to(&target).into_response(),
    };
    let removed = set_cookie(Cookie::Session.name(tls), "", tls, 0);
    let asks_again = matches!(app.access.mode, Mode::External(_)) && ended.is_some();
    let left = asks_again.then(|| set_cookie(Cookie::Left.name(tls), "1", tls, session::LONGEST)).flatten();
    for cookie in removed.into_iter().chain(left) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Leads on: to the provider, whose session ends there, where it has such a page. That is a page of ours which leads
/// on by itself, as a page that sends a form to us may keep it from being answered by another site's address.
async fn led_on(app: &App, id_token: &str, target: &str) -> Response {
    let Some(url) = external::end_session(app, id_token).await else {
        return Redirect::to(target).into_response();
    };
    let link = page::escaped(url.as_str());
    let body = format!(
        "<p>Your session here has ended. <a href=\"{link}\">End it at the identity provider too</a></p>"
    );
    let mut response = page::page(http::StatusCode::OK, "Logged out", &body);
    if let Ok(value) = HeaderValue::from_str(&format!("0; url={url}")) {
        response.headers_mut().insert(header::REFRESH, value);
    }
    response
}
