//! Logging in: browsers by a session's cookie, programs and command lines by tokens.
//!
//! Where this server keeps the passwords it is an authorisation server, for those who have none: [`authorize`] gives codes
//! to who is logged in, [`token`] exchanges codes, refresh tokens, devices' codes and clients' secrets for tokens, [`device`]
//! lets a person approve what runs where there is no browser. Where an identity provider elsewhere does, clients go to it
//! directly, and [`external`] alone is here: the console's login. [`logout`] ends a browser's session, and the provider's.
//!
//! What it deliberately lacks: registering by request, the implicit grant, passwords as a grant, clients of others.

mod authorize;
mod device;
mod external;
mod forms;
mod login;
mod logout;
mod page;
pub(crate) mod redirect;
mod refusal;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header;

use crate::access::mode::Mode;
use crate::server::App;

/// The client that command lines log people in by. It has no secret, and gets codes at loopback addresses alone.
pub(crate) const PUBLIC_CLIENT: &str = "flytectl";
/// Scopes say nothing here, as roles do; these are the names that clients ask for.
pub(crate) const SCOPES: [&str; 2] = ["all", "offline"];
/// The grants that there are, as requests name them.
pub(crate) const GRANTS: [&str; 4] = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:device_code",
];
/// Largest form that is read, in bytes.
const LARGEST_FORM: usize = 64 << 10;
/// Where a login leads that does not say.
const HOME: &str = "/console/";

/// The routes of logging in, as callers are told apart.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let routes = match &app.access.mode {
        Mode::Off => Router::new(),
        Mode::BuiltIn { .. } => Router::new()
            .route("/login", get(login::form).post(login::login))
            .route("/oauth2/authorize", get(authorize::authorize))
            .route("/oauth2/token", post(token::token))
            .route("/oauth2/revoke", post(token::revoke))
            .route("/oauth2/device_authorization", post(device::begin))
            .route("/oauth2/jwks", get(jwks))
            .route("/device", get(device::form).post(device::decide)),
        Mode::External(_) => {
            Router::new().route("/login", get(external::login)).route("/callback", get(external::callback))
        }
    };
    let routes = routes.route("/logout", get(logout::logout).post(logout::logout));
    routes.layer(DefaultBodyLimit::max(LARGEST_FORM)).with_state(app.clone())
}

async fn jwks(State(app): State<Arc<App>>) -> Response {
    match &app.access.mode {
        Mode::BuiltIn { keys, .. } => {
            let headers =
                [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "max-age=300")];
            (headers, keys.jwks().to_string()).into_response()
        }
        Mode::Off | Mode::External(_) => http::StatusCode::NOT_FOUND.into_response(),
    }
}
