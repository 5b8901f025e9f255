//! The keys by which this server signs tokens: a file of its own, or one that several servers share.
//!
//! The file holds one PKCS#8 key of P-256 in PEM or several: the first signs, all are known. So a key is replaced by
//! putting a new one before it, and removed when its last token has expired. The file is read again when it changes.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aileron_storage::key_file;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::jwks::Key;

/// At most how often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("failed to use the keys of tokens in {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has no keys.
    #[error("{} holds no PKCS#8 key of P-256 in PEM", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
    },
}

/// The keys that count now.
#[derive(Debug)]
pub(crate) struct TokenKeys {
    path: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    keys: Arc<Vec<OwnKey>>,
    stamp: Option<(SystemTime, u64)>,
    looked: Instant,
}

/// One key.
pub(crate) struct OwnKey {
    pub(crate) id: String,
    pub(crate) signing: EncodingKey,
    pub(crate) public: Key,
    /// As JWKS shows it.
    shown: Value,
}

impl std::fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl TokenKeys {
    /// Reads the file, or makes one that only its owner can read.
    ///
    /// # Errors
    /// When it cannot be used.
    pub(crate) fn open(path: &Path) -> Result<TokenKeys, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        let made =
            || fresh_pem().map(String::into_bytes).ok_or_else(|| io::Error::other("no key can be made"));
        let text = key_file::open(path, made).map_err(failed)?;
        let (stamp, keys) = (stamp(path), Arc::new(parse(path, &text)?));
        Ok(TokenKeys {
            path: path.to_owned(),
            held: Mutex::new(Held { keys, stamp, looked: Instant::now() }),
        })
    }

    /// The keys, the one that signs first; a second old at the most.
    pub(crate) fn current(&self) -> Arc<Vec<OwnKey>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.looked.elapsed() >= LOOK {
            held.looked = Instant::now();
            self.renew(&mut held);
        }
        held.keys.clone()
    }

    fn renew(&self, held: &mut Held) {
        let stamp = stamp(&self.path);
        if stamp == held.stamp {
            return;
        }
        held.stamp = stamp;
        match read(&self.path) {
            Ok(keys) => held.keys = Arc::new(keys),
            Err(error) => tracing::error!(%error, "the new keys of tokens are not taken; those before count"),
        }
    }

    /// The public keys as a JWK set.
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": self.current().iter().map(|key| key.shown.clone()).collect::<Vec<_>>() })
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

fn read(path: &Path) -> Result<Vec<OwnKey>, KeyError> {
    let text = key_file::read(path).map_err(|source| KeyError::File { path: path.to_owned(), source })?;
    parse(path, &text)
}

fn parse(path: &Path, text: &[u8]) -> Result<Vec<OwnKey>, KeyError> {
    let keys: Option<Vec<OwnKey>> =
        PrivatePkcs8KeyDer::pem_slice_iter(text).map(|der| own_key(der.ok()?.secret_pkcs8_der())).collect();
    keys.filter(|keys| !keys.is_empty()).ok_or_else(|| KeyError::Format { path: path.to_owned() })
}

fn own_key(der: &[u8]) -> Option<OwnKey> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new()).ok()?;
    let point = pair.public_key().as_ref();
    // An uncompressed point: 4, then the two coordinates.
    let (x, y) = point.get(1..)?.split_at_checked(32)?;
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(point)[..12]);
    let shown =
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": id, "x": x, "y": y });
    let public = Key { decoding: DecodingKey::from_ec_der(point), algorithms: vec![Algorithm::ES256] };
    Some(OwnKey { id, signing: EncodingKey::from_ec_der(der), public, shown })
}

/// A new key in PEM.
fn fresh_pem() -> Option<String> {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).ok()?;
    let text = STANDARD.encode(made.as_ref());
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    Some(format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n")))
}

/// Puts a new key before those of a file.
///
/// # Errors
/// When the file cannot be used.
pub fn rotate(path: &Path) -> Result<(), KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    TokenKeys::open(path)?;
    let new = fresh_pem().ok_or_else(|| failed(io::Error::other("no key can be made")))?;
    let old = fs::read_to_string(path).map_err(failed)?;
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(failed)?;
    file.write_all(format!("{new}{old}").as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_new_key_signs_and_the_old_one_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        let keys = TokenKeys::open(&path).unwrap();
        let old = keys.current()[0].id.clone();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        rotate(&path).unwrap();
        keys.renew(&mut keys.held.lock().unwrap());
        let ids: Vec<String> = keys.current().iter().map(|key| key.id.clone()).collect();
        assert_eq!((ids.len(), &ids[1]), (2, &old));
        assert_ne!(ids[0], old);
        assert_eq!(keys.jwks()["keys"][1]["kid"], old.as_str());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = format!("{:#}", anyhow::Error::from(TokenKeys::open(&path).unwrap_err()));
        assert!(refused.contains("token.key") && refused.contains("chmod 600"), "{refused}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "nothing").unwrap();
        keys.renew(&mut keys.held.lock().unwrap());
        assert_eq!(keys.current().len(), 2);
        assert!(matches!(TokenKeys::open(&path), Err(KeyError::Format { .. })));
    }
}
