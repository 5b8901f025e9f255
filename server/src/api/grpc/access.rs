//! `aileron.v1.AccessService`: each RPC is the use-case of its name.

use std::sync::Arc;

use aileron_idl::aileron::v1::access_service_server::AccessService;
use aileron_idl::aileron::v1::{
    GrantRoleRequest, GrantRoleResponse, ListAuditRecordsRequest, ListAuditRecordsResponse, ListRolesRequest,
    ListRolesResponse, RevokeRoleRequest, RevokeRoleResponse,
};
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::server::App;

/// The service over the use-cases.
pub(super) struct Access(pub(super) Arc<App>);

macro_rules! pass_on {
    ($($rpc:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl AccessService for Access {
            $(async fn $rpc(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                guarded(&self.0, rules::access::$rpc, request, |message| self.0.$rpc(message)).await
            })*
        }
    };
}

pass_on! {
    list_roles(ListRolesRequest) -> ListRolesResponse;
    grant_role(GrantRoleRequest) -> GrantRoleResponse;
    revoke_role(RevokeRoleRequest) -> RevokeRoleResponse;
    list_audit_records(ListAuditRecordsRequest) -> ListAuditRecordsResponse;
}
