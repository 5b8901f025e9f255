//! `/login` and `/callback` where people log in at an identity provider elsewhere: OpenID Connect by code, with PKCE,
//! state and nonce, each login bound to the browser that has begun it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::forms::Fields;
use super::{login, page, redirect, refusal};
use crate::access::Caller;
use crate::access::mode::Mode;
use crate::api::public_url;
use crate::clock;
use crate::error::ServiceError;
use crate::identity::issuer::{IdentityError, Issuer};
use crate::identity::session::{Cookie, cookie, set_cookie};
use crate::identity::{authenticate, outgoing, secret};
use crate::server::App;
use crate::store::audit::Record;
use crate::store::grants::{self, GrantRow, Kind};

/// How long a login may take, in seconds.
const LIFE: i64 = 600;
/// Longest token that is written into an address, in bytes: servers refuse long ones.
const LONGEST_HINT: usize = 4 << 10;

/// What a login was begun with; the state names it.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    nonce: String,
    verifier: String,
    target: String,
    /// Of the cookie that the browser has.
    browser: String,
}

/// What the provider's token endpoint answers, as far as it matters here.
#[derive(Deserialize)]
struct Answer {
    id_token: String,
}

/// A login that has worked.
struct LoggedIn {
    caller: Caller,
    id_token: String,
    /// Where they wanted to go.
    target: String,
}

fn issuer(app: &App) -> Option<&Issuer> {
    match &app.access.mode {
        Mode::External(issuer) => Some(issuer),
        Mode::Off | Mode::BuiltIn { .. } => None,
    }
}

/// Leads the browser to the provider, or on where somebody is logged in already.
pub(super) async fn login(State(app): State<Arc<App>>, parts: Parts) -> Response {
    let origin = public_url::origin(&app, &parts);
    let target = redirect::asked(&parts, &origin);
    match app.session(&parts).await {
        Ok(Some(_)) => return Redirect::to(&target).into_response(),
        Ok(None) => {}
        Err(error) => return refusal::page(&error),
    }
    let tls = origin.starts_with("https://");
    let browser = secret::fresh();
    let asks_again = cookie(&parts.headers, Cookie::Left.name(tls)).is_some();
    let led = match begin(&app, target, &browser, asks_again).await {
        Ok(url) => url,
        Err(error) => return refusal::page(&error),
    };
    let mut response = Redirect::to(led.as_str()).into_response();
    if let Some(cookie) = set_cookie(Cookie::Login.name(tls), &browser, tls, LIFE) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Keeps what the login was begun with; gives the provider's page, which asks who it is even where it knows somebody
/// if `asks_again`.
async fn begin(app: &App, target: String, browser: &str, asks_again: bool) -> Result<Url, ServiceError> {
    let issuer = issuer(app).ok_or_else(|| ServiceError::Unsupported("this login".to_owned()))?;
    let found = issuer.discovery().await.map_err(|error| away(&error))?;
    let mut url = Url::parse(&found.authorization_endpoint).map_err(|error| away(&error))?;
    let (state, nonce, verifier) = (secret::fresh(), secret::fresh(), secret::fresh());
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", &issuer.settings.client_id),
        ("redirect_uri", &callback_url(app)),
        ("scope", "openid profile email"),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &secret::challenge(&verifier)),
        ("code_challenge_method", "S256"),
    ]);
    if asks_again {
        url.query_pairs_mut().append_pair("prompt", "login");
    }
    let begun = Begun { nonce, verifier, target, browser: secret::digest(browser) };
    let grant = GrantRow {
        secret_hash: secret::digest(&state),
        family: String::new(),
        code: String::new(),
        content: json!(begun).to_string(),
        expires_at: clock::now_seconds() + LIFE,
        used_at: None,
    };
    let kept: Result<(), ServiceError> = app
        .store
        .write(move |db| Box::pin(async move { Ok(grants::insert(db, Kind::Login, &grant).await?) }))
        .await;
    kept.map(|()| url)
}

fn callback_url(app: &App) -> String {
    format!("{}/callback", app.access.url)
}

fn away(error: &(dyn std::error::Error + 'static)) -> ServiceError {
    tracing::warn!(error, "nobody can log in");
    ServiceError::DataPlane("the identity provider cannot be used; try again in a moment".to_owned())
}

/// Takes the code that the provider has given, and begins a session.
pub(super) async fn callback(State(app): State<Arc<App>>, parts: Parts) -> Response {
    let tls = public_url::origin(&app, &parts).starts_with("https://");
    let address = authenticate::address(&parts);
    let query = parts.uri.query().unwrap_or_default();
    let fields = Fields::new(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect());
    let browser = cookie(&parts.headers, Cookie::Login.name(tls)).map(secret::digest);
    let done = finish(&app, &fields, browser).await;
    let named = done.as_ref().map_or_else(|_| Caller::nobody(), |known| known.caller.clone());
    app.note(Record::new(&Caller { address, ..named }, "login").of(&done)).await;
    match done {
        Ok(LoggedIn { caller, id_token, target }) => {
            let mut response = login::begun(&app, &caller, id_token, &target, tls).await;
            if let Some(cookie) = set_cookie(Cookie::Left.name(tls), "", tls, 0) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(ServiceError::BadToken(problem)) => {
            let text =
                format!("<p>{}</p><p><a href=\"/login\">Log in again</a></p>", page::escaped(&problem));
            page::page(StatusCode::FORBIDDEN, "The login did not work", &text)
        }
        Err(error) => refusal::page(&error),
    }
}

/// Who has logged in.
async fn finish(app: &App, fields: &Fields, browser: Option<String>) -> Result<LoggedIn, ServiceError> {
    let refused = |problem: &str| ServiceError::BadToken(problem.to_owned());
    let issuer = issuer(app).ok_or_else(|| ServiceError::Unsupported("this login".to_owned()))?;
    let found = issuer.discovery().await.map_err(|error| away(&error))?;
    let begun = taken(app, fields.get("state")).await?;
    let begun = begun.ok_or_else(|| refused("this login is not known, was used, or took too long"))?;
    if browser.as_deref() != Some(begun.browser.as_str()) {
        return Err(refused("this login was begun in another browser"));
    }
    // RFC 9207: an answer of another provider is not sent to this one.
    let named = fields.get("iss");
    let must_name = found.authorization_response_iss_parameter_supported;
    if (must_name || !named.is_empty()) && named != found.issuer {
        return Err(refused("the answer is of another identity provider"));
    }
    if fields.get("code").is_empty() {
        return Err(refused("the identity provider gave no code"));
    }
    let settings = &issuer.settings;
    let redirect_uri = callback_url(app);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", fields.get("code")),
        ("redirect_uri", &redirect_uri),
        ("code_verifier", &begun.verifier),
        ("client_id", &settings.client_id),
    ];
    let basic = settings.client_secret.as_ref().map(|secret| (settings.client_id.as_str(), secret.reveal()));
    let form = if basic.is_some() { &form[..4] } else { &form[..] };
    let answer: Answer = issuer.outgoing.post(&found.token_endpoint, basic, form).await.map_err(|error| {
        tracing::warn!(?error, "a code was not exchanged");
        refused("the identity provider did not take its own code")
    })?;
    let caller =
        issuer.identify_login(&answer.id_token, &begun.nonce).await.map_err(|error| match error {
            IdentityError::Token(error) => refused(&error.to_string()),
            IdentityError::Outgoing(error) => away(&error),
            IdentityError::Store(error) => error.into(),
        })?;
    Ok(LoggedIn { caller, id_token: answer.id_token, target: begun.target })
}

/// The login of a state, which is used up.
async fn taken(app: &App, state: &str) -> Result<Option<Begun>, ServiceError> {
    let hash = secret::digest(state);
    let found: Result<Option<GrantRow>, ServiceError> = app
        .store
        .write(move |db| {
            Box::pin(async move {
                let is_first = grants::take(&mut *db, Kind::Login, &hash).await?;
                Ok(if is_first { grants::find(&mut *db, Kind::Login, &hash).await? } else { None })
            })
        })
        .await;
    Ok(found?.and_then(|grant| serde_json::from_str(&grant.content).ok()))
}

/// The provider's page that ends its session of a person (OpenID Connect RP-Initiated Logout 1.0), which then leads back to
/// the console; none where it says of none. A log-out here does not wait for a provider that does not answer.
pub(super) async fn end_session(app: &App, id_token: &str) -> Option<Url> {
    let issuer = issuer(app)?;
    let found = issuer.discovery().await.ok()?;
    if found.end_session_endpoint.is_empty() {
        return None;
    }
    let mut url = match outgoing::checked(&found.end_session_endpoint) {
        Ok(url) => url,
        Err(error) => {
            tracing::warn!(%error, "the provider's session is not ended");
            return None;
        }
    };
    let back = format!("{}{}", app.access.url, super::HOME);
    let mut query = url.query_pairs_mut();
    query.append_pair("client_id", &issuer.settings.client_id).append_pair("post_logout_redirect_uri", &back);
    if !id_token.is_empty() && id_token.len() <= LONGEST_HINT {
        query.append_pair("id_token_hint", id_token);
    }
    drop(query);
    Some(url)
}
