//! The public keys of an issuer elsewhere: fetched when they are needed, again when they are old, and at a bounded rate
//! when a token names one that is not known.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::outgoing::{Outgoing, OutgoingError};

/// How old keys may be before they are fetched again; until that is done the old ones count.
const FRESH: Duration = Duration::from_secs(300);

/// A key that checks tokens, and the algorithms that it is for.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) decoding: DecodingKey,
    pub(crate) algorithms: Vec<Algorithm>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("algorithms", &self.algorithms).finish_non_exhaustive()
    }
}

/// The keys at an address.
#[derive(Debug)]
pub(crate) struct Jwks {
    outgoing: Outgoing,
    /// Between two fetches for keys that are not known.
    least_pause: Duration,
    state: RwLock<State>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    keys: Arc<HashMap<String, Key>>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl Jwks {
    pub(crate) fn new(outgoing: Outgoing, least_pause: Duration) -> Jwks {
        Jwks { outgoing, least_pause, state: RwLock::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// The key of an id, at the address that the issuer has its keys at.
    ///
    /// # Errors
    /// When there are no keys at all, since the issuer does not answer.
    pub(crate) async fn key(&self, url: &str, id: &str) -> Result<Option<Key>, OutgoingError> {
        let (known, is_fresh, may_ask) = self.look(id);
        if known.is_some() && is_fresh || !may_ask {
            return Ok(known);
        }
        let asked = {
            let _fetching = self.fetching.lock().await;
            let (known, is_fresh, may_ask) = self.look(id);
            // Somebody else has asked meanwhile.
            if known.is_some() && is_fresh || !may_ask {
                return Ok(known);
            }
            self.fetch(url).await
        };
        match (asked, self.look(id).0) {
            (Err(error), None) if self.read(|state| state.fetched.is_none()) => Err(error),
            (Err(error), known) => {
                tracing::warn!(%error, "the keys of the identity provider are old");
                Ok(known)
            }
            (Ok(()), known) => Ok(known),
        }
    }

    /// The key, whether the keys are fresh, and whether it may be asked for them now.
    fn look(&self, id: &str) -> (Option<Key>, bool, bool) {
        self.read(|state| {
            let young = |at: Option<Instant>, most| at.is_some_and(|at| at.elapsed() < most);
            let may_ask = !young(state.tried, self.least_pause);
            (state.keys.get(id).cloned(), young(state.fetched, FRESH), may_ask)
        })
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn fetch(&self, url: &str) -> Result<(), OutgoingError> {
        let answer = self.outgoing.get::<Document>(url).await;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.tried = Some(Instant::now());
        let document = answer?;
        state.fetched = state.tried;
        state.keys = Arc::new(document.keys.into_iter().filter_map(key).collect());
        Ok(())
    }
}

/// A key with its id; none for those of other kinds and uses, or without an id.
fn key(value: Value) -> Option<(String, Key)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let fits = algorithms(&jwk.algorithm)?;
    let algorithms = match jwk.common.key_algorithm {
        None => fits,
        Some(own) => vec![own.to_string().parse().ok().filter(|own: &Algorithm| fits.contains(own))?],
    };
    Some((jwk.common.key_id.clone()?, Key { decoding: DecodingKey::from_jwk(&jwk).ok()?, algorithms }))
}

/// What a kind of key can check; none for shared secrets.
fn algorithms(parameters: &AlgorithmParameters) -> Option<Vec<Algorithm>> {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match parameters {
        AlgorithmParameters::RSA(_) => Some(vec![RS256, RS384, RS512, PS256, PS384, PS512]),
        AlgorithmParameters::EllipticCurve(of) => match of.curve {
            EllipticCurve::P256 => Some(vec![ES256]),
            EllipticCurve::P384 => Some(vec![ES384]),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(of) => {
            matches!(of.curve, EllipticCurve::Ed25519).then(|| vec![EdDSA])
        }
        AlgorithmParameters::OctetKey(_) => None,
    }
}
