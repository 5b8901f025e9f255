//! What the pages ask the server to do.

use aileron_idl::admin::{
    ExecutionCreateRequest, ExecutionCreateResponse, ExecutionRecoverRequest, ExecutionRelaunchRequest,
    ExecutionState, ExecutionTerminateRequest, ExecutionTerminateResponse, ExecutionUpdateRequest,
    ExecutionUpdateResponse, LaunchPlanCreateRequest, LaunchPlanCreateResponse, LaunchPlanState,
    LaunchPlanUpdateRequest, LaunchPlanUpdateResponse, NamedEntity, NamedEntityMetadata, NamedEntityState,
    NamedEntityUpdateRequest, NamedEntityUpdateResponse, SignalSetRequest, SignalSetResponse,
};
use aileron_idl::core::{Identifier, Literal, SignalIdentifier, WorkflowExecutionIdentifier};
use aileron_idl::service::{CreateUploadLocationRequest, CreateUploadLocationResponse};

use super::fetch;
use super::questions::{admin, data_proxy, signals_service};
use super::status::{ApiError, Code};
use crate::model::route::Entity;

/// Launches.
pub async fn launch(request: &ExecutionCreateRequest) -> Result<WorkflowExecutionIdentifier, ApiError> {
    created(fetch::unary(admin("CreateExecution"), request).await?)
}

/// Launches an execution again, as it was asked for.
pub async fn relaunch(id: &WorkflowExecutionIdentifier) -> Result<WorkflowExecutionIdentifier, ApiError> {
    let request = ExecutionRelaunchRequest { id: Some(id.clone()), ..Default::default() };
    created(fetch::unary(admin("RelaunchExecution"), &request).await?)
}

/// Launches an execution again, with what has succeeded in it taken over.
pub async fn recover(id: &WorkflowExecutionIdentifier) -> Result<WorkflowExecutionIdentifier, ApiError> {
    let request = ExecutionRecoverRequest { id: Some(id.clone()), ..Default::default() };
    created(fetch::unary(admin("RecoverExecution"), &request).await?)
}

fn created(answer: ExecutionCreateResponse) -> Result<WorkflowExecutionIdentifier, ApiError> {
    let message = "the server did not say what it launched".to_owned();
    answer.id.ok_or(ApiError { question: "CreateExecution", code: Code::NotTheApi, message })
}

/// Ends an execution.
pub async fn terminate(id: &WorkflowExecutionIdentifier, cause: &str) -> Result<(), ApiError> {
    let request = ExecutionTerminateRequest { id: Some(id.clone()), cause: cause.to_owned() };
    fetch::unary::<_, ExecutionTerminateResponse>(admin("TerminateExecution"), &request).await?;
    Ok(())
}

/// Leaves an execution out of lists, or takes it in again.
pub async fn archive(id: &WorkflowExecutionIdentifier, is_archived: bool) -> Result<(), ApiError> {
    let state = if is_archived { ExecutionState::ExecutionArchived } else { ExecutionState::ExecutionActive };
    let request = ExecutionUpdateRequest { id: Some(id.clone()), state: state as i32 };
    fetch::unary::<_, ExecutionUpdateResponse>(admin("UpdateExecution"), &request).await?;
    Ok(())
}

/// Leaves a name out of lists, or takes it in again.
pub async fn archive_name(kind: Entity, entity: &NamedEntity, is_archived: bool) -> Result<(), ApiError> {
    let state =
        if is_archived { NamedEntityState::NamedEntityArchived } else { NamedEntityState::NamedEntityActive };
    let description = entity.metadata.as_ref().map(|metadata| metadata.description.clone());
    let metadata = NamedEntityMetadata { description: description.unwrap_or_default(), state: state as i32 };
    let request = NamedEntityUpdateRequest {
        resource_type: kind.resource_type(),
        id: entity.id.clone(),
        metadata: Some(metadata),
    };
    fetch::unary::<_, NamedEntityUpdateResponse>(admin("UpdateNamedEntity"), &request).await?;
    Ok(())
}

/// Registers a launch plan.
pub async fn create_launch_plan(request: &LaunchPlanCreateRequest) -> Result<(), ApiError> {
    fetch::unary::<_, LaunchPlanCreateResponse>(admin("CreateLaunchPlan"), request).await?;
    Ok(())
}

/// Activates a launch plan's version, or deactivates it.
pub async fn activate(id: &Identifier, is_active: bool) -> Result<(), ApiError> {
    let state = if is_active { LaunchPlanState::Active } else { LaunchPlanState::Inactive };
    let request = LaunchPlanUpdateRequest { id: Some(id.clone()), state: state as i32 };
    fetch::unary::<_, LaunchPlanUpdateResponse>(admin("UpdateLaunchPlan"), &request).await?;
    Ok(())
}

/// Answers a signal.
pub async fn set_signal(id: &SignalIdentifier, value: Literal) -> Result<(), ApiError> {
    let request = SignalSetRequest { id: Some(id.clone()), value: Some(value) };
    fetch::unary::<_, SignalSetResponse>(signals_service("SetSignal"), &request).await?;
    Ok(())
}

/// A place for a file that is uploaded.
pub async fn upload_location(
    request: &CreateUploadLocationRequest,
) -> Result<CreateUploadLocationResponse, ApiError> {
    fetch::unary(data_proxy("CreateUploadLocation"), request).await
}
