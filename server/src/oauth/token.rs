//! `/oauth2/token` and `/oauth2/revoke`: what a client has is exchanged for tokens.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jsonwebtoken::{Algorithm, Header, encode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::authorize::Authorized;
use super::device::{self, Asked};
use super::forms::{self, Client, Fields};
use super::refusal::Refusal;
use super::{GRANTS, SCOPES};
use crate::access::mode::{BuiltIn, Mode};
use crate::clock;
use crate::identity::{secret, session};
use crate::server::App;
use crate::store::audit::Record;
use crate::store::grants::{self, GrantRow, Kind};
use crate::store::users;

/// How long the token before the last one may be used once more, in seconds: two processes may share one.
const GRACE: i64 = 30;
/// How long a program's token counts, in seconds.
const PROGRAM_LIFE: u64 = 3600;
/// Fields that may come once.
const ONCE: [&str; 6] = ["grant_type", "code", "code_verifier", "refresh_token", "device_code", "client_id"];

/// Whose a refresh token is, and when it ends for good.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Refreshing {
    user: String,
    client: String,
    last: i64,
}

/// Whom a token is made for.
enum Subject {
    Person { user: String, family: String, last: Option<i64> },
    Program(String),
}

/// Exchanges what the form has.
pub(super) async fn token(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let fields = Fields::new(fields);
    let (client, done) = match forms::client(&app, &headers, &fields).await {
        Ok(client) => (Some(client.clone()), app.exchange(&client, &fields).await),
        Err(refusal) => (None, Err(refusal)),
    };
    let is_new = done.as_ref().is_ok_and(|_| fields.get("grant_type") != GRANTS[1]);
    let is_pending = done.as_ref().is_err_and(|refusal| refusal.error() == "authorization_pending");
    if is_new || done.is_err() && !is_pending {
        app.note_token(client.as_ref(), &fields, done.as_ref().err()).await;
    }
    match done {
        Ok(answer) => answered(StatusCode::OK, &answer),
        Err(refusal) => refusal.into_response(),
    }
}

/// Ends a refresh token and all that it was exchanged for. A token that is not there is ended too.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let fields = Fields::new(fields);
    let ended = async {
        forms::client(&app, &headers, &fields).await?;
        let hash = secret::digest(fields.get("token"));
        let found = grants::find(app.store.readers(), Kind::Refresh, &hash).await;
        match found.map_err(|error| Refusal::fault(&error))? {
            Some(grant) => app.end_family(grant.family).await,
            None => Ok(()),
        }
    };
    match ended.await {
        Ok(()) => answered(StatusCode::OK, &json!({})),
        Err(refusal) => refusal.into_response(),
    }
}

fn answered(status: StatusCode, body: &serde_json::Value) -> Response {
    let mut response = (status, axum::Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl App {
    async fn exchange(&self, client: &Client, fields: &Fields) -> Result<serde_json::Value, Refusal> {
        if fields.repeats(&ONCE) {
            return Err(Refusal::new("invalid_request", "a field comes twice"));
        }
        let [code, refresh, credentials, device] = GRANTS;
        let subject = match (fields.get("grant_type"), client) {
            (grant, Client::Public) if grant == code => self.by_code(fields).await?,
            (grant, Client::Public) if grant == refresh => self.by_refresh(client, fields).await?,
            (grant, Client::Public) if grant == device => self.by_device(fields).await?,
            (grant, Client::Program(name)) if grant == credentials => Subject::Program(name.clone()),
            (grant, _) if GRANTS.contains(&grant) => {
                return Err(Refusal::new("unauthorized_client", "this client has no such grant"));
            }
            _ => {
                return Err(Refusal::new("unsupported_grant_type", "the metadata list the grants there are"));
            }
        };
        self.give(client, subject).await
    }

    /// Exchanges a code. Of any number who try, one succeeds; a second try ends what the first has got.
    async fn by_code(&self, fields: &Fields) -> Result<Subject, Refusal> {
        const UNKNOWN: Refusal = Refusal::grant("the code is not known, was used, or has expired");
        let hash = secret::digest(fields.get("code"));
        let found = grants::find(self.store.readers(), Kind::Code, &hash).await;
        let grant = found.map_err(|error| Refusal::fault(&error))?.ok_or(UNKNOWN)?;
        let given: Authorized =
            serde_json::from_str(&grant.content).map_err(|error| Refusal::fault(&error))?;
        let verifier = fields.get("code_verifier");
        if grant.used_at.is_none() && secret::challenge(verifier) != given.challenge {
            return Err(Refusal::grant("the code_verifier does not answer the challenge"));
        }
        if grant.used_at.is_none() && fields.get("redirect_uri") != given.redirect_uri {
            return Err(Refusal::grant("the redirect_uri is another than the code was given for"));
        }
        if !self.take(Kind::Code, hash).await? {
            self.end_family(grant.family).await?;
            return Err(UNKNOWN);
        }
        Ok(Subject::Person { user: given.user, family: grant.family, last: None })
    }

    /// Exchanges a refresh token for the next. One that was exchanged a while ago was stolen, by somebody: all end.
    async fn by_refresh(&self, client: &Client, fields: &Fields) -> Result<Subject, Refusal> {
        const UNKNOWN: Refusal =
            Refusal::grant("the refresh token is not known or has expired; log in again");
        let hash = secret::digest(fields.get("refresh_token"));
        let found = grants::find(self.store.readers(), Kind::Refresh, &hash).await;
        let now = clock::now_seconds();
        let grant = found.map_err(|error| Refusal::fault(&error))?.filter(|grant| grant.expires_at > now);
        let grant = grant.ok_or(UNKNOWN)?;
        let given: Refreshing =
            serde_json::from_str(&grant.content).map_err(|error| Refusal::fault(&error))?;
        if given.client != client.name() {
            return Err(UNKNOWN);
        }
        if !self.take(Kind::Refresh, hash.clone()).await? && self.was_spent(&hash, now - GRACE).await? {
            self.end_family(grant.family).await?;
            return Err(UNKNOWN);
        }
        Ok(Subject::Person { user: given.user, family: grant.family, last: Some(given.last) })
    }

    /// Whether a refresh token was used before an instant, or is not there any more.
    async fn was_spent(&self, hash: &str, before: i64) -> Result<bool, Refusal> {
        let found = grants::find(self.store.readers(), Kind::Refresh, hash).await;
        let used = found.map_err(|error| Refusal::fault(&error))?.and_then(|grant| grant.used_at);
        Ok(used.is_none_or(|at| at < before))
    }

    async fn by_device(&self, fields: &Fields) -> Result<Subject, Refusal> {
        let hash = secret::digest(fields.get("device_code"));
        let found = grants::find(self.store.readers(), Kind::Device, &hash).await;
        let grant = found.map_err(|error| Refusal::fault(&error))?;
        let grant = grant.filter(|grant| grant.expires_at > clock::now_seconds() && grant.used_at.is_none());
        let grant =
            grant.ok_or(Refusal::new("expired_token", "the device's code is not known or has expired"))?;
        let asked: Asked = serde_json::from_str(&grant.content).map_err(|error| Refusal::fault(&error))?;
        match asked {
            Asked::Waits => Err(Refusal::new("authorization_pending", "nobody has approved it yet")),
            Asked::Denied => Err(Refusal::new("access_denied", "somebody has refused it")),
            Asked::Approved { user } if self.take(Kind::Device, hash).await? => {
                Ok(Subject::Person { user, family: secret::fresh(), last: None })
            }
            Asked::Approved { .. } => Err(device::SPENT),
        }
    }

    async fn take(&self, kind: Kind, hash: String) -> Result<bool, Refusal> {
        let taken: Result<bool, crate::store::StoreError> =
            self.store.write(move |db| Box::pin(async move { grants::take(db, kind, &hash).await })).await;
        taken.map_err(|error| Refusal::fault(&error))
    }

    async fn end_family(&self, family: String) -> Result<(), Refusal> {
        let ended: Result<(), crate::store::StoreError> = self
            .store
            .write(move |db| Box::pin(async move { grants::delete_family(db, &family).await }))
            .await;
        ended.map_err(|error| Refusal::fault(&error))
    }

    /// The tokens of somebody, as the answer has them.
    async fn give(&self, client: &Client, subject: Subject) -> Result<serde_json::Value, Refusal> {
        let Mode::BuiltIn { settings, keys } = &self.access.mode else {
            return Err(Refusal::new("unsupported_grant_type", "tokens are given elsewhere"));
        };
        let (name, kind, life, refresh) = match subject {
            Subject::Program(name) => (name, "client", PROGRAM_LIFE, None),
            Subject::Person { user, family, last } => {
                self.check_person(&user).await?;
                let refresh = self.refreshable(settings, client, &user, family, last).await?;
                (user, "person", settings.access_life.as_secs(), Some(refresh))
            }
        };
        let now = u64::try_from(clock::now_seconds()).unwrap_or_default();
        let url = &self.access.url;
        let claims = json!({
            "iss": url, "aud": [url], "sub": name, "client_id": client.name(), "kind": kind, "iat": now,
            "exp": now + life, "jti": secret::fresh(), "scp": SCOPES, "scope": SCOPES.join(" "),
        });
        let keys = keys.current();
        let key = keys.first().ok_or(Refusal::new("server_error", "there is no key"))?;
        let head = Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(key.id.clone()),
            ..Header::new(Algorithm::ES256)
        };
        let token = encode(&head, &claims, &key.signing).map_err(|error| Refusal::fault(&error))?;
        let mut answer = json!({
            "access_token": token, "token_type": "Bearer", "expires_in": life, "scope": SCOPES.join(" "),
        });
        if let Some(refresh) = refresh {
            answer["refresh_token"] = refresh.into();
        }
        Ok(answer)
    }

    async fn check_person(&self, user: &str) -> Result<(), Refusal> {
        let found = users::find(self.store.readers(), user).await.map_err(|error| Refusal::fault(&error))?;
        let known = found.is_some_and(|user| user.disabled == 0);
        if known { Ok(()) } else { Err(Refusal::grant("whoever it was given to is not known any more")) }
    }

    /// Keeps a refresh token, of the family of the one before it.
    async fn refreshable(
        &self,
        settings: &BuiltIn,
        client: &Client,
        user: &str,
        family: String,
        last: Option<i64>,
    ) -> Result<String, Refusal> {
        let life = i64::try_from(settings.refresh_life.as_secs()).unwrap_or(i64::MAX / 2);
        let last = last.unwrap_or_else(|| clock::now_seconds() + life);
        let content = Refreshing { user: user.to_owned(), client: client.name().to_owned(), last };
        let token = secret::fresh();
        let grant = GrantRow {
            secret_hash: secret::digest(&token),
            family,
            // By whom they are found when somebody is disabled.
            code: session::family(user),
            content: json!(content).to_string(),
            expires_at: last,
            used_at: None,
        };
        let kept: Result<(), crate::store::StoreError> = self
            .store
            .write(move |db| Box::pin(async move { grants::insert(db, Kind::Refresh, &grant).await }))
            .await;
        kept.map_err(|error| Refusal::fault(&error)).map(|()| token)
    }

    /// Has the audit note that somebody has got a token, or has not.
    async fn note_token(&self, client: Option<&Client>, fields: &Fields, refusal: Option<&Refusal>) {
        use crate::access::Caller;
        use crate::access::caller::{Via, Who};
        let caller = match client {
            Some(Client::Program(name)) => Caller::known(Who::Client(name.clone()), Via::Nothing),
            Some(Client::Public) | None => Caller::nobody(),
        };
        let record = Record::new(&caller, "token").about(fields.get("grant_type"));
        let outcome = refusal.map_or(record.outcome.clone(), |refusal| refusal.error().to_uppercase());
        self.note(Record { outcome, ..record }).await;
    }
}
