//! GetOAuth2Metadata: where clients log in.

use aileron_idl::service::{OAuth2MetadataRequest, OAuth2MetadataResponse};

use crate::access::mode::Mode;
use crate::error::ServiceError;
use crate::identity::issuer::Discovery;
use crate::oauth::{GRANTS, SCOPES};
use crate::server::App;

impl App {
    /// This server's own endpoints, or those of the identity provider.
    pub(crate) async fn get_oauth2_metadata(
        &self,
        _: OAuth2MetadataRequest,
    ) -> Result<OAuth2MetadataResponse, ServiceError> {
        match &self.access.mode {
            Mode::Off => Err(ServiceError::Unsupported("authentication".to_owned())),
            Mode::BuiltIn { .. } => Ok(own(&self.access.url)),
            Mode::External(issuer) => match issuer.discovery().await {
                Ok(found) => Ok(of(&found)),
                Err(error) => {
                    tracing::warn!(%error, "clients cannot be told where to log in");
                    Err(ServiceError::DataPlane("the identity provider says nothing".to_owned()))
                }
            },
        }
    }
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

/// What this server says of itself.
pub(crate) fn own(url: &str) -> OAuth2MetadataResponse {
    OAuth2MetadataResponse {
        issuer: url.to_owned(),
        authorization_endpoint: format!("{url}/oauth2/authorize"),
        token_endpoint: format!("{url}/oauth2/token"),
        device_authorization_endpoint: format!("{url}/oauth2/device_authorization"),
        jwks_uri: format!("{url}/oauth2/jwks"),
        response_types_supported: texts(&["code"]),
        scopes_supported: texts(&SCOPES),
        token_endpoint_auth_methods_supported: texts(&["client_secret_basic", "client_secret_post", "none"]),
        code_challenge_methods_supported: texts(&["S256"]),
        grant_types_supported: texts(&GRANTS),
    }
}

fn of(found: &Discovery) -> OAuth2MetadataResponse {
    OAuth2MetadataResponse {
        issuer: found.issuer.clone(),
        authorization_endpoint: found.authorization_endpoint.clone(),
        token_endpoint: found.token_endpoint.clone(),
        device_authorization_endpoint: found.device_authorization_endpoint.clone(),
        jwks_uri: found.jwks_uri.clone(),
        response_types_supported: found.response_types_supported.clone(),
        scopes_supported: found.scopes_supported.clone(),
        token_endpoint_auth_methods_supported: found.token_endpoint_auth_methods_supported.clone(),
        code_challenge_methods_supported: texts(&["S256"]),
        grant_types_supported: found.grant_types_supported.clone(),
    }
}
