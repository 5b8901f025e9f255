//! Whether a project and a domain may be worked in.

use std::sync::Arc;

use aileron_idl::admin::Project;
use aileron_idl::admin::project::ProjectState;
use aileron_idl::core::Identifier;

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::projects;

impl App {
    /// Refuses a scope that is not there or not active; what is registered or launched passes here.
    pub(crate) async fn check_scope(&self, project: &str, domain: &str) -> Result<(), ServiceError> {
        names::check("project", project)?;
        names::check("domain", domain)?;
        let found = self.project(project).await?;
        let found = found.ok_or_else(|| ServiceError::UnknownProject(project.to_owned()))?;
        if found.state() != ProjectState::Active {
            return Err(ServiceError::InactiveProject(project.to_owned()));
        }
        self.check_domain(domain)
    }

    /// Refuses a domain that is not configured.
    pub(crate) fn check_domain(&self, domain: &str) -> Result<(), ServiceError> {
        if self.settings.domains.iter().any(|known| known == domain) {
            return Ok(());
        }
        let known = self.settings.domains.join(", ");
        Err(ServiceError::UnknownDomain { domain: domain.to_owned(), known })
    }

    /// A project by id.
    pub(crate) async fn project(&self, id: &str) -> Result<Option<Arc<Project>>, ServiceError> {
        let epoch = match self.caches.projects.get(&id.to_owned()) {
            Ok(known) => return Ok(Some(known)),
            Err(epoch) => epoch,
        };
        let found = projects::find(self.store.readers(), id).await?.map(Arc::new);
        if let Some(project) = &found {
            self.caches.projects.keep(id.to_owned(), project.clone(), epoch);
        }
        Ok(found)
    }

    /// Checks what every registration begins with: a complete id in an active scope.
    pub(crate) async fn check_new_id(&self, id: Option<Identifier>) -> Result<Identifier, ServiceError> {
        let id = id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
        names::check_identifier("id", &id)?;
        self.check_scope(&id.project, &id.domain).await?;
        Ok(id)
    }
}
