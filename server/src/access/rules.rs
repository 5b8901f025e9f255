//! The table: which right each RPC needs.
//!
//! The gRPC services call their use-cases by these rules and not otherwise, so an RPC without a row does not compile. A
//! rule is of its request's type, and thereby of what [`About`](super::about::About) says of it. Tests hold the table
//! against the descriptors, and try every row with every role.

use std::marker::PhantomData;

use aileron_idl::admin::{TaskCreateRequest, *};
use aileron_idl::aileron::v1::*;
use aileron_idl::datacatalog::{self as catalog};
use aileron_idl::service::*;

use super::role::Right;

/// How one RPC is judged.
pub(crate) struct Rule<M> {
    pub(crate) service: &'static str,
    /// The RPC's name as functions have it.
    pub(crate) rpc: &'static str,
    pub(crate) right: Right,
    request: PhantomData<fn(M)>,
}

impl<M> Clone for Rule<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Rule<M> {}

/// Makes a constant of each row, by the name of its RPC, and the list of all rows.
macro_rules! rules {
    ($($module:ident $service:literal {$($rpc:ident($request:ty): $right:ident;)*})*) => {
        $(
            #[allow(non_upper_case_globals, reason = "a rule has the name of its RPC, by which it is found")]
            pub(crate) mod $module {
                use super::*;

                $(pub(crate) const $rpc: Rule<$request> = Rule {
                    service: $service,
                    rpc: stringify!($rpc),
                    right: Right::$right,
                    request: PhantomData,
                };)*
            }
        )*

        /// Service, RPC and right of every row.
        #[cfg(test)]
        pub(crate) const TABLE: &[(&str, &str, Right)] =
            &[$($(($service, stringify!($rpc), Right::$right),)*)*];
    };
}

rules! {
    admin "flyteidl.service.AdminService" {
        create_task(TaskCreateRequest): Register;
        get_task(ObjectGetRequest): View;
        list_task_ids(NamedEntityIdentifierListRequest): View;
        list_tasks(ResourceListRequest): View;
        create_workflow(WorkflowCreateRequest): Register;
        get_workflow(ObjectGetRequest): View;
        list_workflow_ids(NamedEntityIdentifierListRequest): View;
        list_workflows(ResourceListRequest): View;
        create_launch_plan(LaunchPlanCreateRequest): Register;
        get_launch_plan(ObjectGetRequest): View;
        get_active_launch_plan(ActiveLaunchPlanRequest): View;
        list_active_launch_plans(ActiveLaunchPlanListRequest): View;
        list_launch_plan_ids(NamedEntityIdentifierListRequest): View;
        list_launch_plans(ResourceListRequest): View;
        update_launch_plan(LaunchPlanUpdateRequest): Register;
        create_execution(ExecutionCreateRequest): Launch;
        relaunch_execution(ExecutionRelaunchRequest): Launch;
        recover_execution(ExecutionRecoverRequest): Launch;
        get_execution(WorkflowExecutionGetRequest): View;
        update_execution(ExecutionUpdateRequest): Control;
        list_executions(ResourceListRequest): View;
        get_execution_metrics(WorkflowExecutionGetMetricsRequest): View;
        terminate_execution(ExecutionTerminateRequest): Control;
        get_node_execution(NodeExecutionGetRequest): View;
        list_node_executions(NodeExecutionListRequest): View;
        list_node_executions_for_task(NodeExecutionForTaskListRequest): View;
        get_dynamic_node_workflow(GetDynamicNodeWorkflowRequest): View;
        get_task_execution(TaskExecutionGetRequest): View;
        list_task_executions(TaskExecutionListRequest): View;
        create_workflow_event(WorkflowExecutionEventRequest): Report;
        create_node_event(NodeExecutionEventRequest): Report;
        create_task_event(TaskExecutionEventRequest): Report;
        register_project(ProjectRegisterRequest): Manage;
        update_project(Project): Manage;
        get_project(ProjectGetRequest): View;
        list_projects(ProjectListRequest): Known;
        get_domains(GetDomainRequest): Known;
        update_project_domain_attributes(ProjectDomainAttributesUpdateRequest): Manage;
        get_project_domain_attributes(ProjectDomainAttributesGetRequest): View;
        delete_project_domain_attributes(ProjectDomainAttributesDeleteRequest): Manage;
        update_project_attributes(ProjectAttributesUpdateRequest): Manage;
        get_project_attributes(ProjectAttributesGetRequest): View;
        delete_project_attributes(ProjectAttributesDeleteRequest): Manage;
        update_workflow_attributes(WorkflowAttributesUpdateRequest): Manage;
        get_workflow_attributes(WorkflowAttributesGetRequest): View;
        delete_workflow_attributes(WorkflowAttributesDeleteRequest): Manage;
        list_matchable_attributes(ListMatchableAttributesRequest): View;
        list_named_entities(NamedEntityListRequest): View;
        get_named_entity(NamedEntityGetRequest): View;
        update_named_entity(NamedEntityUpdateRequest): Register;
        get_description_entity(ObjectGetRequest): View;
        list_description_entities(DescriptionEntityListRequest): View;
        get_version(GetVersionRequest): Known;
        get_execution_data(WorkflowExecutionGetDataRequest): Read;
        get_node_execution_data(NodeExecutionGetDataRequest): Read;
        get_task_execution_data(TaskExecutionGetDataRequest): Read;
    }
    data_proxy "flyteidl.service.DataProxyService" {
        create_upload_location(CreateUploadLocationRequest): Upload;
        // The use-case asks for the right to read where the object belongs to.
        create_download_location(CreateDownloadLocationRequest): Known;
        create_download_link(CreateDownloadLinkRequest): Read;
        get_data(GetDataRequest): Read;
    }
    signal "flyteidl.service.SignalService" {
        get_or_create_signal(SignalGetOrCreateRequest): Signal;
        list_signals(SignalListRequest): View;
        set_signal(SignalSetRequest): Signal;
    }
    data_catalog "datacatalog.DataCatalog" {
        create_dataset(catalog::CreateDatasetRequest): Report;
        get_dataset(catalog::GetDatasetRequest): View;
        create_artifact(catalog::CreateArtifactRequest): Report;
        get_artifact(catalog::GetArtifactRequest): View;
        add_tag(catalog::AddTagRequest): Report;
        list_artifacts(catalog::ListArtifactsRequest): View;
        list_datasets(catalog::ListDatasetsRequest): View;
        update_artifact(catalog::UpdateArtifactRequest): Report;
        get_or_extend_reservation(catalog::GetOrExtendReservationRequest): Report;
        release_reservation(catalog::ReleaseReservationRequest): Report;
    }
    live "aileron.v1.LiveService" {
        watch_executions(WatchExecutionsRequest): View;
        watch_execution(WatchExecutionRequest): View;
    }
    waiting "aileron.v1.WaitingService" {
        list_waiting_nodes(ListWaitingNodesRequest): View;
    }
    events "aileron.v1.EventService" {
        report_events(ReportEventsRequest): Report;
    }
    schedule "aileron.v1.ScheduleService" {
        // The use-case asks for the right to see a launch plan that is named.
        list_fire_times(ListFireTimesRequest): Known;
    }
    auth_metadata "flyteidl.service.AuthMetadataService" {
        get_o_auth2_metadata(OAuth2MetadataRequest): Public;
        get_public_client_config(PublicClientAuthConfigRequest): Public;
    }
    access "aileron.v1.AccessService" {
        list_roles(ListRolesRequest): Manage;
        grant_role(GrantRoleRequest): Manage;
        revoke_role(RevokeRoleRequest): Manage;
        list_audit_records(ListAuditRecordsRequest): Manage;
    }
    identity "flyteidl.service.IdentityService" {
        user_info(UserInfoRequest): Known;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aileron_idl::reflect;
    use expect_test::expect_file;

    use super::super::role::Role;
    use super::*;

    /// A name without what languages write differently.
    fn plain(service: &str, rpc: &str) -> String {
        format!("{service}/{}", rpc.replace('_', "").to_lowercase())
    }

    #[test]
    fn every_rpc_of_a_served_service_has_one_row() {
        let rows: Vec<String> = TABLE.iter().map(|(service, rpc, _)| plain(service, rpc)).collect();
        let once: BTreeSet<&String> = rows.iter().collect();
        assert_eq!(once.len(), rows.len());
        let services = reflect::pool().services().filter(|of| crate::api::SERVED.contains(&of.full_name()));
        let served: BTreeSet<String> = services
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .map(|method| plain(method.parent_service().full_name(), method.name()))
            .collect();
        let missing: Vec<_> = served.iter().filter(|rpc| !once.contains(rpc)).collect();
        let strange: Vec<_> = rows.iter().filter(|rpc| !served.contains(*rpc)).collect();
        assert!(missing.is_empty() && strange.is_empty(), "no row: {missing:?}; no RPC: {strange:?}");
    }

    /// The RPC, the right, and which of viewer, launcher, contributor, admin and propeller have it. A change of it is
    /// a change of who may do what.
    #[test]
    fn the_matrix_is_what_was_agreed() {
        let line = |(service, rpc, right): &(&str, &str, Right)| {
            let marks = Role::ALL.map(|role| if role.allows(*right) { "x" } else { "." });
            format!("{service}/{rpc} {right:?} {}\n", marks.join(" "))
        };
        let text: String = TABLE.iter().map(line).collect();
        expect_file!["matrix.txt"].assert_eq(&text);
    }
}
