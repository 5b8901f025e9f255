//! GrantRole: somebody becomes something somewhere.

use aileron_idl::aileron::v1::{GrantRoleRequest, GrantRoleResponse, RoleBinding};

use crate::access::policy::Place;
use crate::access::role::Right;
use crate::access::{Binding, Role, Scope, caller};
use crate::error::ServiceError;
use crate::server::App;
use crate::store::bindings;

impl App {
    /// Gives a role; it counts at once on this server, and within a second on others.
    pub(crate) async fn grant_role(
        &self,
        request: GrantRoleRequest,
    ) -> Result<GrantRoleResponse, ServiceError> {
        let binding = checked(request.binding)?;
        self.check_propeller(&binding).await?;
        let by = caller::principal();
        let added: Result<bool, ServiceError> = self
            .store
            .write(move |db| Box::pin(async move { Ok(bindings::insert(db, &binding, &by).await?) }))
            .await;
        let is_new = added?;
        self.access.forget_policy();
        Ok(GrantRoleResponse { is_new })
    }

    /// Who reports events reports those of every project: only who manages the server makes a propeller.
    pub(super) async fn check_propeller(&self, binding: &Binding) -> Result<(), ServiceError> {
        match caller::current() {
            Some(caller) if binding.role == Role::Propeller => {
                self.require(&caller, Right::Manage, Place::Server).await
            }
            _ => Ok(()),
        }
    }
}

/// A binding as it was sent, whose parts are what they should be.
pub(super) fn checked(binding: Option<RoleBinding>) -> Result<Binding, ServiceError> {
    let given = binding.ok_or_else(|| ServiceError::Missing("binding".to_owned()))?;
    let wrong = |field: &str, value: &str| {
        let (field, value) = (format!("binding.{field}"), value.to_owned());
        move |problem: String| ServiceError::invalid(field, &value, problem)
    };
    let scope = format!("{}/{}", given.project, given.domain);
    let scope: Scope = scope.parse().map_err(wrong("project", &scope))?;
    Ok(Binding {
        subject: given.subject.parse().map_err(wrong("subject", &given.subject))?,
        role: given.role.parse().map_err(wrong("role", &given.role))?,
        scope,
    })
}
