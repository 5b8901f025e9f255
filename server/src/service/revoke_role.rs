//! RevokeRole: somebody is something no longer.

use aileron_idl::aileron::v1::{RevokeRoleRequest, RevokeRoleResponse};

use super::grant_role::checked;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::bindings;

impl App {
    /// Takes a role of the database away; those of a file stay.
    pub(crate) async fn revoke_role(
        &self,
        request: RevokeRoleRequest,
    ) -> Result<RevokeRoleResponse, ServiceError> {
        let binding = checked(request.binding)?;
        self.check_propeller(&binding).await?;
        let removed: Result<bool, ServiceError> = self
            .store
            .write(move |db| Box::pin(async move { Ok(bindings::delete(db, &binding).await?) }))
            .await;
        let was_there = removed?;
        self.access.forget_policy();
        Ok(RevokeRoleResponse { was_there })
    }
}
