//! The token of a propeller that is a client of its server: got by its secret, and replaced before it ends.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aileron_idl::service::OAuth2MetadataRequest;
use aileron_idl::service::auth_metadata_service_client::AuthMetadataServiceClient;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// The header that tokens are sent in.
const HEADER: &str = "flyte-authorization";
/// Between two tries while no token is given, the first and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How long a request for a token may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program's name and secret.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) client_id: String,
    pub(crate) secret: String,
}

/// Adds the token that counts now to every call.
#[derive(Clone, Debug, Default)]
pub(super) struct Bearer(Arc<RwLock<Option<MetadataValue<Ascii>>>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            request.metadata_mut().insert(HEADER, value.clone());
        }
        Ok(request)
    }
}

/// What the token endpoint answers.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: u64,
}

impl Bearer {
    /// Gets a token, and the next when two thirds of its time are over, for ever.
    pub(super) async fn renew(self, channel: Channel, credentials: Credentials) {
        let mut pause = PAUSES.0;
        loop {
            match fetch(channel.clone(), &credentials).await {
                Ok((value, life)) => {
                    *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(value);
                    pause = PAUSES.0;
                    tokio::time::sleep(life * 2 / 3).await;
                }
                Err(error) => {
                    tracing::warn!("the propeller gets no token; it tries again: {error:#}");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSES.1);
                }
            }
        }
    }
}

/// A token as calls send it, and how long it counts.
async fn fetch(channel: Channel, credentials: &Credentials) -> Result<(MetadataValue<Ascii>, Duration)> {
    let metadata =
        AuthMetadataServiceClient::new(channel).get_o_auth2_metadata(OAuth2MetadataRequest {}).await;
    let url = metadata.context("the server does not say where tokens are given")?.into_inner().token_endpoint;
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    let request = client.build()?.post(&url).body("grant_type=client_credentials&scope=all");
    let request = request.header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.basic_auth(encoded(&credentials.client_id), Some(encoded(&credentials.secret)));
    let answer = request.send().await.with_context(|| url.clone())?;
    let (status, body) = (answer.status(), answer.bytes().await?);
    if !status.is_success() {
        bail!("{url} answered {status}: {}", String::from_utf8_lossy(&body));
    }
    let answer: Answer = serde_json::from_slice(&body).with_context(|| url.clone())?;
    let value = format!("Bearer {}", answer.access_token).parse::<MetadataValue<Ascii>>();
    let value = value.context("the token has what no token has")?;
    Ok((value, Duration::from_secs(answer.expires_in.clamp(30, 24 * 3600))))
}
