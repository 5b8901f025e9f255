//! The calls of AWS Batch's API: JSON, signed, each within its time.

use std::time::Duration;

use object_store::ClientOptions;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsAuthorizer, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpConnector, HttpRequest, ReqwestConnector};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::answer::{meaning, nonsense};
use super::settings::{BatchSettings, SettingsError};
use crate::told;
use crate::web::CallError;

/// What signatures are for.
const SERVICE: &str = "batch";
/// What an error is called.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// The API of one account in one region.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) region: String,
    endpoint: String,
    credentials: AwsCredentialProvider,
    client: HttpClient,
    timeout: Duration,
}

/// The operations that are used.
#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    DescribeJobDefinitions,
    RegisterJobDefinition,
    SubmitJob,
    ListJobs,
    DescribeJobs,
    TerminateJob,
}

impl Operation {
    fn name(self) -> String {
        format!("{self:?}")
    }

    /// Where it is: its name in small letters.
    fn path(self) -> String {
        format!("/v1/{}", self.name().to_ascii_lowercase())
    }
}

impl Service {
    /// Nothing is called before something is asked.
    pub(super) fn new(
        settings: &BatchSettings,
        environment: &[(String, String)],
    ) -> Result<Service, SettingsError> {
        let of =
            |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let region = Some(settings.region.clone()).filter(|region| !region.is_empty());
        let region = region.or_else(|| of("AWS_REGION")).or_else(|| of("AWS_DEFAULT_REGION"));
        let region = region.ok_or(SettingsError::Region)?;
        let endpoint = match settings.endpoint.as_str() {
            "" => format!("https://batch.{region}.amazonaws.com"),
            endpoint => endpoint.trim_end_matches('/').to_owned(),
        };
        let is_address =
            Url::parse(&endpoint).is_ok_and(|url| url.has_host() && url.scheme().starts_with("http"));
        if !is_address {
            return Err(SettingsError::Endpoint(endpoint));
        }
        let refused = |error: object_store::Error| SettingsError::Credentials(told(&error));
        let options = ClientOptions::new()
            .with_allow_http(true)
            .with_timeout(settings.timeout)
            .with_connect_timeout(settings.timeout);
        Ok(Service {
            credentials: credentials(environment, &region)?,
            client: ReqwestConnector::default().connect(&options).map_err(refused)?,
            timeout: settings.timeout,
            region,
            endpoint,
        })
    }

    /// Makes a call.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        operation: Operation,
        request: &Value,
    ) -> Result<T, CallError> {
        let name = operation.name();
        let late = || CallError::Late(format!("AWS Batch has not answered {name} within {:?}", self.timeout));
        let answered = tokio::time::timeout(self.timeout, self.send(operation, request)).await;
        let body = answered.unwrap_or_else(|_| Err(late()))?;
        // Some operations have nothing to say.
        let body = if body.is_empty() { b"{}" } else { body.as_slice() };
        serde_json::from_slice(body)
            .map_err(|error| nonsense(&name, &format!("with something else ({error})")))
    }

    async fn send(&self, operation: Operation, request: &Value) -> Result<Vec<u8>, CallError> {
        let away = |error: &dyn std::error::Error| {
            CallError::Away(format!("{} at {}: {}", operation.name(), self.endpoint, told(error)))
        };
        let credential = self.credentials.get_credential().await.map_err(|error| away(&error))?;
        let mut signed = HttpRequest::new(request.to_string().into_bytes().into());
        *signed.method_mut() = http::Method::POST;
        let address = format!("{}{}", self.endpoint, operation.path());
        *signed.uri_mut() = address.parse().map_err(|error: http::uri::InvalidUri| away(&error))?;
        let json = http::HeaderValue::from_static("application/json");
        signed.headers_mut().insert(http::header::CONTENT_TYPE, json);
        AwsAuthorizer::new(&credential, SERVICE, &self.region)
            .try_authorize(&mut signed, None)
            .map_err(|error| away(&error))?;
        let (parts, body) = self.client.execute(signed).await.map_err(|error| away(&error))?.into_parts();
        let body = body.bytes().await.map_err(|error| away(&error))?;
        if parts.status.is_success() {
            return Ok(body.into());
        }
        let kind = parts.headers.get(ERROR_TYPE).and_then(|kind| kind.to_str().ok());
        Err(meaning(&operation.name(), parts.status.as_u16(), kind, &body))
    }
}

/// The credentials that the object store would use too: keys, a role of the pod or the container, or the machine's.
fn credentials(
    environment: &[(String, String)],
    region: &str,
) -> Result<AwsCredentialProvider, SettingsError> {
    let known = environment.iter().filter(|(name, _)| name.starts_with("AWS_"));
    let known = known.filter_map(|(name, value)| Some((name.to_ascii_lowercase().parse().ok()?, value)));
    let builder = known.fold(AmazonS3Builder::new(), |builder, (key, value): (AmazonS3ConfigKey, _)| {
        builder.with_config(key, value.clone())
    });
    // It asks for a bucket, which is never used.
    let store = builder.with_region(region).with_bucket_name(SERVICE).with_allow_http(true).build();
    let store = store.map_err(|error| SettingsError::Credentials(told(&error)))?;
    Ok(store.credentials().clone())
}
