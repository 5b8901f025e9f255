//! How callers are told apart, and everything that takes.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::Algorithm;

use super::caller::{Via, Who};
use super::limits::CallerLimits;
use super::policy::Policy;
use super::source::PolicySource;
use super::tokens::CheckedTokens;
use super::{BindingsFileError, Caller};
use crate::clock;
use crate::identity::issuer::{External, ExternalError, IdentityError, Issuer};
use crate::identity::jwt;
use crate::identity::keys::{KeyError, TokenKeys};
use crate::identity::verifier::{self, Expected, TokenError};
use crate::server::App;
use crate::store::{Store, StoreError, clients, users};

/// Who is asked who callers are.
#[derive(Clone, Debug, Default)]
pub enum Authentication {
    /// Nobody: callers are not told apart.
    #[default]
    Off,
    /// This server, which keeps people's passwords and signs tokens.
    BuiltIn(BuiltIn),
    /// An identity provider elsewhere.
    External(Box<External>),
}

/// This server as its own identity provider.
#[derive(Clone, Debug)]
pub struct BuiltIn {
    /// File with the keys that sign tokens; made when missing.
    pub key_file: PathBuf,
    /// How long an access token counts.
    pub access_life: Duration,
    /// How long somebody stays logged in by refreshing.
    pub refresh_life: Duration,
}

/// Why access cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The file of roles.
    #[error(transparent)]
    Bindings(#[from] BindingsFileError),
    /// The keys of tokens.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The provider elsewhere.
    #[error(transparent)]
    External(#[from] ExternalError),
}

/// What tells callers apart.
#[derive(Debug)]
pub(crate) enum Mode {
    Off,
    BuiltIn { settings: BuiltIn, keys: TokenKeys },
    External(Box<Issuer>),
}

/// Who may do what, as the server has it at hand.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) mode: Mode,
    /// Scheme, host and port by which the server is known: issuer and audience of its own tokens.
    pub(crate) url: String,
    pub(crate) limits: CallerLimits,
    source: PolicySource,
    pub(crate) tokens: CheckedTokens,
}

impl Access {
    /// # Errors
    /// When a file or a setting cannot be used.
    pub(crate) fn open(
        authentication: Authentication,
        roles_file: Option<PathBuf>,
        url: &str,
        rate: u32,
    ) -> Result<Access, AccessError> {
        let mode = match authentication {
            Authentication::Off => Mode::Off,
            Authentication::BuiltIn(settings) => {
                jwt::install();
                Mode::BuiltIn { keys: TokenKeys::open(&settings.key_file)?, settings }
            }
            Authentication::External(settings) => {
                jwt::install();
                Mode::External(Box::new(Issuer::new(*settings)?))
            }
        };
        let source = PolicySource::open(roles_file)?;
        let limits = CallerLimits::new(rate);
        Ok(Access {
            mode,
            url: url.trim_end_matches('/').to_owned(),
            limits,
            source,
            tokens: CheckedTokens::default(),
        })
    }

    /// Whether callers are told apart.
    pub(crate) const fn is_on(&self) -> bool {
        !matches!(self.mode, Mode::Off)
    }

    /// The bindings that count now.
    pub(crate) async fn policy(&self, store: &Store) -> Arc<Policy> {
        self.source.current(store).await
    }

    /// Has a change of bindings count at once.
    pub(crate) fn forget_policy(&self) {
        self.source.forget();
    }

    /// Who a token is of, which was not checked a moment ago. It is remembered with where it came from, as most come
    /// from there again.
    pub(crate) async fn identify(
        &self,
        app: &App,
        token: &str,
        address: Option<IpAddr>,
    ) -> Result<Arc<Caller>, IdentityError> {
        let (caller, expires) = match &self.mode {
            Mode::Off => (Caller::everybody(), u64::MAX),
            Mode::BuiltIn { keys, .. } => self.own(app, keys, token).await?,
            Mode::External(issuer) => issuer.identify(token).await?,
        };
        let caller = Arc::new(Caller { address, ..caller });
        let left = expires.saturating_sub(u64::try_from(clock::now_seconds()).unwrap_or_default());
        self.tokens.keep(token, caller.clone(), Duration::from_secs(left));
        Ok(caller)
    }

    async fn own(&self, app: &App, keys: &TokenKeys, token: &str) -> Result<(Caller, u64), IdentityError> {
        let head = verifier::head(token)?;
        let keys = keys.current();
        let key = keys.iter().find(|key| key.id == head.key).ok_or(TokenError::Key)?;
        let expected = Expected {
            issuer: self.url.clone(),
            audience: vec![self.url.clone()],
            algorithms: vec![Algorithm::ES256],
        };
        let claims = verifier::verify(token, &head, &key.public, &expected)?;
        let who = match claims.text("kind") {
            Some("person") => Who::Person(claims.sub.clone()),
            Some("client") => Who::Client(claims.sub.clone()),
            _ => return Err(TokenError::Claim("whether it is of a person or of a program").into()),
        };
        let known = self.still(app, Caller::known(who, Via::Token)).await?;
        Ok((known.ok_or(TokenError::Claim("somebody who is still known here"))?, claims.exp))
    }

    /// The same caller as the database has it now; none when it has been disabled. What a provider elsewhere knows
    /// stands in its tokens.
    pub(crate) async fn still(&self, app: &App, caller: Caller) -> Result<Option<Caller>, StoreError> {
        if !matches!(self.mode, Mode::BuiltIn { .. }) {
            return Ok(Some(caller));
        }
        let readers = app.store.readers();
        match &caller.who {
            Who::Person(name) => {
                let found = users::find(readers, name).await?.filter(|user| user.disabled == 0);
                Ok(found.map(|user| Caller {
                    groups: serde_json::from_str(&user.groups).unwrap_or_default(),
                    name: user.full_name,
                    email: user.email,
                    ..caller
                }))
            }
            Who::Client(name) => {
                let found = clients::find(readers, name).await?.filter(|client| client.disabled == 0);
                Ok(found.map(|client| Caller { name: client.description, ..caller }))
            }
            Who::Everybody | Who::Nobody | Who::Part(_) | Who::Run(_) => Ok(Some(caller)),
        }
    }
}
