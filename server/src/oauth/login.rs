//! `/login` where this server keeps the passwords: a form, and what it sends.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{StatusCode, header};

use super::forms::{self, Fields};
use super::{HOME, page, redirect, refusal};
use crate::access::Caller;
use crate::access::caller::{Via, Who};
use crate::api::public_url;
use crate::error::ServiceError;
use crate::identity::session::{self, Cookie};
use crate::identity::{authenticate, cross_site};
use crate::server::App;
use crate::store::audit::Record;
use crate::store::users;

/// Shows the form, or goes on where somebody is logged in already.
pub(super) async fn form(State(app): State<Arc<App>>, parts: Parts) -> Response {
    let origin = public_url::origin(&app, &parts);
    let target = redirect::asked(&parts, &origin);
    match app.session(&parts).await {
        Ok(Some(_)) => Redirect::to(&target).into_response(),
        Ok(None) => shown(StatusCode::OK, &target, ""),
        Err(error) => refusal::page(&error),
    }
}

fn shown(status: StatusCode, target: &str, wrong: &str) -> Response {
    let target = page::escaped(target);
    let wrong = if wrong.is_empty() {
        String::new()
    } else {
        format!("<p class=\"wrong\" role=\"alert\">{}</p>", page::escaped(wrong))
    };
    let body = format!(
        "{wrong}<form method=\"post\" action=\"/login\"><input type=\"hidden\" name=\"redirect_url\" \
         value=\"{target}\"><label for=\"user\">User</label><input id=\"user\" name=\"user\" \
         autocomplete=\"username\" required autofocus><label for=\"password\">Password</label><input id=\"password\" \
         name=\"password\" type=\"password\" autocomplete=\"current-password\" required><button>Log in</button></form>"
    );
    page::page(status, "Log in", &body)
}

/// Begins a session, if the password is right.
pub(super) async fn login(
    State(app): State<Arc<App>>,
    parts: Parts,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let origin = public_url::origin(&app, &parts);
    let tls = origin.starts_with("https://");
    // Nobody is logged in as somebody else by a page of another site.
    if let Err(error) = cross_site::check_origin(&parts.headers, &origin) {
        return refusal::page(&ServiceError::CrossSite(error));
    }
    let address = authenticate::address(&parts);
    let fields = match form {
        Ok(Form(fields)) => Fields::new(fields),
        Err(_) => return shown(StatusCode::BAD_REQUEST, HOME, "The form could not be read."),
    };
    let target = redirect::own(fields.get("redirect_url"), &origin).unwrap_or_else(|| HOME.to_owned());
    let user = fields.get("user").to_owned();
    let from = address.map(|at| at.to_string()).unwrap_or_default();
    let limits = &app.access.limits;
    let may = limits.check_tries(&format!("address:{from}"));
    if let Err(wait) = may.and_then(|()| limits.check_password(&format!("user:{user}"))) {
        return refusal::busy(&wait);
    }
    let caller = Caller { address, ..Caller::known(Who::Person(user.clone()), Via::Nothing) };
    let record = Record::new(&caller, "login");
    match app.logged_in(&user, fields.get("password").to_owned()).await {
        Ok(Some(caller)) => {
            app.note(record).await;
            begun(&app, &caller, String::new(), &target, tls).await
        }
        Ok(None) => {
            let refused = ServiceError::BadToken("wrong name or password".to_owned());
            app.note(record.with(&refused)).await;
            shown(StatusCode::UNAUTHORIZED, &target, "Wrong name or password.")
        }
        Err(error) => refusal::page(&error),
    }
}

/// Sets the cookie of a new session, begun by a provider's token or by none, and goes on.
pub(super) async fn begun(app: &App, caller: &Caller, id_token: String, target: &str, tls: bool) -> Response {
    let secret = match session::begin(app, caller, id_token).await {
        Ok(secret) => secret,
        Err(error) => return refusal::page(&error.into()),
    };
    let mut response = Redirect::to(target).into_response();
    if let Some(cookie) = session::set_cookie(Cookie::Session.name(tls), &secret, tls, session::LONGEST) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

impl App {
    /// The person of a name and a password. Who is not there, or is disabled, takes as long as who is.
    async fn logged_in(&self, name: &str, password: String) -> Result<Option<Caller>, ServiceError> {
        let user = users::find(self.store.readers(), name).await?.filter(|user| user.disabled == 0);
        let kept = user.as_ref().map(|user| user.password_hash.clone());
        let is_right = forms::is(password, kept).await;
        Ok(user.filter(|_| is_right).map(|user| Caller {
            groups: serde_json::from_str(&user.groups).unwrap_or_default(),
            name: user.full_name,
            email: user.email,
            ..Caller::known(Who::Person(user.name), Via::Cookie)
        }))
    }
}
