//! Whether a token is one: its form, its key, its signature, and what it says of itself.
//!
//! Nothing of a token counts before its signature does, but the name of its key and its algorithm; both must be among
//! those that are known. What it carries to be checked by (keys, addresses of keys) makes it be refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Validation, decode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::jwks::Key;

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 16 << 10;
/// How far clocks may be apart, in seconds.
const LEEWAY: u64 = 30;
/// Longest name of a key.
const LONGEST_ID: usize = 256;

/// Why a token does not count. The text goes to the caller, and tells nothing that the token does not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the token is none: {0}")]
    Form(&'static str),
    #[error("the token is signed by a key that is not known here")]
    Key,
    #[error("the token's algorithm is not allowed here")]
    Algorithm,
    #[error("the token's signature does not fit it")]
    Signature,
    #[error("the token has expired; log in again")]
    Expired,
    #[error("the token does not count yet; the clocks may differ")]
    Early,
    #[error("the token is of another issuer")]
    Issuer,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token lacks what is needed here: {0}")]
    Claim(&'static str),
}

/// What a token must be to count.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) issuer: String,
    /// One of these.
    pub(crate) audience: Vec<String>,
    pub(crate) algorithms: Vec<Algorithm>,
}

/// What is read of a token before it is checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) key: String,
    algorithm: Algorithm,
}

/// What a token says, of which the signature, issuer, audience and times are checked.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Claims {
    /// Seconds since the epoch.
    pub(crate) exp: u64,
    #[serde(default)]
    iat: Option<u64>,
    #[serde(default)]
    pub(crate) sub: String,
    /// Everything else.
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

impl Claims {
    /// A claim that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.more.get(name)?.as_str()
    }

    /// A claim that is a list of texts, or one text of words.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        match self.more.get(name) {
            Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }
}

/// The head of a token whose form is right.
pub(crate) fn head(token: &str) -> Result<Head, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::Form("it is too long"));
    }
    let mut parts = token.split('.');
    let (Some(head), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Form("it has not three parts"));
    };
    let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| TokenError::Form("its head is not base64url"))?;
    let unreadable = |_| TokenError::Form("its head is no JSON object of texts");
    let head: UniqueTexts = serde_json::from_slice(&head).map_err(unreadable)?;
    let known = ["alg", "typ", "kid", "x5t", "x5t#S256"];
    if head.0.iter().any(|(name, _)| !known.contains(&name.as_str())) {
        return Err(TokenError::Form("its head has what is not taken here"));
    }
    let value = |name: &str| head.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let kind = value("typ").unwrap_or("JWT").to_ascii_lowercase();
    if !["jwt", "at+jwt", "application/at+jwt"].contains(&kind.as_str()) {
        return Err(TokenError::Form("it is of another type"));
    }
    let key = value("kid").filter(|key| !key.is_empty() && key.len() <= LONGEST_ID).ok_or(TokenError::Key)?;
    let algorithm = value("alg").and_then(|name| name.parse().ok()).ok_or(TokenError::Algorithm)?;
    Ok(Head { key: key.to_owned(), algorithm })
}

/// A JSON object whose values are texts and whose names come once.
struct UniqueTexts(Vec<(String, String)>);

impl<'de> Deserialize<'de> for UniqueTexts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> serde::de::Visitor<'de> for Pairs {
            type Value = UniqueTexts;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<UniqueTexts, A::Error> {
                let mut pairs: Vec<(String, String)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if pairs.iter().any(|(known, _)| *known == name) {
                        return Err(serde::de::Error::custom("a name comes twice"));
                    }
                    pairs.push((name, value));
                }
                Ok(UniqueTexts(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// What a token says, when it counts.
pub(crate) fn verify(token: &str, head: &Head, key: &Key, expected: &Expected) -> Result<Claims, TokenError> {
    if !expected.algorithms.contains(&head.algorithm) || !key.algorithms.contains(&head.algorithm) {
        return Err(TokenError::Algorithm);
    }
    let mut validation = Validation::new(head.algorithm);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[&expected.issuer]);
    validation.set_audience(&expected.audience);
    let claims = decode::<Claims>(token, &key.decoding, &validation).map_err(|error| refusal(&error))?.claims;
    // The library takes a list of issuers too; the standard has one text.
    if claims.text("iss") != Some(expected.issuer.as_str()) {
        return Err(TokenError::Issuer);
    }
    if claims.iat.is_some_and(|at| at > jsonwebtoken::get_current_timestamp() + LEEWAY) {
        return Err(TokenError::Early);
    }
    Ok(claims)
}

fn refusal(error: &jsonwebtoken::errors::Error) -> TokenError {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        ErrorKind::ImmatureSignature => TokenError::Early,
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        ErrorKind::InvalidAudience => TokenError::Audience,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => TokenError::Algorithm,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => {
            TokenError::Claim("exp, iss and aud, of the types that the standard has")
        }
        ErrorKind::InvalidSignature => TokenError::Signature,
        _ => TokenError::Form("it cannot be read"),
    }
}
