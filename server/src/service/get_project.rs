//! GetProject and GetDomains.

use std::sync::Arc;

use aileron_idl::admin::{Domain, GetDomainRequest, GetDomainsResponse, Project, ProjectGetRequest};

use crate::error::ServiceError;
use crate::server::App;

impl App {
    /// A project by id, with the domains that every project has.
    pub(crate) async fn get_project(&self, request: ProjectGetRequest) -> Result<Project, ServiceError> {
        let found = self.project(&request.id).await?;
        let found = found.ok_or_else(|| ServiceError::not_found("project", &request.id))?;
        Ok(self.with_domains(Arc::unwrap_or_clone(found)))
    }

    /// The configured domains.
    pub(crate) async fn get_domains(&self, _: GetDomainRequest) -> Result<GetDomainsResponse, ServiceError> {
        Ok(GetDomainsResponse { domains: self.domains() })
    }

    /// Clients learn the domains from projects.
    pub(super) fn with_domains(&self, project: Project) -> Project {
        Project { domains: self.domains(), ..project }
    }

    fn domains(&self) -> Vec<Domain> {
        let domain = |id: &String| Domain { id: id.clone(), name: id.clone() };
        self.settings.domains.iter().map(domain).collect()
    }
}
