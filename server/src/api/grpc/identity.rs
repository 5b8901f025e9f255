//! `flyteidl.service.IdentityService`: who the caller is. Like the service of how to log in, it is there when callers are
//! told apart.

use std::sync::Arc;

use aileron_idl::service::identity_service_server::IdentityService;
use aileron_idl::service::{UserInfoRequest, UserInfoResponse};
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::server::App;

/// The service over the use-cases.
pub(super) struct Identity(pub(super) Arc<App>);

#[tonic::async_trait]
impl IdentityService for Identity {
    async fn user_info(
        &self,
        request: Request<UserInfoRequest>,
    ) -> Result<Response<UserInfoResponse>, Status> {
        guarded(&self.0, rules::identity::user_info, request, |message| self.0.user_info(message)).await
    }
}
