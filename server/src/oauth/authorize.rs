//! `/oauth2/authorize`: a code for who is logged in, by PKCE.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use url::Url;

use super::forms::Fields;
use super::{PUBLIC_CLIENT, page, redirect, refusal};
use crate::access::Caller;
use crate::access::caller::Who;
use crate::clock;
use crate::error::ServiceError;
use crate::identity::secret;
use crate::server::App;
use crate::store::grants::{self, GrantRow, Kind};

/// How long a code counts, in seconds.
const LIFE: i64 = 60;
/// Letters of a challenge by S256.
const CHALLENGE: usize = 43;
/// Fields that may come once.
const ONCE: [&str; 6] =
    ["client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method"];

/// What a code was given for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Authorized {
    pub(super) user: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
}

/// Gives a code to the client that waits at the redirect address, or first lets the person log in.
pub(super) async fn authorize(State(app): State<Arc<App>>, parts: Parts) -> Response {
    let query = parts.uri.query().unwrap_or_default();
    let fields = Fields::new(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect());
    let target = match client(&fields) {
        Ok(target) => target,
        Err(problem) => {
            // Nothing is sent to an address that nobody has agreed to.
            return page::page(
                StatusCode::BAD_REQUEST,
                "This cannot be authorised",
                &format!("<p>{problem}</p>"),
            );
        }
    };
    let state = fields.get("state").to_owned();
    if let Err((error, description)) = check(&fields) {
        return led(&app, target, &[("error", error), ("error_description", description), ("state", &state)]);
    }
    let caller = match app.session(&parts).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return to_login(query),
        Err(error) => return refusal::page(&error),
    };
    match app.give_code(&caller, &fields).await {
        Ok(code) => led(&app, target, &[("code", &code), ("state", &state)]),
        Err(error) => refusal::page(&error),
    }
}

/// The address that the client waits at.
fn client(fields: &Fields) -> Result<Url, &'static str> {
    if fields.repeats(&ONCE) {
        return Err("A field comes twice.");
    }
    if fields.get("client_id") != PUBLIC_CLIENT {
        return Err("No client of this name logs people in here.");
    }
    let given = fields.get("redirect_uri");
    let url = Url::parse(given).ok().filter(|_| redirect::is_of_command_line(given));
    url.ok_or("Codes are sent to http://localhost:PORT/callback alone.")
}

/// What is wrong with a request of a known client.
fn check(fields: &Fields) -> Result<(), (&'static str, &'static str)> {
    let challenge = fields.get("code_challenge");
    let is_challenge = challenge.len() == CHALLENGE
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fields.get("response_type") != "code" {
        Err(("unsupported_response_type", "only codes are given"))
    } else if fields.get("code_challenge_method") != "S256" || !is_challenge {
        Err(("invalid_request", "a code needs PKCE: a code_challenge by S256"))
    } else {
        Ok(())
    }
}

/// Leads the browser to the client, and names who does: clients of several servers tell answers apart by it.
fn led(app: &App, mut target: Url, answer: &[(&str, &str)]) -> Response {
    let given = answer.iter().filter(|(name, value)| *name != "state" || !value.is_empty());
    target.query_pairs_mut().extend_pairs(given).append_pair("iss", &app.access.url);
    Redirect::to(target.as_str()).into_response()
}

fn to_login(query: &str) -> Response {
    let back = format!("/oauth2/authorize?{query}");
    let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    Redirect::to(&format!("/login?redirect_url={back}")).into_response()
}

impl App {
    async fn give_code(&self, caller: &Caller, fields: &Fields) -> Result<String, ServiceError> {
        let Who::Person(user) = &caller.who else {
            return Err(ServiceError::Unauthenticated("only people authorise".to_owned()));
        };
        let code = secret::fresh();
        let content = Authorized {
            user: user.clone(),
            redirect_uri: fields.get("redirect_uri").to_owned(),
            challenge: fields.get("code_challenge").to_owned(),
        };
        let grant = GrantRow {
            secret_hash: secret::digest(&code),
            // What comes of the code ends with it, when somebody uses it twice.
            family: secret::fresh(),
            code: String::new(),
            content: serde_json::json!(content).to_string(),
            expires_at: clock::now_seconds() + LIFE,
            used_at: None,
        };
        let kept: Result<(), ServiceError> = self
            .store
            .write(move |db| Box::pin(async move { Ok(grants::insert(db, Kind::Code, &grant).await?) }))
            .await;
        kept.map(|()| code)
    }
}
