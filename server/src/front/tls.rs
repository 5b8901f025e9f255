//! TLS of the port: its certificate, its key and the authorities of clients, read again when their files change.
//!
//! A connection that began with one certificate keeps it; files that cannot be used are told in the log, and
//! what was read before goes on being served.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aileron_storage::key_file;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use webpki::EndEntityCert;

/// At most how often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Where a certificate, its key and the authorities of clients lie, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain that is served, the server's own certificate first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Whoever has a certificate of one of these is a part of the platform; others need none.
    pub client_authorities: Option<PathBuf>,
}

impl TlsFiles {
    fn all(&self) -> impl Iterator<Item = &Path> {
        [&self.certificate, &self.key].into_iter().chain(&self.client_authorities).map(PathBuf::as_path)
    }
}

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or has nothing of what it should have.
    #[error("failed to read {}; it must have PEM of {what}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
        /// What is wrong.
        source: pem::Error,
    },
    /// The file of the key cannot be read, or others may read it.
    #[error("failed to read the private key {}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and the mend.
        source: io::Error,
    },
    /// A file has nothing of what it should have.
    #[error("{} has no PEM of {what}", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// The certificate and the key do not belong together, or are of a kind that is not known.
    #[error("the certificate and the key cannot be used together")]
    Pair(#[source] rustls::Error),
    /// The authorities cannot be used.
    #[error("the authorities of clients cannot be used")]
    Authorities(#[source] VerifierBuilderError),
}

/// What is served now.
#[derive(Debug)]
pub(crate) struct Tls {
    files: TlsFiles,
    current: Mutex<Current>,
}

struct Current {
    acceptor: TlsAcceptor,
    stamps: Stamps,
    looked: Instant,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("stamps", &self.stamps).finish_non_exhaustive()
    }
}

/// By what a changed file is known; who may read it is part of that.
type Stamps = Vec<Option<(SystemTime, u64, u32)>>;

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub(crate) fn open(files: TlsFiles) -> Result<Tls, TlsError> {
        let stamps = stamps(&files);
        let acceptor = TlsAcceptor::from(Arc::new(config(&files)?));
        Ok(Tls { files, current: Mutex::new(Current { acceptor, stamps, looked: Instant::now() }) })
    }

    /// What new connections are accepted by.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked.elapsed() >= LOOK {
            current.looked = Instant::now();
            self.renew(&mut current);
        }
        current.acceptor.clone()
    }

    fn renew(&self, current: &mut Current) {
        let stamps = stamps(&self.files);
        if stamps == current.stamps {
            return;
        }
        current.stamps = stamps;
        match config(&self.files) {
            Ok(config) => {
                current.acceptor = TlsAcceptor::from(Arc::new(config));
                tracing::info!(certificate = %self.files.certificate.display(), "TLS is served by new files");
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "the new files of TLS are not taken; the ones before are served");
            }
        }
    }
}

fn stamps(files: &TlsFiles) -> Stamps {
    let stamp = |path: &Path| -> io::Result<_> {
        let about = fs::metadata(path)?;
        Ok((about.modified()?, about.len(), about.mode()))
    };
    files.all().map(|path| stamp(path).ok()).collect()
}

fn config(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Pair)?;
    let builder = match &files.client_authorities {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(TlsError::Pair)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = verifier.allow_unauthenticated().build().map_err(TlsError::Authorities)?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let what = "a private key";
    let text =
        key_file::read(&files.key).map_err(|source| TlsError::Key { path: files.key.clone(), source })?;
    let key = PrivateKeyDer::from_pem_slice(&text);
    let key = key.map_err(|source| TlsError::File { path: files.key.clone(), what, source })?;
    let mut config =
        builder.with_single_cert(certificates(&files.certificate)?, key).map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let what = "certificates";
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|source| TlsError::File { path: path.to_owned(), what, source })?;
    if found.is_empty() { Err(TlsError::Empty { path: path.to_owned(), what }) } else { Ok(found) }
}

/// The name of the part that a checked certificate is of: its first DNS name.
pub(super) fn part(certificate: &CertificateDer<'_>) -> String {
    let named = EndEntityCert::try_from(certificate);
    let name = named.ok().and_then(|certificate| certificate.valid_dns_names().next().map(str::to_owned));
    name.unwrap_or_else(|| "unnamed".to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Writes a certificate of a name, and its key.
    fn write(folder: &Path, name: &str) -> TlsFiles {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        let files = TlsFiles {
            certificate: folder.join("tls.crt"),
            key: folder.join("tls.key"),
            client_authorities: None,
        };
        fs::write(&files.certificate, made.cert.pem()).unwrap();
        fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        set_mode(&files.key, 0o600);
        files
    }

    #[test]
    fn files_that_cannot_be_used_leave_what_is_served() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), "first.test");
        let tls = Tls::open(files.clone()).unwrap();
        let served = |tls: &Tls| Arc::as_ptr(tls.current.lock().unwrap().acceptor.config());
        let renew = |tls: &Tls| tls.renew(&mut tls.current.lock().unwrap());
        let first = served(&tls);
        renew(&tls);
        assert_eq!(served(&tls), first);
        fs::write(&files.certificate, "-----BEGIN CERTIFICATE-----\nMIIB").unwrap();
        renew(&tls);
        assert_eq!(served(&tls), first);
        write(folder.path(), "a-second-one.test");
        renew(&tls);
        assert_ne!(served(&tls), first);
    }

    #[test]
    fn a_key_that_others_may_read_is_not_served() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), "first.test");
        set_mode(&files.key, 0o644);
        let Err(TlsError::Key { path, source }) = Tls::open(files.clone()) else { panic!("served") };
        assert!(path == files.key && source.to_string().contains("chmod 600"), "{source}");
        set_mode(&files.key, 0o600);
        let tls = Tls::open(files.clone()).unwrap();
        let served = |tls: &Tls| Arc::as_ptr(tls.current.lock().unwrap().acceptor.config());
        let first = served(&tls);
        // Neither is the next one, until the mend counts.
        write(folder.path(), "second.test");
        set_mode(&files.key, 0o644);
        tls.renew(&mut tls.current.lock().unwrap());
        assert_eq!(served(&tls), first);
        set_mode(&files.key, 0o600);
        tls.renew(&mut tls.current.lock().unwrap());
        assert_ne!(served(&tls), first);
    }

    #[test]
    fn a_part_is_named_by_its_certificate() {
        let made = rcgen::generate_simple_self_signed(vec!["propeller.test".to_owned()]).unwrap();
        assert_eq!(part(made.cert.der()), "propeller.test");
        assert_eq!(part(&CertificateDer::from(vec![1, 2, 3])), "unnamed");
    }
}
