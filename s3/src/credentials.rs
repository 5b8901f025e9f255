//! The one key that opens the door.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rand::Rng;
use rand::distr::Alphanumeric;
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};
use subtle::ConstantTimeEq;

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
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(mut file) => {
                let made = Credentials { access_key: letters(20), secret: letters(40) };
                writeln!(file, "{}\n{}", made.access_key, made.secret).map_err(failed)?;
                file.sync_all().map_err(failed)?;
                Ok(made)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let text = std::fs::read_to_string(path).map_err(failed)?;
                parse(&text).ok_or_else(|| CredentialsError::Content(path.to_owned()))
            }
            Err(error) => Err(failed(error)),
        }
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

#[async_trait::async_trait]
impl S3Auth for Credentials {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if bool::from(access_key.as_bytes().ct_eq(self.access_key.as_bytes())) {
            return Ok(SecretKey::from(self.secret.clone()));
        }
        Err(s3_error!(InvalidAccessKeyId, "this access key is not the server's"))
    }
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
    fn a_file_of_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s3.key");
        for text in ["", "one", "\n", "a b\nc", "a\n"] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(Credentials::open(&path), Err(CredentialsError::Content(_))), "{text:?}");
        }
    }
}
