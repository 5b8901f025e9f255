//! UpdateProjectAttributes, GetProjectAttributes and DeleteProjectAttributes: attributes of a project, in all its domains.

use aileron_idl::admin::{
    ProjectAttributes, ProjectAttributesDeleteRequest, ProjectAttributesDeleteResponse,
    ProjectAttributesGetRequest, ProjectAttributesGetResponse, ProjectAttributesUpdateRequest,
    ProjectAttributesUpdateResponse,
};

use super::attributes;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::attributes::Place;

impl App {
    /// Sets attributes of one kind.
    pub(crate) async fn update_project_attributes(
        &self,
        request: ProjectAttributesUpdateRequest,
    ) -> Result<ProjectAttributesUpdateResponse, ServiceError> {
        let asked = request.attributes.ok_or_else(|| ServiceError::Missing("attributes".to_owned()))?;
        let place = place(asked.project);
        self.set_attributes(place, asked.matching_attributes).await?;
        Ok(ProjectAttributesUpdateResponse {})
    }

    /// What is set on the project itself.
    pub(crate) async fn get_project_attributes(
        &self,
        request: ProjectAttributesGetRequest,
    ) -> Result<ProjectAttributesGetResponse, ServiceError> {
        let place = place(request.project);
        let found = self.attributes_of_project(&place, attributes::kind(request.resource_type)?).await?;
        let attributes = ProjectAttributes {
            project: place.project,
            matching_attributes: Some(found),
            ..ProjectAttributes::default()
        };
        Ok(ProjectAttributesGetResponse { attributes: Some(attributes) })
    }

    /// Removes attributes of one kind.
    pub(crate) async fn delete_project_attributes(
        &self,
        request: ProjectAttributesDeleteRequest,
    ) -> Result<ProjectAttributesDeleteResponse, ServiceError> {
        let place = place(request.project);
        self.delete_attributes(place, attributes::kind(request.resource_type)?).await?;
        Ok(ProjectAttributesDeleteResponse {})
    }
}

fn place(project: String) -> Place {
    Place { project, ..Place::default() }
}
