//! `aileron login`: a token for who has a browser somewhere, by the device flow.

use std::time::Duration;

use aileron_idl::service::PublicClientAuthConfigRequest;
use aileron_idl::service::auth_metadata_service_client::AuthMetadataServiceClient;

use super::connect::Target;
use super::credentials::{field, metadata, post};
use super::failure::Failure;
use super::output::print;

/// Logs a person in by a browser, and prints the access token.
///
/// `export AILERON_TOKEN=$(aileron login)` has the commands after it call as that person. Nothing is kept.
#[derive(Debug, clap::Args)]
pub(crate) struct Login {
    #[command(flatten)]
    target: Target,
}

impl Login {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let metadata = metadata(&self.target).await?;
        let mut service = AuthMetadataServiceClient::new(self.target.plain_channel().await?);
        let client = service.get_public_client_config(PublicClientAuthConfigRequest {}).await?.into_inner();
        let scopes = client.scopes.join(" ");
        let mut form = vec![("client_id", client.client_id.as_str()), ("scope", scopes.as_str())];
        if !client.audience.is_empty() {
            form.push(("audience", client.audience.as_str()));
        }
        let begun = post(&self.target, &metadata.device_authorization_endpoint, None, &form).await?;
        let (device, code) = (field(&begun, "device_code")?, field(&begun, "user_code")?);
        let page =
            field(&begun, "verification_uri_complete").or_else(|_| field(&begun, "verification_uri"))?;
        // The token alone goes to standard output.
        super::output::tell(&format!("Open {page} in a browser and approve the code {code}\n"))?;
        let pause = Duration::from_secs(begun["interval"].as_u64().unwrap_or(5).clamp(1, 60));
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", device.as_str()),
            ("client_id", client.client_id.as_str()),
        ];
        loop {
            tokio::time::sleep(pause).await;
            let answer = post(&self.target, &metadata.token_endpoint, None, &form).await?;
            if !matches!(answer["error"].as_str(), Some("authorization_pending" | "slow_down")) {
                return print(&format!("{}\n", field(&answer, "access_token")?));
            }
        }
    }
}
