//! The device flow: what runs where there is no browser shows a code, and a person approves it in theirs.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use rand::Rng;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::forms::{self, Client, Fields};
use super::refusal::{self, Refusal};
use super::{page, redirect};
use crate::access::caller::Who;
use crate::api::public_url;
use crate::clock;
use crate::error::ServiceError;
use crate::identity::{cross_site, secret};
use crate::server::App;
use crate::store::audit::Record;
use crate::store::grants::{self, GrantRow, Kind};

/// How long a code counts, in seconds.
const LIFE: i64 = 600;
/// How long a device is asked to wait between two tries, in seconds.
const INTERVAL: u32 = 5;
/// Letters of a code: none that is taken for another, and no vowels, which make words.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;
/// What a device is told whose code was exchanged before.
pub(super) const SPENT: Refusal = Refusal::grant("the device's code was used");

/// How far a person is with a device.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Asked {
    Waits,
    Denied,
    Approved { user: String },
}

/// Gives a device its two codes.
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    match forms::client(&app, &headers, &Fields::new(fields)).await {
        Ok(Client::Public) => {}
        Ok(Client::Program(_)) => {
            return Refusal::new("unauthorized_client", "a program has a secret of its own").into_response();
        }
        Err(refusal) => return refusal.into_response(),
    }
    let (device_code, user_code) = (secret::fresh(), fresh_code());
    let grant = GrantRow {
        secret_hash: secret::digest(&device_code),
        family: String::new(),
        code: user_code.clone(),
        content: json!(Asked::Waits).to_string(),
        expires_at: clock::now_seconds() + LIFE,
        used_at: None,
    };
    let kept: Result<(), crate::store::StoreError> = app
        .store
        .write(move |db| Box::pin(async move { grants::insert(db, Kind::Device, &grant).await }))
        .await;
    if let Err(error) = kept {
        return Refusal::fault(&error).into_response();
    }
    let url = format!("{}/device", app.access.url);
    axum::Json(json!({
        "device_code": device_code, "user_code": user_code, "verification_uri": url,
        "verification_uri_complete": format!("{url}?user_code={user_code}"),
        "expires_in": LIFE, "interval": INTERVAL,
    }))
    .into_response()
}

fn fresh_code() -> String {
    let mut random = rand::rng();
    let letters = (0..LENGTH).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())]));
    let text: String = letters.collect();
    format!("{}-{}", &text[..LENGTH / 2], &text[LENGTH / 2..])
}

/// A code as it was given, however somebody has typed it.
fn tidy(typed: &str) -> String {
    let letters: String = typed.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_uppercase();
    match letters.split_at_checked(LENGTH / 2) {
        Some((first, second)) => format!("{first}-{second}"),
        None => letters,
    }
}

/// Asks a person for the code, and whether it is theirs.
pub(super) async fn form(State(app): State<Arc<App>>, parts: Parts) -> Response {
    match app.session(&parts).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            let back = parts.uri.path_and_query().map_or("/device", |path| path.as_str());
            let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
            return Redirect::to(&format!("/login?redirect_url={back}")).into_response();
        }
        Err(error) => return refusal::page(&error),
    }
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let code = url::form_urlencoded::parse(query).find(|(name, _)| name == "user_code");
    shown(StatusCode::OK, &code.map(|(_, code)| tidy(&code)).unwrap_or_default(), "")
}

fn shown(status: StatusCode, code: &str, wrong: &str) -> Response {
    let (code, wrong) = (page::escaped(code), page::escaped(wrong));
    let body = format!(
        "<p>A command line asks to act for you. Go on only if you have started it, and it shows this code.</p>\
         <p class=\"wrong\" role=\"alert\">{wrong}</p><form method=\"post\" action=\"/device\">\
         <label for=\"code\">Code</label><input id=\"code\" name=\"user_code\" value=\"{code}\" required \
         autocomplete=\"off\"><button name=\"decision\" value=\"approve\">Approve</button>\
         <button class=\"other\" name=\"decision\" value=\"deny\">Deny</button></form>"
    );
    page::page(status, "Log a device in", &body)
}

/// Takes a person's decision.
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    parts: Parts,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let origin = public_url::origin(&app, &parts);
    if let Err(error) = cross_site::check_origin(&parts.headers, &origin) {
        return refusal::page(&ServiceError::CrossSite(error));
    }
    let caller = match app.session(&parts).await {
        Ok(Some(caller)) => caller,
        Ok(None) => {
            return Redirect::to(&redirect::own("/device", &origin).unwrap_or_default()).into_response();
        }
        Err(error) => return refusal::page(&error),
    };
    // Codes can be tried: not often, and only by who has logged in.
    if let Err(wait) = app.access.limits.check_password(&format!("device:{}", caller.who)) {
        return refusal::busy(&wait);
    }
    let Ok(Form(fields)) = form else {
        return shown(StatusCode::BAD_REQUEST, "", "The form could not be read.");
    };
    let fields = Fields::new(fields);
    let approved = fields.get("decision") == "approve";
    let asked = match &caller.who {
        Who::Person(user) if approved => Asked::Approved { user: user.clone() },
        _ => Asked::Denied,
    };
    let record = Record::new(&caller, "device").about(fields.get("decision"));
    match app.decided(tidy(fields.get("user_code")), asked).await {
        Ok(true) => {
            app.note(record).await;
            let text = if approved {
                "The device is logged in. You can close this page."
            } else {
                "The device was refused."
            };
            page::told("Done", text)
        }
        Ok(false) => shown(StatusCode::NOT_FOUND, "", "No device waits with this code."),
        Err(error) => refusal::page(&error),
    }
}

impl App {
    /// Keeps a decision; false when no device waits for one.
    async fn decided(&self, code: String, asked: Asked) -> Result<bool, ServiceError> {
        self.store
            .write(move |db| {
                Box::pin(async move {
                    let found = grants::find_by_code(&mut *db, Kind::Device, &code).await?;
                    let waits = json!(Asked::Waits).to_string();
                    let Some(grant) = found.filter(|grant| grant.content == waits) else { return Ok(false) };
                    let grant = GrantRow { content: json!(asked).to_string(), ..grant };
                    grants::update(db, Kind::Device, &grant).await?;
                    Ok(true)
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = fresh_code();
        assert_eq!(code.len(), 9);
        assert_eq!(tidy(&code), code);
        assert_eq!(tidy(" bcdf ghjk\n"), "BCDF-GHJK");
        assert_eq!(tidy("bcd"), "BCD");
        assert_eq!(tidy(""), "");
    }
}
