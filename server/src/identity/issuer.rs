//! An identity provider elsewhere: what it says of itself, and who its tokens are of.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::Algorithm;
use serde::Deserialize;

use super::jwks::Jwks;
use super::outgoing::{Outgoing, OutgoingError};
use super::secret::Secret;
use super::verifier::{self, Claims, Expected, Head, TokenError};
use crate::access::Caller;
use crate::access::caller::{Via, Who};

/// How long what a provider says of itself is taken for true.
const FRESH: Duration = Duration::from_secs(3600);

/// How an identity provider elsewhere is used.
#[derive(Clone, Debug)]
pub struct External {
    /// Its issuer, exactly as its tokens and its discovery document have it.
    pub issuer: String,
    /// Of which audience tokens must be one.
    pub audience: Vec<String>,
    /// The client by which the console logs people in.
    pub client_id: String,
    /// Its secret; a public client has none.
    pub client_secret: Option<Secret>,
    /// The client that pyflyte and flytectl log people in by.
    pub public_client_id: String,
    /// What those ask for.
    pub scopes: Vec<String>,
    /// The audience that those ask for; empty for none.
    pub client_audience: String,
    /// The scope that a token must have; empty for any.
    pub required_scope: String,
    /// By which algorithms tokens may be signed.
    pub algorithms: Vec<String>,
    /// The claim that names people, for roles and executions.
    pub user_claim: String,
    /// The claim that lists their groups.
    pub groups_claim: String,
    /// Between two fetches of keys because a token names one that is not known.
    pub least_key_pause: Duration,
}

/// Why nobody is known by a token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentityError {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

/// Why settings name no provider that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExternalError {
    /// The issuer may not be asked.
    #[error("the issuer `{0}` is no address that may be asked; write https://HOST, or http:// on loopback")]
    Issuer(String),
    /// An algorithm is not known, or has a shared secret.
    #[error("`{0}` is no algorithm that tokens may be signed by; write RS256, PS256, ES256, ES384 or EdDSA")]
    Algorithm(String),
    /// Nothing tells for whom tokens are.
    #[error("no audience: without one, tokens of the provider for any other service would count here")]
    Audience,
    /// Outgoing connections cannot be made.
    #[error("{0}")]
    Outgoing(String),
}

/// The provider's discovery document.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Discovery {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    /// Where its own session of a person ends; empty for none.
    #[serde(default)]
    pub(crate) end_session_endpoint: String,
    #[serde(default)]
    pub(crate) device_authorization_endpoint: String,
    #[serde(default)]
    pub(crate) response_types_supported: Vec<String>,
    #[serde(default)]
    pub(crate) scopes_supported: Vec<String>,
    #[serde(default)]
    pub(crate) token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default)]
    pub(crate) grant_types_supported: Vec<String>,
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

/// A provider at work.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) settings: External,
    pub(crate) outgoing: Outgoing,
    algorithms: Vec<Algorithm>,
    jwks: Jwks,
    discovered: RwLock<Option<(Arc<Discovery>, Instant)>>,
}

impl Issuer {
    /// The provider that the settings name. It need not answer yet.
    ///
    /// # Errors
    /// When they cannot be used, whoever answers.
    pub(crate) fn new(settings: External) -> Result<Issuer, ExternalError> {
        super::outgoing::checked(&settings.issuer)
            .map_err(|_| ExternalError::Issuer(settings.issuer.clone()))?;
        if settings.audience.iter().all(String::is_empty) {
            return Err(ExternalError::Audience);
        }
        let algorithms: Result<Vec<Algorithm>, ExternalError> =
            settings.algorithms.iter().map(|name| algorithm(name)).collect();
        let outgoing = Outgoing::new().map_err(|error| ExternalError::Outgoing(error.to_string()))?;
        let jwks = Jwks::new(outgoing.clone(), settings.least_key_pause);
        Ok(Issuer { algorithms: algorithms?, jwks, discovered: RwLock::default(), outgoing, settings })
    }

    /// What the provider says of itself; while it does not answer, what it said before.
    pub(crate) async fn discovery(&self) -> Result<Arc<Discovery>, OutgoingError> {
        let known = self.discovered.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((known, at)) = &known
            && at.elapsed() < FRESH
        {
            return Ok(known.clone());
        }
        match (self.discover().await, known) {
            (Ok(found), _) => {
                let found = Arc::new(found);
                let kept = Some((found.clone(), Instant::now()));
                *self.discovered.write().unwrap_or_else(PoisonError::into_inner) = kept;
                Ok(found)
            }
            (Err(_), Some((known, _))) => Ok(known),
            (Err(error), None) => Err(error),
        }
    }

    async fn discover(&self) -> Result<Discovery, OutgoingError> {
        let base = self.settings.issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let found: Discovery = self.outgoing.get(&url).await?;
        if found.issuer != self.settings.issuer {
            let problem = format!("it says to be `{}`, not `{}`", found.issuer, self.settings.issuer);
            return Err(OutgoingError::Answer(problem));
        }
        for url in [&found.authorization_endpoint, &found.token_endpoint, &found.jwks_uri] {
            super::outgoing::checked(url)?;
        }
        Ok(found)
    }

    /// Who an access token is of.
    pub(crate) async fn identify(&self, token: &str) -> Result<(Caller, u64), IdentityError> {
        let claims = self.claims(token, &self.settings.audience).await?;
        // An ID token tells a client who somebody is; it opens nothing.
        if claims.more.contains_key("nonce") || claims.text("typ").is_some_and(|kind| kind == "ID") {
            return Err(TokenError::Form("it is an ID token; send the access token").into());
        }
        let wanted = &self.settings.required_scope;
        let scopes = [claims.words("scope"), claims.words("scp")].concat();
        if !wanted.is_empty() && !scopes.contains(wanted) {
            return Err(TokenError::Claim("the scope that is asked for here").into());
        }
        Ok((self.caller(&claims)?, claims.exp))
    }

    /// Who has logged in, by the ID token that came back for a login.
    pub(crate) async fn identify_login(&self, id_token: &str, nonce: &str) -> Result<Caller, IdentityError> {
        let client = &self.settings.client_id;
        let claims = self.claims(id_token, std::slice::from_ref(client)).await?;
        if claims.text("nonce") != Some(nonce) {
            return Err(TokenError::Claim("the nonce of this login").into());
        }
        let several =
            claims.more.get("aud").is_some_and(|aud| aud.as_array().is_some_and(|all| all.len() > 1));
        let party = claims.text("azp");
        if party.is_some_and(|party| party != client) || several && party.is_none() {
            return Err(TokenError::Audience.into());
        }
        let name = self.user(&claims)?;
        Ok(self.described(Who::Person(name), Via::Cookie, &claims))
    }

    async fn claims(&self, token: &str, audience: &[String]) -> Result<Claims, IdentityError> {
        let head = verifier::head(token)?;
        self.verified(token, &head, audience).await
    }

    async fn verified(&self, token: &str, head: &Head, audience: &[String]) -> Result<Claims, IdentityError> {
        let url = self.discovery().await?.jwks_uri.clone();
        let key = self.jwks.key(&url, &head.key).await?.ok_or(TokenError::Key)?;
        let expected = Expected {
            issuer: self.settings.issuer.clone(),
            audience: audience.to_vec(),
            algorithms: self.algorithms.clone(),
        };
        Ok(verifier::verify(token, head, &key, &expected)?)
    }

    fn caller(&self, claims: &Claims) -> Result<Caller, TokenError> {
        let who = match program(claims) {
            Some(client) => Who::Client(client),
            None => Who::Person(self.user(claims)?),
        };
        Ok(self.described(who, Via::Token, claims))
    }

    fn user(&self, claims: &Claims) -> Result<String, TokenError> {
        let claim = self.settings.user_claim.as_str();
        let unverified = claims.more.get("email_verified").is_some_and(|verified| *verified != true);
        if claim == "email" && unverified {
            return Err(TokenError::Claim("an e-mail address that is verified"));
        }
        let name = if claim == "sub" { Some(claims.sub.as_str()) } else { claims.text(claim) };
        let name = name.filter(|name| !name.is_empty());
        name.map(str::to_owned).ok_or(TokenError::Claim("the claim that names people here"))
    }

    fn described(&self, who: Who, via: Via, claims: &Claims) -> Caller {
        let name = claims.text("name").or_else(|| claims.text("preferred_username")).unwrap_or_default();
        Caller {
            groups: claims.words(&self.settings.groups_claim),
            name: name.to_owned(),
            email: claims.text("email").unwrap_or_default().to_owned(),
            ..Caller::known(who, via)
        }
    }
}

/// The client of a token that is of a program and not of a person, by the habits of providers: no subject, the client
/// itself as subject (the standard), a subject that is named after it (Keycloak), or a word for it (Entra).
fn program(claims: &Claims) -> Option<String> {
    let client = ["client_id", "azp", "appid", "cid"].into_iter().find_map(|name| claims.text(name))?;
    let account = format!("service-account-{}", client.to_ascii_lowercase());
    let is_program = claims.sub.is_empty()
        || claims.sub == client
        || claims.text("idtyp") == Some("app")
        || claims.text("gty") == Some("client-credentials")
        || claims.text("preferred_username") == Some(account.as_str());
    is_program.then(|| client.to_owned())
}

fn algorithm(name: &str) -> Result<Algorithm, ExternalError> {
    let wrong = || ExternalError::Algorithm(name.to_owned());
    match name.parse().map_err(|_| wrong())? {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => Err(wrong()),
        algorithm => Ok(algorithm),
    }
}
