//! Reaching a server: in TLS or without, as its address says.

use std::path::{Path, PathBuf};

use aileron_storage::key_file;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

/// What a client of TLS knows beside the address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    /// File with authorities that count beside the system's.
    pub(crate) authorities: Option<PathBuf>,
    /// Files of a certificate of its own and of its key.
    pub(crate) own: Option<(PathBuf, PathBuf)>,
}

/// Why an address cannot be reached, whoever is there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("`{0}` is no address; write HOST:PORT, or https://HOST:PORT for TLS")]
    Address(String),
    #[error("failed to read {}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("failed to set up TLS")]
    Tls(#[source] tonic::transport::Error),
}

/// The endpoint of `HOST:PORT`, `http://HOST:PORT`, `dns:///HOST:PORT` or, in TLS, `https://HOST:PORT`. Who names
/// authorities or a certificate wants TLS too.
pub(crate) fn endpoint(address: &str, trust: &Trust) -> Result<Endpoint, AddressError> {
    let url = url(address, trust)?;
    let bad = |_| AddressError::Address(address.to_owned());
    let endpoint = Endpoint::from_shared(url.clone()).map_err(bad)?;
    if url.starts_with("http://") {
        return Ok(endpoint);
    }
    let mut tls = ClientTlsConfig::new().with_native_roots();
    if let Some(path) = &trust.authorities {
        tls = tls.ca_certificate(Certificate::from_pem(read(path)?));
    }
    if let Some((certificate, key)) = &trust.own {
        let failed = |source| AddressError::File { path: key.clone(), source };
        let key = key_file::read(key).map_err(failed)?;
        tls = tls.identity(Identity::from_pem(read(certificate)?, key));
    }
    endpoint.tls_config(tls).map_err(AddressError::Tls)
}

/// The address with its scheme.
pub(crate) fn url(address: &str, trust: &Trust) -> Result<String, AddressError> {
    let host = address.trim_start_matches("dns:///").trim_end_matches('/');
    let wants_tls = trust.authorities.is_some() || trust.own.is_some();
    let (scheme, host) = match host.split_once("://") {
        Some(("https", host)) => ("https", host),
        Some(("http", host)) if !wants_tls => ("http", host),
        None if wants_tls => ("https", host),
        None => ("http", host),
        Some(_) => return Err(AddressError::Address(address.to_owned())),
    };
    Ok(format!("{scheme}://{host}"))
}

fn read(path: &Path) -> Result<Vec<u8>, AddressError> {
    std::fs::read(path).map_err(|source| AddressError::File { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_whether_tls_is_spoken() {
        let plain = Trust::default();
        let known = Trust { authorities: Some("ca.pem".into()), own: None };
        let said = |address, trust| url(address, trust).ok();
        assert_eq!(said("h:1", &plain).as_deref(), Some("http://h:1"));
        assert_eq!(said("dns:///h:1", &plain).as_deref(), Some("http://h:1"));
        assert_eq!(said("https://h:1/", &plain).as_deref(), Some("https://h:1"));
        assert_eq!(said("h:1", &known).as_deref(), Some("https://h:1"));
        assert_eq!(said("http://h:1", &known), None);
        assert_eq!(said("ftp://h:1", &plain), None);
    }
}
