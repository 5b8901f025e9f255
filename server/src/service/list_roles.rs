//! ListRoles: the roles that the database gives.

use aileron_idl::aileron::v1::{ListRolesRequest, ListRolesResponse, RoleBinding};

use crate::access::Binding;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::bindings;

impl App {
    /// The roles in a project and its domains, and those that count there because they count everywhere.
    pub(crate) async fn list_roles(
        &self,
        request: ListRolesRequest,
    ) -> Result<ListRolesResponse, ServiceError> {
        let asked = |name: &str, asked: &str| asked.is_empty() || name == "*" || name == asked;
        let all = bindings::all(self.store.readers()).await?;
        let wanted = all.into_iter().filter(|Binding { scope, .. }| {
            asked(&scope.project, &request.project) && asked(&scope.domain, &request.domain)
        });
        Ok(ListRolesResponse { bindings: wanted.map(shown).collect() })
    }
}

fn shown(binding: Binding) -> RoleBinding {
    RoleBinding {
        subject: binding.subject.to_string(),
        role: binding.role.name().to_owned(),
        project: binding.scope.project,
        domain: binding.scope.domain,
    }
}
