//! Browsers that are logged in: a cookie with a secret, and a row that says whose it is.
//!
//! No token ever reaches the page. A session ends when it is not used for a while, at its age, at logout, and at once
//! when its person is disabled.

use http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};

use super::secret;
use crate::access::Caller;
use crate::access::caller::{Via, Who};
use crate::clock;
use crate::server::App;
use crate::store::StoreError;
use crate::store::grants::{self, GrantRow, Kind};

/// How long a session lasts that is not used, in seconds.
const IDLE: i64 = 8 * 3600;
/// How long any lasts.
pub(crate) const LONGEST: i64 = 24 * 3600;
/// At most how often its end is moved.
const MOVED: i64 = 300;

/// Whose a session is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Content {
    user: String,
    name: String,
    email: String,
    groups: Vec<String>,
    /// Seconds since the epoch.
    began: i64,
    /// By which a provider elsewhere has told who it is, and by which it knows which session of its own to end. It opens
    /// nothing here.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    id_token: String,
}

/// A session that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The provider's, where it was begun at one.
    pub(crate) id_token: String,
}

/// The cookies that browsers are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// Who is logged in.
    Session,
    /// Binds a login at a provider elsewhere to the browser that has begun it.
    Login,
    /// Somebody has logged out: the provider is to ask who the next one is.
    Left,
}

impl Cookie {
    /// Its name: browsers keep one with this prefix to TLS and to the very host.
    pub(crate) const fn name(self, tls: bool) -> &'static str {
        match (self, tls) {
            (Cookie::Session, true) => "__Host-aileron-session",
            (Cookie::Login, true) => "__Host-aileron-login",
            (Cookie::Left, true) => "__Host-aileron-left",
            (Cookie::Session, false) => "aileron-session",
            (Cookie::Login, false) => "aileron-login",
            (Cookie::Left, false) => "aileron-left",
        }
    }
}

/// The value of a cookie; none where it comes twice, as it may have been put there from another host.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) if !value.is_empty() => Some(value),
        _ => None,
    }
}

/// The header that sets a cookie for a time in seconds, or removes it with none.
pub(crate) fn set_cookie(name: &str, value: &str, tls: bool, seconds: i64) -> Option<HeaderValue> {
    let secure = if tls { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).ok()
}

/// Begins a session of a person, by a provider's token or by none; gives the cookie's value.
pub(crate) async fn begin(app: &App, caller: &Caller, id_token: String) -> Result<String, StoreError> {
    let Who::Person(user) = &caller.who else { return Ok(String::new()) };
    let (secret, now) = (secret::fresh(), clock::now_seconds());
    let Caller { name, email, groups, .. } = caller.clone();
    let content = Content { user: user.clone(), name, email, groups, began: now, id_token };
    let grant = GrantRow {
        secret_hash: secret::digest(&secret),
        family: family(user),
        code: String::new(),
        content: serde_json::json!(content).to_string(),
        expires_at: now + IDLE,
        used_at: None,
    };
    let insert =
        app.store.write(move |db| Box::pin(async move { grants::insert(db, Kind::Session, &grant).await }));
    insert.await.map(|()| secret)
}

/// What everything of a person belongs to.
pub(crate) fn family(user: &str) -> String {
    format!("user:{user}")
}

/// Whose a cookie is, if it is anybody's now.
pub(crate) async fn find(app: &App, secret: &str) -> Result<Option<Caller>, StoreError> {
    let found = grants::find(app.store.readers(), Kind::Session, &secret::digest(secret)).await?;
    let now = clock::now_seconds();
    let Some(grant) = found.filter(|grant| grant.expires_at > now && grant.used_at.is_none()) else {
        return Ok(None);
    };
    let Ok(content) = serde_json::from_str::<Content>(&grant.content) else { return Ok(None) };
    let Content { user, name, email, groups, began, .. } = content;
    if grant.expires_at < now + IDLE - MOVED {
        prolong(app, grant, began + LONGEST).await?;
    }
    Ok(Some(Caller { name, email, groups, ..Caller::known(Who::Person(user), Via::Cookie) }))
}

/// Moves a session's end; never beyond its age.
async fn prolong(app: &App, grant: GrantRow, last: i64) -> Result<(), StoreError> {
    let expires_at = (clock::now_seconds() + IDLE).min(last);
    if expires_at <= grant.expires_at {
        return Ok(());
    }
    let grant = GrantRow { expires_at, ..grant };
    app.store.write(move |db| Box::pin(async move { grants::update(db, Kind::Session, &grant).await })).await
}

/// Ends a session; what it was, if it had not ended before.
pub(crate) async fn end(app: &App, secret: &str) -> Result<Option<Ended>, StoreError> {
    let hash = secret::digest(secret);
    let ended: Result<Option<GrantRow>, StoreError> = app
        .store
        .write(move |db| {
            Box::pin(async move {
                let is_first = grants::take(&mut *db, Kind::Session, &hash).await?;
                if is_first { grants::find(&mut *db, Kind::Session, &hash).await } else { Ok(None) }
            })
        })
        .await;
    let content = ended?.and_then(|grant| serde_json::from_str::<Content>(&grant.content).ok());
    Ok(content.map(|content| Ended { id_token: content.id_token }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|text| (header::COOKIE, text.parse().unwrap())).collect()
    }

    #[test]
    fn a_cookie_that_comes_twice_is_none() {
        assert_eq!(cookie(&headers(&["a=1; s=x; b=2"]), "s"), Some("x"));
        assert_eq!(cookie(&headers(&["a=1", "s=x"]), "s"), Some("x"));
        assert_eq!(cookie(&headers(&["s=x; s=y"]), "s"), None);
        assert_eq!(cookie(&headers(&["s=x", "s=y"]), "s"), None);
        assert_eq!(cookie(&headers(&["s="]), "s"), None);
        assert_eq!(cookie(&headers(&["xs=1"]), "s"), None);
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_and_other_sites() {
        let set = set_cookie(Cookie::Session.name(true), "v", true, 5).unwrap();
        assert_eq!(set, "__Host-aileron-session=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=5; Secure");
    }
}
