//! UpdateWorkflowAttributes, GetWorkflowAttributes and DeleteWorkflowAttributes: attributes of a workflow.

use aileron_idl::admin::{
    WorkflowAttributes, WorkflowAttributesDeleteRequest, WorkflowAttributesDeleteResponse,
    WorkflowAttributesGetRequest, WorkflowAttributesGetResponse, WorkflowAttributesUpdateRequest,
    WorkflowAttributesUpdateResponse,
};

use super::attributes;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::attributes::Place;

impl App {
    /// Sets attributes of one kind.
    pub(crate) async fn update_workflow_attributes(
        &self,
        request: WorkflowAttributesUpdateRequest,
    ) -> Result<WorkflowAttributesUpdateResponse, ServiceError> {
        let asked = request.attributes.ok_or_else(|| ServiceError::Missing("attributes".to_owned()))?;
        let place = place(asked.project, asked.domain, asked.workflow)?;
        self.set_attributes(place, asked.matching_attributes).await?;
        Ok(WorkflowAttributesUpdateResponse {})
    }

    /// What counts most for the workflow: its own, else the domain's, else the project's.
    pub(crate) async fn get_workflow_attributes(
        &self,
        request: WorkflowAttributesGetRequest,
    ) -> Result<WorkflowAttributesGetResponse, ServiceError> {
        let place = place(request.project, request.domain, request.workflow)?;
        let found = self.attributes_at(&place, attributes::kind(request.resource_type)?).await?;
        let attributes = WorkflowAttributes {
            project: place.project,
            domain: place.domain,
            workflow: place.workflow,
            matching_attributes: Some(found),
            ..WorkflowAttributes::default()
        };
        Ok(WorkflowAttributesGetResponse { attributes: Some(attributes) })
    }

    /// Removes attributes of one kind.
    pub(crate) async fn delete_workflow_attributes(
        &self,
        request: WorkflowAttributesDeleteRequest,
    ) -> Result<WorkflowAttributesDeleteResponse, ServiceError> {
        let place = place(request.project, request.domain, request.workflow)?;
        self.delete_attributes(place, attributes::kind(request.resource_type)?).await?;
        Ok(WorkflowAttributesDeleteResponse {})
    }
}

fn place(project: String, domain: String, workflow: String) -> Result<Place, ServiceError> {
    names::check("domain", &domain)?;
    names::check("workflow", &workflow)?;
    Ok(Place { project, domain, workflow })
}
