//! `flyteidl.service.AuthMetadataService`: how to log in. It is there when callers are told apart, and only then: clients
//! take its absence for a server without authentication.

use std::sync::Arc;

use aileron_idl::service::auth_metadata_service_server::AuthMetadataService;
use aileron_idl::service::{
    OAuth2MetadataRequest, OAuth2MetadataResponse, PublicClientAuthConfigRequest,
    PublicClientAuthConfigResponse,
};
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::server::App;

/// The service over the use-cases.
pub(super) struct AuthMetadata(pub(super) Arc<App>);

#[tonic::async_trait]
impl AuthMetadataService for AuthMetadata {
    async fn get_o_auth2_metadata(
        &self,
        request: Request<OAuth2MetadataRequest>,
    ) -> Result<Response<OAuth2MetadataResponse>, Status> {
        let rule = rules::auth_metadata::get_o_auth2_metadata;
        guarded(&self.0, rule, request, |message| self.0.get_oauth2_metadata(message)).await
    }

    async fn get_public_client_config(
        &self,
        request: Request<PublicClientAuthConfigRequest>,
    ) -> Result<Response<PublicClientAuthConfigResponse>, Status> {
        let rule = rules::auth_metadata::get_public_client_config;
        guarded(&self.0, rule, request, |message| self.0.get_public_client_config(message)).await
    }
}
