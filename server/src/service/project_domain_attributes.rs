//! UpdateProjectDomainAttributes, GetProjectDomainAttributes and DeleteProjectDomainAttributes: attributes of a project in a domain.

use aileron_idl::admin::{
    ProjectDomainAttributes, ProjectDomainAttributesDeleteRequest, ProjectDomainAttributesDeleteResponse,
    ProjectDomainAttributesGetRequest, ProjectDomainAttributesGetResponse,
    ProjectDomainAttributesUpdateRequest, ProjectDomainAttributesUpdateResponse,
};

use super::attributes;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::attributes::Place;

impl App {
    /// Sets attributes of one kind.
    pub(crate) async fn update_project_domain_attributes(
        &self,
        request: ProjectDomainAttributesUpdateRequest,
    ) -> Result<ProjectDomainAttributesUpdateResponse, ServiceError> {
        let asked = request.attributes.ok_or_else(|| ServiceError::Missing("attributes".to_owned()))?;
        let place = place(asked.project, asked.domain)?;
        self.set_attributes(place, asked.matching_attributes).await?;
        Ok(ProjectDomainAttributesUpdateResponse {})
    }

    /// What counts most in the domain: its own, else the project's.
    pub(crate) async fn get_project_domain_attributes(
        &self,
        request: ProjectDomainAttributesGetRequest,
    ) -> Result<ProjectDomainAttributesGetResponse, ServiceError> {
        let place = place(request.project, request.domain)?;
        let found = self.attributes_at(&place, attributes::kind(request.resource_type)?).await?;
        let attributes = ProjectDomainAttributes {
            project: place.project,
            domain: place.domain,
            matching_attributes: Some(found),
            ..ProjectDomainAttributes::default()
        };
        Ok(ProjectDomainAttributesGetResponse { attributes: Some(attributes) })
    }

    /// Removes attributes of one kind.
    pub(crate) async fn delete_project_domain_attributes(
        &self,
        request: ProjectDomainAttributesDeleteRequest,
    ) -> Result<ProjectDomainAttributesDeleteResponse, ServiceError> {
        let place = place(request.project, request.domain)?;
        self.delete_attributes(place, attributes::kind(request.resource_type)?).await?;
        Ok(ProjectDomainAttributesDeleteResponse {})
    }
}

fn place(project: String, domain: String) -> Result<Place, ServiceError> {
    names::check("domain", &domain)?;
    Ok(Place { project, domain, ..Place::default() })
}
