//! `flyteidl.service.AdminService`: each RPC is the use-case of its name. Those that are not listed
//! answer UNIMPLEMENTED. Those that answer URLs are told by which name the client reached us.

use std::sync::Arc;

use aileron_idl::admin::*;
use aileron_idl::service::admin_service_server::AdminService;
use tonic::{Request, Response, Status};

use crate::access::{guarded, rules};
use crate::api::public_url;
use crate::server::App;

/// The service over the use-cases.
pub(super) struct Admin(pub(super) Arc<App>);

macro_rules! pass_on {
    ({$($rpc:ident($request:ty) -> $response:ty;)*} with urls {$($data:ident($ask:ty) -> $answer:ty;)*}) => {
        #[tonic::async_trait]
        impl AdminService for Admin {
            $(async fn $rpc(&self, request: Request<$request>) -> Result<Response<$response>, Status> {
                guarded(&self.0, rules::admin::$rpc, request, |message| self.0.$rpc(message)).await
            })*
            $(async fn $data(&self, request: Request<$ask>) -> Result<Response<$answer>, Status> {
                let base = public_url::base(&self.0, &request);
                guarded(&self.0, rules::admin::$data, request, |message| self.0.$data(&base, message)).await
            })*
        }
    };
}

pass_on! { {
    create_task(TaskCreateRequest) -> TaskCreateResponse;
    get_task(ObjectGetRequest) -> Task;
    list_task_ids(NamedEntityIdentifierListRequest) -> NamedEntityIdentifierList;
    list_tasks(ResourceListRequest) -> TaskList;
    create_workflow(WorkflowCreateRequest) -> WorkflowCreateResponse;
    get_workflow(ObjectGetRequest) -> Workflow;
    list_workflow_ids(NamedEntityIdentifierListRequest) -> NamedEntityIdentifierList;
    list_workflows(ResourceListRequest) -> WorkflowList;
    create_launch_plan(LaunchPlanCreateRequest) -> LaunchPlanCreateResponse;
    get_launch_plan(ObjectGetRequest) -> LaunchPlan;
    get_active_launch_plan(ActiveLaunchPlanRequest) -> LaunchPlan;
    list_active_launch_plans(ActiveLaunchPlanListRequest) -> LaunchPlanList;
    list_launch_plan_ids(NamedEntityIdentifierListRequest) -> NamedEntityIdentifierList;
    list_launch_plans(ResourceListRequest) -> LaunchPlanList;
    update_launch_plan(LaunchPlanUpdateRequest) -> LaunchPlanUpdateResponse;
    create_execution(ExecutionCreateRequest) -> ExecutionCreateResponse;
    relaunch_execution(ExecutionRelaunchRequest) -> ExecutionCreateResponse;
    recover_execution(ExecutionRecoverRequest) -> ExecutionCreateResponse;
    get_execution(WorkflowExecutionGetRequest) -> Execution;
    update_execution(ExecutionUpdateRequest) -> ExecutionUpdateResponse;
    list_executions(ResourceListRequest) -> ExecutionList;
    get_execution_metrics(WorkflowExecutionGetMetricsRequest) -> WorkflowExecutionGetMetricsResponse;
    terminate_execution(ExecutionTerminateRequest) -> ExecutionTerminateResponse;
    get_node_execution(NodeExecutionGetRequest) -> NodeExecution;
    list_node_executions(NodeExecutionListRequest) -> NodeExecutionList;
    list_node_executions_for_task(NodeExecutionForTaskListRequest) -> NodeExecutionList;
    get_dynamic_node_workflow(GetDynamicNodeWorkflowRequest) -> DynamicNodeWorkflowResponse;
    get_task_execution(TaskExecutionGetRequest) -> TaskExecution;
    list_task_executions(TaskExecutionListRequest) -> TaskExecutionList;
    create_workflow_event(WorkflowExecutionEventRequest) -> WorkflowExecutionEventResponse;
    create_node_event(NodeExecutionEventRequest) -> NodeExecutionEventResponse;
    create_task_event(TaskExecutionEventRequest) -> TaskExecutionEventResponse;
    register_project(ProjectRegisterRequest) -> ProjectRegisterResponse;
    update_project(Project) -> ProjectUpdateResponse;
    get_project(ProjectGetRequest) -> Project;
    list_projects(ProjectListRequest) -> Projects;
    get_domains(GetDomainRequest) -> GetDomainsResponse;
    update_project_domain_attributes(ProjectDomainAttributesUpdateRequest) -> ProjectDomainAttributesUpdateResponse;
    get_project_domain_attributes(ProjectDomainAttributesGetRequest) -> ProjectDomainAttributesGetResponse;
    delete_project_domain_attributes(ProjectDomainAttributesDeleteRequest) -> ProjectDomainAttributesDeleteResponse;
    update_project_attributes(ProjectAttributesUpdateRequest) -> ProjectAttributesUpdateResponse;
    get_project_attributes(ProjectAttributesGetRequest) -> ProjectAttributesGetResponse;
    delete_project_attributes(ProjectAttributesDeleteRequest) -> ProjectAttributesDeleteResponse;
    update_workflow_attributes(WorkflowAttributesUpdateRequest) -> WorkflowAttributesUpdateResponse;
    get_workflow_attributes(WorkflowAttributesGetRequest) -> WorkflowAttributesGetResponse;
    delete_workflow_attributes(WorkflowAttributesDeleteRequest) -> WorkflowAttributesDeleteResponse;
    list_matchable_attributes(ListMatchableAttributesRequest) -> ListMatchableAttributesResponse;
    list_named_entities(NamedEntityListRequest) -> NamedEntityList;
    get_named_entity(NamedEntityGetRequest) -> NamedEntity;
    update_named_entity(NamedEntityUpdateRequest) -> NamedEntityUpdateResponse;
    get_description_entity(ObjectGetRequest) -> DescriptionEntity;
    list_description_entities(DescriptionEntityListRequest) -> DescriptionEntityList;
    get_version(GetVersionRequest) -> GetVersionResponse;
} with urls {
    get_execution_data(WorkflowExecutionGetDataRequest) -> WorkflowExecutionGetDataResponse;
    get_node_execution_data(NodeExecutionGetDataRequest) -> NodeExecutionGetDataResponse;
    get_task_execution_data(TaskExecutionGetDataRequest) -> TaskExecutionGetDataResponse;
} }
