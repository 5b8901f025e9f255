//! GetPublicClientConfig: as which client pyflyte and flytectl log people in.

use aileron_idl::service::{PublicClientAuthConfigRequest, PublicClientAuthConfigResponse};

use crate::access::mode::Mode;
use crate::error::ServiceError;
use crate::identity::authenticate::TOKEN_HEADERS;
use crate::oauth::{PUBLIC_CLIENT, SCOPES};
use crate::server::App;

/// Where both clients wait for a browser to come back.
const REDIRECT: &str = "http://localhost:53593/callback";

impl App {
    /// The client, and the header that its tokens are to come in.
    pub(crate) async fn get_public_client_config(
        &self,
        _: PublicClientAuthConfigRequest,
    ) -> Result<PublicClientAuthConfigResponse, ServiceError> {
        let (client_id, scopes, audience) = match &self.access.mode {
            Mode::Off => return Err(ServiceError::Unsupported("authentication".to_owned())),
            Mode::BuiltIn { .. } => (
                PUBLIC_CLIENT.to_owned(),
                SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
                String::new(),
            ),
            Mode::External(issuer) => {
                let settings = &issuer.settings;
                (settings.public_client_id.clone(), settings.scopes.clone(), settings.client_audience.clone())
            }
        };
        Ok(PublicClientAuthConfigResponse {
            client_id,
            redirect_uri: REDIRECT.to_owned(),
            scopes,
            authorization_metadata_key: TOKEN_HEADERS[0].to_string(),
            service_http_endpoint: self.access.url.clone(),
            audience,
        })
    }
}
