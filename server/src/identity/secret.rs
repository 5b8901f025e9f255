//! Secrets: made here, given out once, kept as hashes.

use std::fmt;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Bytes of a secret that is made here.
const BYTES: usize = 32;
/// What OWASP recommends of Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Longest password that is looked at, in bytes.
const LONGEST: usize = 1024;

/// A secret. It shows itself to whoever asks it to, and never by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A text that is to be kept from logs.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A fresh secret of 256 random bits, in letters that URLs and forms leave as they are.
pub(crate) fn fresh() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; BYTES]>())
}

/// By what a fresh secret is known: it cannot be guessed, so a fast hash will do.
pub(crate) fn digest(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
}

/// The challenge of PKCE that a verifier answers, by S256.
pub(crate) fn challenge(verifier: &str) -> String {
    digest(verifier)
}

/// Why a password cannot be kept or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// It is too short to be kept.
    #[error("a password needs {0} letters at least")]
    Short(usize),
    /// It is too long to be looked at.
    #[error("a password may have {LONGEST} bytes at most")]
    Long,
    /// The hash cannot be made.
    #[error("the hash of a password cannot be made: {0}")]
    Hash(String),
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None);
    let params = params.map_err(|error| PasswordError::Hash(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of something that people choose, in the form of PHC.
pub(crate) fn hash(password: &str) -> Result<String, PasswordError> {
    if password.len() > LONGEST {
        return Err(PasswordError::Long);
    }
    let failed = |error: argon2::password_hash::Error| PasswordError::Hash(error.to_string());
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(failed)?;
    Ok(argon2()?.hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Whether a password is the one of a hash. Without a hash it costs the same and is not.
pub(crate) fn is(password: &str, kept: Option<&str>) -> bool {
    /// Of nothing that anybody knows.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let (Ok(argon2), Ok(parsed)) = (argon2(), PasswordHash::new(kept.unwrap_or(NOBODY))) else {
        return false;
    };
    let matches = password.len() <= LONGEST && argon2.verify_password(password.as_bytes(), &parsed).is_ok();
    matches && kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash() {
        let kept = hash("correct horse").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(is("correct horse", Some(&kept)));
        assert!(!is("correct horse ", Some(&kept)));
        assert!(!is("correct horse", None));
        assert!(!is("correct horse", Some("no hash")));
        assert_ne!(hash("correct horse").unwrap(), kept);
        assert!(hash(&"x".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new("hidden")), "Secret");
        assert!(fresh() != fresh() && fresh().len() == 43);
    }

    #[test]
    fn a_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
