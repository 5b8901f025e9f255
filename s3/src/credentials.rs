//! The one key that opens the door.

use std::io;
use std::path::{Path, PathBuf};

use aileron_storage::key_file;
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use hmac::{Hmac, Mac};
use rand::Rng;
use rand::distr::Alphanumeric;
use sha2::Sha256;

/// An access key and its secret.
#[derive(Clone)]
pub struct Credentials {
    /// Who asks; not secret.
    pub access_key: String,
    /// What requests are signed with.
    pub secret: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// What the access keys of callers begin with; what the server makes for itself has twenty letters.
const OF_CALLERS: &str = "CALLER";

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read or made.
    #[error("failed to use the key file `{path}`")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("`{0}` does not hold an access key and a secret on two lines; remove it to have new ones made")]
    Content(PathBuf),
}

impl Credentials {
    /// Reads the key, or makes one that only its owner can read.
    ///
    /// # Errors
    /// When the file cannot be used, or holds something else.
    pub fn open(path: &Path) -> Result<Credentials, CredentialsError> {
        let failed = |source| CredentialsError::File { path: path.to_owned(), source };
        let made = || Ok(format!("{}\n{}\n", letters(20), letters(40)).into_bytes());
        let text = key_file::open(path, made).map_err(failed)?;
        let text = String::from_utf8(text).ok();
        text.and_then(|text| parse(&text)).ok_or_else(|| CredentialsError::Content(path.to_owned()))
    }
}

impl Credentials {
    /// The key of somebody: it follows from this one, and from nothing that is kept.
    pub fn of(&self, who: &str) -> Credentials {
        // Keys of any length are taken, so this is one.
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes());
        let secret = mac.map_or_else(
            |_| letters(40),
            |mac| {
                BASE64URL_NOPAD
                    .encode(&mac.chain_update(b"caller\0").chain_update(who).finalize().into_bytes())
            },
        );
        Credentials { access_key: format!("{OF_CALLERS}{}", BASE32_NOPAD.encode(who.as_bytes())), secret }
    }

    /// Whose an access key is, if it is one of a caller's.
    pub(crate) fn owner(access_key: &str) -> Option<String> {
        let name = BASE32_NOPAD.decode(access_key.strip_prefix(OF_CALLERS)?.as_bytes()).ok()?;
        String::from_utf8(name).ok().filter(|name| !name.is_empty())
    }
}

fn parse(text: &str) -> Option<Credentials> {
    let (access_key, secret) = text.trim_end().split_once('\n')?;
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
    (is_word(access_key) && is_word(secret))
        .then(|| Credentials { access_key: access_key.to_owned(), secret: secret.to_owned() })
}

fn letters(count: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(count).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_survives_and_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s3.key");
        let made = Credentials::open(&path).unwrap();
        assert_eq!(Credentials::open(&path).unwrap().secret, made.secret);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{made:?}").contains(&made.secret));
    }

    #[test]
    fn a_callers_key_follows_from_the_servers() {
        let key = |secret: &str| Credentials { access_key: "k".to_owned(), secret: secret.to_owned() };
        let ann = key("s").of("user:ann b");
        assert_eq!(ann.secret, key("s").of("user:ann b").secret);
        assert_ne!(ann.secret, key("t").of("user:ann b").secret);
        assert_ne!(ann.secret, key("s").of("user:ann").secret);
        assert_eq!(Credentials::owner(&ann.access_key).as_deref(), Some("user:ann b"));
        for other in ["", "CALLER", "CALLER1", "AKIA", "CALLERmfrgg"] {
            assert_eq!(Credentials::owner(other), None, "{other}");
        }
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s3.key");
        for text in ["", "one", "\n", "a b\nc", "a\n"] {
            let _ = std::fs::remove_file(&path);
            key_file::open(&path, || Ok(text.into())).unwrap();
            assert!(matches!(Credentials::open(&path), Err(CredentialsError::Content(_))), "{text:?}");
        }
    }
}
