//! The webhook's certificate: made here, kept in a secret of the cluster for all that serve, renewed in time.
//!
//! A certificate is its own authority. While a new one spreads, the API server trusts the one before it too.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, Result, bail};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::{Client, ResourceExt};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::Webhook;

/// When the certificate is to be renewed, as an annotation of its secret: seconds since 1970.
const RENEW: &str = "aileron/renew-at";
/// Entries of the secret: the certificate, its key, and all certificates that are trusted.
const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";
const TRUSTED: &str = "ca.crt";
const DAY: i64 = 24 * 3600;

/// A certificate as the cluster keeps it, in PEM.
pub(super) struct Held {
    certificate: String,
    key: String,
    /// This one and the one before it.
    pub(super) trusted: String,
}

/// Where the cluster keeps it.
pub(super) struct Certificates {
    secrets: Api<Secret>,
    name: String,
    names: Vec<String>,
    days: i64,
}

impl Certificates {
    pub(super) fn new(client: Client, asked: &Webhook) -> Certificates {
        let Webhook { service, namespace, .. } = asked;
        let mut names = vec![format!("{service}.{namespace}.svc"), format!("{service}.{namespace}")];
        names.extend(asked.address.iter().filter_map(|address| Some(address.rsplit_once(':')?.0.to_owned())));
        Certificates {
            secrets: Api::namespaced(client, namespace),
            name: service.clone(),
            names,
            days: asked.certificate_days.into(),
        }
    }

    /// The certificate that is to be served now. Of several that renew it at once, one does.
    pub(super) async fn held(&self) -> Result<Held> {
        for _ in 0..3 {
            let found = self.secrets.get_opt(&self.name).await?;
            if let Some(held) = found.as_ref().filter(|found| !is_due(found, now())).and_then(read) {
                return Ok(held);
            }
            let made = self.make(found.as_ref())?;
            let written = match &found {
                None => self.secrets.create(&PostParams::default(), &made).await,
                Some(_) => self.secrets.replace(&self.name, &PostParams::default(), &made).await,
            };
            match written {
                Ok(written) => return read(&written).context("the secret lacks what was written into it"),
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                Err(error) => return Err(error.into()),
            }
        }
        bail!("others change the secret `{}` again and again", self.name)
    }

    fn make(&self, before: Option<&Secret>) -> Result<Secret> {
        let now = now();
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(self.names.clone())?;
        let ((year, month, day), end) = (date(now - DAY)?, date(now + (self.days + 1) * DAY)?);
        params.not_before = date_time_ymd(year, month, day);
        params.not_after = date_time_ymd(end.0, end.1, end.2);
        let certificate = params.self_signed(&key)?.pem();
        let old = before.and_then(read).map(|held| held.certificate).unwrap_or_default();
        let trusted = format!("{certificate}{old}");
        let entries = [(CERTIFICATE, certificate), (KEY, key.serialize_pem()), (TRUSTED, trusted)];
        let bytes = |(name, text): (&str, String)| (name.to_owned(), ByteString(text.into_bytes()));
        let renew = (now + self.days * DAY * 2 / 3).to_string();
        Ok(Secret {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                annotations: Some([(RENEW.to_owned(), renew)].into()),
                resource_version: before.and_then(ResourceExt::resource_version),
                ..Default::default()
            },
            data: Some(entries.map(bytes).into()),
            type_: Some("kubernetes.io/tls".to_owned()),
            ..Default::default()
        })
    }
}

fn is_due(secret: &Secret, now: i64) -> bool {
    let at = secret.annotations().get(RENEW).and_then(|text| text.parse::<i64>().ok());
    at.is_none_or(|at| now >= at)
}

fn read(secret: &Secret) -> Option<Held> {
    let data: &BTreeMap<String, ByteString> = secret.data.as_ref()?;
    let text = |name: &str| String::from_utf8(data.get(name)?.0.clone()).ok();
    Some(Held { certificate: text(CERTIFICATE)?, key: text(KEY)?, trusted: text(TRUSTED)? })
}

/// Year, month and day of an instant.
fn date(seconds: i64) -> Result<(i32, u8, u8)> {
    let date = jiff::Timestamp::from_second(seconds)?.to_zoned(jiff::tz::TimeZone::UTC).date();
    Ok((date.year().into(), date.month().cast_unsigned(), date.day().cast_unsigned()))
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The certificate that is served now; connections that begin later get a later one.
#[derive(Debug, Default)]
pub(super) struct Current(RwLock<Option<Arc<CertifiedKey>>>);

impl Current {
    pub(super) fn set(&self, held: &Held) -> Result<()> {
        let chain =
            CertificateDer::pem_slice_iter(held.certificate.as_bytes()).collect::<Result<Vec<_>, _>>()?;
        let key = any_supported_type(&PrivateKeyDer::from_pem_slice(held.key.as_bytes())?)?;
        let certified = Some(Arc::new(CertifiedKey::new(chain, key)));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = certified;
        Ok(())
    }

    pub(super) fn config(self: &Arc<Current>) -> ServerConfig {
        ServerConfig::builder().with_no_client_auth().with_cert_resolver(self.clone())
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
