//! Signed URLs: who holds one may transfer one object, one way, until it expires.
//!
//! The signature is HMAC-SHA256 over method, key, announced md5 and expiry, with a key that is made
//! once and kept beside the metadata, so URLs outlive a restart.

use std::io;
use std::path::Path;

use aileron_storage::key_file;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::ServiceError;

/// Bytes of the signing key.
const KEY_BYTES: usize = 32;

/// What may be done with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Upload,
    Download,
}

impl Access {
    const fn method(self) -> &'static str {
        match self {
            Access::Upload => "PUT",
            Access::Download => "GET",
        }
    }

    /// The first segment of the URL's path.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Access::Upload => "upload",
            Access::Download => "download",
        }
    }
}

/// What a signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) access: Access,
    /// The object's key below the store's root, as in its URI.
    pub(crate) key: String,
    /// Announced md5 in base64; empty when none was.
    pub(crate) md5: String,
    /// Seconds since the epoch.
    pub(crate) expires: i64,
}

/// Signs and verifies grants.
pub(crate) struct Signer {
    key: [u8; KEY_BYTES],
}

impl Signer {
    /// Reads the key, or makes one that only its owner can read.
    pub(crate) fn open(path: &Path) -> io::Result<Signer> {
        let kept = key_file::open(path, || Ok(rand::random::<[u8; KEY_BYTES]>().to_vec()))?;
        let key = kept.first_chunk().ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        Ok(Signer { key: *key })
    }

    fn mac(&self, grant: &Grant) -> Result<Hmac<Sha256>, ServiceError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key)
            .map_err(|error| ServiceError::Signature(error.to_string()))?;
        for part in [grant.access.method(), &grant.key, &grant.md5, &grant.expires.to_string()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Ok(mac)
    }

    /// The URL of a grant below `base`.
    pub(crate) fn url(&self, base: &str, grant: &Grant) -> Result<String, ServiceError> {
        let signature = URL_SAFE_NO_PAD.encode(self.mac(grant)?.finalize().into_bytes());
        let md5 = STANDARD.decode(&grant.md5).map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
        let (path, key, expires) = (grant.access.path(), path_of(&grant.key), grant.expires);
        let base = base.trim_end_matches('/');
        Ok(format!("{base}/{path}/{key}?md5={md5}&expires={expires}&signature={signature}"))
    }

    /// Checks a grant as a request claims it.
    pub(crate) fn verify(&self, grant: &Grant, signature: &str, now: i64) -> Result<(), ServiceError> {
        let altered = || {
            ServiceError::Signature("the signature of the URL does not fit it; ask for a new URL".to_owned())
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| altered())?;
        self.mac(grant)?.verify_slice(&signature).map_err(|_| altered())?;
        if now >= grant.expires {
            return Err(ServiceError::Signature("the URL has expired; ask for a new one".to_owned()));
        }
        Ok(())
    }
}

/// A key as a URL path: what a path cannot hold is escaped, `/` stays.
fn path_of(key: &str) -> String {
    let mut path = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                path.push(byte as char);
            }
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant { access: Access::Upload, key: "p/d/a b/f.tar".into(), md5: "AAAA".into(), expires: 100 }
    }

    fn signature(url: &str) -> &str {
        url.rsplit_once("signature=").unwrap().1
    }

    #[test]
    fn only_the_signed_grant_is_verified() {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::open(&folder.path().join("key")).unwrap();
        let url = signer.url("http://h:1/", &grant()).unwrap();
        assert!(url.starts_with("http://h:1/upload/p/d/a%20b/f.tar?md5=AAAA&expires=100&"), "{url}");
        let verify = |grant: &Grant, now| signer.verify(grant, signature(&url), now);
        assert!(verify(&grant(), 99).is_ok());
        assert!(verify(&grant(), 100).unwrap_err().to_string().contains("expired"));
        for altered in [
            Grant { access: Access::Download, ..grant() },
            Grant { key: "p/d/a b/g.tar".into(), ..grant() },
            Grant { md5: "BBBB".into(), ..grant() },
            Grant { expires: 1000, ..grant() },
        ] {
            assert!(verify(&altered, 99).is_err(), "{altered:?}");
        }
        assert!(signer.verify(&grant(), "", 99).is_err());
    }

    #[test]
    fn the_key_survives_and_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let url = Signer::open(&path).unwrap().url("", &grant()).unwrap();
        assert!(Signer::open(&path).unwrap().verify(&grant(), signature(&url), 0).is_ok());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
