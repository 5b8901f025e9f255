//! Certificates for TLS between the parts, of an authority of the tests' own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// A folder with the certificate of an authority, and those that it has signed: of a server, and of a part of the platform.
#[derive(Debug)]
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Makes all of them.
    pub fn new() -> Result<Certificates> {
        let certificates = Certificates { folder: tempfile::tempdir()? };
        let authority = authority()?;
        fs::write(certificates.authority(), authority.pem())?;
        certificates.sign(&authority, "server", "localhost")?;
        certificates.sign(&authority, "part", "propeller")?;
        Ok(certificates)
    }

    /// From now on the part's is of an authority that nobody knows.
    pub fn estrange(&self) -> Result<()> {
        self.sign(&authority()?, "part", "propeller")
    }

    fn sign(&self, authority: &CertifiedIssuer<'static, KeyPair>, of: &str, name: &str) -> Result<()> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, authority)?;
        let (kept, kept_key) = self.of(of);
        fs::write(kept, certificate.pem())?;
        fs::write(&kept_key, key.serialize_pem())?;
        // A key that others may read is not taken.
        Ok(fs::set_permissions(kept_key, Permissions::from_mode(0o600))?)
    }

    /// The authority's certificate.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// The certificate of `server` or `part`, and its key.
    pub fn of(&self, name: &str) -> (PathBuf, PathBuf) {
        let path = |kind: &str| self.folder.path().join(Path::new(name).with_extension(kind));
        (path("crt"), path("key"))
    }

    /// How a part connects.
    pub(crate) fn of_part(&self) -> Result<ClientTlsConfig> {
        let (certificate, key) = self.of("part");
        let own = Identity::from_pem(fs::read(certificate)?, fs::read(key)?);
        let authority = Certificate::from_pem(fs::read(self.authority())?);
        Ok(ClientTlsConfig::new().ca_certificate(authority).identity(own))
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}
