//! Asking an identity provider over HTTP: only where it was set up, in time, without redirects, and with an end.

use std::net::IpAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use url::{Host, Url};

/// How long a whole request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
const LARGEST: usize = 1 << 20;

/// Why a provider's answer is not there.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum OutgoingError {
    #[error("`{0}` may not be asked: it is neither https:// nor on loopback")]
    Address(String),
    #[error("the identity provider does not answer: {0}")]
    Unreachable(String),
    /// It refuses; what it says is shown in the log alone.
    #[error("the identity provider answered {status}")]
    Refused { status: u16, body: String },
    #[error("the identity provider answered something that cannot be read: {0}")]
    Answer(String),
}

/// Asks identity providers. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing(reqwest::Client);

impl Outgoing {
    pub(crate) fn new() -> Result<Outgoing, OutgoingError> {
        // The binary has said so before; who uses this crate otherwise need not know.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder =
            reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
        let client = builder.no_proxy().user_agent("aileron").build();
        client.map(Outgoing).map_err(|error| OutgoingError::Unreachable(error.to_string()))
    }

    /// A document.
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, OutgoingError> {
        let request = self.0.get(checked(url)?).header("accept", "application/json");
        answer(request).await
    }

    /// The answer to a form, sent by a client with or without a secret.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        basic: Option<(&str, &str)>,
        form: &[(&str, &str)],
    ) -> Result<T, OutgoingError> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = self.0.post(checked(url)?).header("accept", "application/json");
        request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        if let Some((client, secret)) = basic {
            // RFC 6749 has both parts encoded as in a form.
            let encoded =
                |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request = request.basic_auth(encoded(client), Some(encoded(secret)));
        }
        answer(request).await
    }
}

async fn answer<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, OutgoingError> {
    let unreachable = |error: reqwest::Error| OutgoingError::Unreachable(error.without_url().to_string());
    let mut response = request.send().await.map_err(unreachable)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(OutgoingError::Answer(format!("it has more than {LARGEST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    if !response.status().is_success() {
        let body = String::from_utf8_lossy(&body).chars().take(500).collect();
        return Err(OutgoingError::Refused { status: response.status().as_u16(), body });
    }
    serde_json::from_slice(&body).map_err(|error| OutgoingError::Answer(error.to_string()))
}

/// An address that may be asked: in TLS, or on this machine.
pub(crate) fn checked(url: &str) -> Result<Url, OutgoingError> {
    let refused = || OutgoingError::Address(url.to_owned());
    let parsed = Url::parse(url).map_err(|_| refused())?;
    let loopback = match parsed.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => return Err(refused()),
    };
    let fits = parsed.scheme() == "https" || (parsed.scheme() == "http" && loopback);
    if fits && parsed.username().is_empty() && parsed.password().is_none() {
        Ok(parsed)
    } else {
        Err(refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_and_loopback_are_asked() {
        for url in ["https://idp.test/x", "http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]/"] {
            assert!(checked(url).is_ok(), "{url}");
        }
        for url in [
            "http://idp.test/",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "ftp://localhost/",
            "https://user:secret@idp.test/",
            "http://localhost.evil.test/",
            "http://127.0.0.1.evil.test/",
            "gopher://127.0.0.1",
            "",
        ] {
            assert!(checked(url).is_err(), "{url}");
        }
    }
}
