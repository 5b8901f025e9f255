//! Who a command calls as: by a token, or as a program by its secret.

use std::sync::Arc;

use aileron_idl::service::auth_metadata_service_client::AuthMetadataServiceClient;
use aileron_idl::service::{OAuth2MetadataRequest, OAuth2MetadataResponse};
use serde_json::Value;
use tokio::sync::OnceCell;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::connect::Target;
use super::failure::Failure;

/// The header that Flyte's clients send tokens in: proxies leave it alone.
const HEADER: &str = "flyte-authorization";

/// Who calls. Without any of it nobody does, which is enough where callers are not told apart.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Credentials {
    /// Access token; `aileron login` prints one.
    #[arg(long, env = "AILERON_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Name of a program, to get a token by its secret.
    #[arg(long, env = "AILERON_CLIENT_ID", hide_env_values = true, requires = "client_secret")]
    client_id: Option<String>,
    /// Its secret; better given in the environment.
    #[arg(long, env = "AILERON_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// What a command has got counts as long as the command runs.
    #[arg(skip)]
    held: Arc<OnceCell<Option<String>>>,
}

/// A connection on which every call names its caller.
pub(super) type Connection = InterceptedService<Channel, Bearer>;

/// Adds the caller's token to calls, if there is one.
#[derive(Clone, Debug)]
pub(super) struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert(HEADER, value.clone());
        }
        Ok(request)
    }
}

impl Credentials {
    /// The token of whoever calls.
    pub(super) async fn token(&self, target: &Target) -> Result<Option<String>, Failure> {
        Ok(self.held.get_or_try_init(|| self.fetch(target)).await?.clone())
    }

    async fn fetch(&self, target: &Target) -> Result<Option<String>, Failure> {
        let (Some(id), Some(secret)) = (&self.client_id, &self.client_secret) else {
            return Ok(self.token.clone());
        };
        let metadata = metadata(target).await?;
        let form = [("grant_type", "client_credentials"), ("scope", "all")];
        let answer = post(target, &metadata.token_endpoint, Some((id, secret)), &form).await?;
        field(&answer, "access_token").map(Some)
    }

    /// A connection on which calls have the token.
    pub(super) async fn on(&self, target: &Target, channel: Channel) -> Result<Connection, Failure> {
        let value = match self.token(target).await? {
            Some(token) => {
                let value: MetadataValue<Ascii> = format!("Bearer {}", token.trim())
                    .parse()
                    .map_err(|_| Failure::Usage("invalid --token: it has what no token has".to_owned()))?;
                Some(value)
            }
            None => None,
        };
        Ok(InterceptedService::new(channel, Bearer(value)))
    }
}

/// Where a server has its callers log in.
pub(super) async fn metadata(target: &Target) -> Result<OAuth2MetadataResponse, Failure> {
    let mut service = AuthMetadataServiceClient::new(target.plain_channel().await?);
    Ok(service.get_o_auth2_metadata(OAuth2MetadataRequest {}).await?.into_inner())
}

/// The answer to a form. A refusal is answered too; it has a field `error`.
pub(super) async fn post(
    target: &Target,
    url: &str,
    basic: Option<(&str, &str)>,
    form: &[(&str, &str)],
) -> Result<Value, Failure> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let mut request = target.http()?.post(url).body(body);
    request = request.header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some((id, secret)) = basic {
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        request = request.basic_auth(encoded(id), Some(encoded(secret)));
    }
    let lost =
        |error: reqwest::Error| Failure::Unreachable { endpoint: url.to_owned(), cause: error.to_string() };
    let bytes = request.send().await.map_err(lost)?.bytes().await.map_err(lost)?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::Answer(format!("{url}: {error}")))
}

/// A text of an answer, or its refusal.
pub(super) fn field(answer: &Value, name: &str) -> Result<String, Failure> {
    if let Some(text) = answer[name].as_str() {
        return Ok(text.to_owned());
    }
    let told = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    Err(Failure::NotLoggedIn(format!("{} {}", told("error"), told("error_description")).trim().to_owned()))
}
