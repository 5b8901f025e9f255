//! What each request is about: where it acts, and where else it reads.
//!
//! Only names decide, never what is found under them: a refusal tells nothing of what is there.

use aileron_idl::admin::{TaskCreateRequest, *};
use aileron_idl::aileron::v1::*;
use aileron_idl::core::*;
use aileron_idl::datacatalog::{self as catalog, *};
use aileron_idl::service::*;

use super::policy::Place;

/// A request, as the policy sees it.
pub(crate) trait About {
    /// Where it acts.
    fn place(&self) -> Place<'_>;

    /// Where else it reads, by references. What a workflow refers to is asked for where it is loaded.
    fn reads(&self) -> Vec<Place<'_>> {
        Vec::new()
    }

    /// The execution that it is about, if it is about one: its own launcher may do more.
    fn execution(&self) -> Option<&WorkflowExecutionIdentifier> {
        None
    }

    /// What it is about, for the audit: names alone, never data.
    fn entity(&self) -> String {
        String::new()
    }
}

/// A name that has a project in it.
trait Named {
    fn at(&self) -> Place<'_>;

    fn text(&self) -> String;
}

impl<N: Named> Named for Option<N> {
    fn at(&self) -> Place<'_> {
        self.as_ref().map_or(Place::Server, Named::at)
    }

    fn text(&self) -> String {
        self.as_ref().map(Named::text).unwrap_or_default()
    }
}

/// Names that have both themselves, and those that have them in another.
macro_rules! named {
    ({$($plain:ty),*} within {$($inner:ty: $field:ident),*}) => {
        $(impl Named for $plain {
            fn at(&self) -> Place<'_> {
                Place::of(&self.project, &self.domain)
            }

            fn text(&self) -> String {
                self.name.clone()
            }
        })*
        $(impl Named for $inner {
            fn at(&self) -> Place<'_> {
                self.$field.at()
            }

            fn text(&self) -> String {
                self.$field.text()
            }
        })*
    };
}

named! {
    {NamedEntityIdentifier, WorkflowExecutionIdentifier, DatasetId}
    within {
        TaskExecutionIdentifier: node_execution_id, SignalIdentifier: execution_id, catalog::ReservationId: dataset_id,
        catalog::Dataset: id, catalog::Artifact: dataset, catalog::Tag: dataset
    }
}

impl Named for Identifier {
    fn at(&self) -> Place<'_> {
        Place::of(&self.project, &self.domain)
    }

    fn text(&self) -> String {
        format!("{}:{}", self.name, self.version)
    }
}

impl Named for NodeExecutionIdentifier {
    fn at(&self) -> Place<'_> {
        self.execution_id.at()
    }

    fn text(&self) -> String {
        format!("{}/{}", self.execution_id.text(), self.node_id)
    }
}

/// Requests that are about a name in a field; that have a project and a domain as fields; a project alone; nothing.
macro_rules! about {
    (
        named {$($request:ty: $field:ident),* $(,)?}
        runs {$($of_execution:ty: $execution:ident),* $(,)?}
        scoped {$($flat:ty),* $(,)?}
        projects {$($of_project:ty: $id:ident),* $(,)?}
        all {$($of_all:ty),* $(,)?}
    ) => {
        $(impl About for $request {
            fn place(&self) -> Place<'_> {
                self.$field.at()
            }

            fn entity(&self) -> String {
                self.$field.text()
            }
        })*
        $(impl About for $of_execution {
            fn place(&self) -> Place<'_> {
                self.$execution.at()
            }

            fn execution(&self) -> Option<&WorkflowExecutionIdentifier> {
                self.$execution.as_ref()
            }

            fn entity(&self) -> String {
                self.$execution.text()
            }
        })*
        $(impl About for $flat {
            fn place(&self) -> Place<'_> {
                Place::of(&self.project, &self.domain)
            }
        })*
        $(impl About for $of_project {
            fn place(&self) -> Place<'_> {
                Place::of(&self.$id, "")
            }

            fn entity(&self) -> String {
                self.$id.clone()
            }
        })*
        $(impl About for $of_all {
            fn place(&self) -> Place<'_> {
                Place::Server
            }
        })*
    };
}

about! {
    named {
        TaskCreateRequest: id, WorkflowCreateRequest: id, ObjectGetRequest: id, ResourceListRequest: id, ActiveLaunchPlanRequest: id,
        LaunchPlanUpdateRequest: id, NamedEntityGetRequest: id, NamedEntityUpdateRequest: id,
        DescriptionEntityListRequest: id, NodeExecutionGetRequest: id, GetDynamicNodeWorkflowRequest: id,
        NodeExecutionGetDataRequest: id, NodeExecutionForTaskListRequest: task_execution_id,
        TaskExecutionGetRequest: id, TaskExecutionGetDataRequest: id, TaskExecutionListRequest: node_execution_id,
        NodeExecutionListRequest: workflow_execution_id, SignalGetOrCreateRequest: id, SignalSetRequest: id,
        SignalListRequest: workflow_execution_id, CreateDatasetRequest: dataset, GetDatasetRequest: dataset,
        CreateArtifactRequest: artifact, GetArtifactRequest: dataset, AddTagRequest: tag, ListArtifactsRequest: dataset,
        UpdateArtifactRequest: dataset, catalog::GetOrExtendReservationRequest: reservation_id,
        catalog::ReleaseReservationRequest: reservation_id
    }
    runs {
        WorkflowExecutionGetRequest: id, WorkflowExecutionGetDataRequest: id, WorkflowExecutionGetMetricsRequest: id,
        ExecutionUpdateRequest: id, ExecutionTerminateRequest: id, ExecutionRelaunchRequest: id,
        WatchExecutionRequest: id, ListWaitingNodesRequest: id
    }
    scoped {
        NamedEntityIdentifierListRequest, ActiveLaunchPlanListRequest, NamedEntityListRequest, WatchExecutionsRequest,
        ProjectDomainAttributesGetRequest, ProjectDomainAttributesDeleteRequest, WorkflowAttributesGetRequest,
        WorkflowAttributesDeleteRequest, ListRolesRequest, ListAuditRecordsRequest
    }
    projects {Project: id, ProjectGetRequest: id, ProjectAttributesGetRequest: project, ProjectAttributesDeleteRequest: project}
    all {
        // Projects are made for the whole server.
        ProjectRegisterRequest,
        // Their answers show those projects alone that the caller may see, or nothing of any.
        ProjectListRequest, GetDomainRequest, GetVersionRequest, UserInfoRequest, OAuth2MetadataRequest,
        PublicClientAuthConfigRequest, ListFireTimesRequest,
        // They are about all projects at once.
        ListMatchableAttributesRequest, ListDatasetsRequest, ReportEventsRequest,
    }
}

impl About for LaunchPlanCreateRequest {
    fn place(&self) -> Place<'_> {
        self.id.at()
    }

    /// The workflow that it launches.
    fn reads(&self) -> Vec<Place<'_>> {
        self.spec.iter().map(|spec| spec.workflow_id.at()).collect()
    }

    fn entity(&self) -> String {
        self.id.text()
    }
}

/// The execution whose node a launch names as its parent.
fn parent(metadata: Option<&ExecutionMetadata>) -> Option<Place<'_>> {
    Some(metadata?.parent_node_execution.as_ref()?.at())
}

impl About for ExecutionCreateRequest {
    fn place(&self) -> Place<'_> {
        Place::of(&self.project, &self.domain)
    }

    /// What it launches, and the parent that it names.
    fn reads(&self) -> Vec<Place<'_>> {
        let Some(spec) = &self.spec else { return Vec::new() };
        let parent = parent(spec.metadata.as_ref());
        [spec.launch_plan.at()].into_iter().chain(parent).collect()
    }

    fn entity(&self) -> String {
        self.name.clone()
    }
}

impl About for ExecutionRecoverRequest {
    fn place(&self) -> Place<'_> {
        self.id.at()
    }

    fn reads(&self) -> Vec<Place<'_>> {
        parent(self.metadata.as_ref()).into_iter().collect()
    }

    fn entity(&self) -> String {
        self.id.text()
    }
}

/// Requests that hold what they are about one level deeper.
macro_rules! nested {
    ($($request:ty: $outer:ident -> |$inner:ident| $place:expr;)*) => {
        $(impl About for $request {
            fn place(&self) -> Place<'_> {
                self.$outer.as_ref().map_or(Place::Server, |$inner| $place)
            }
        })*
    };
}

nested! {
    WorkflowExecutionEventRequest: event -> |event| event.execution_id.at();
    NodeExecutionEventRequest: event -> |event| event.id.at();
    TaskExecutionEventRequest: event -> |event| event.parent_node_execution_id.at();
    ProjectAttributesUpdateRequest: attributes -> |attributes| Place::of(&attributes.project, "");
    ProjectDomainAttributesUpdateRequest: attributes -> |of| Place::of(&of.project, &of.domain);
    WorkflowAttributesUpdateRequest: attributes -> |of| Place::of(&of.project, &of.domain);
}

/// Where a role is to count: who gives it must manage all of that.
fn scope(binding: Option<&RoleBinding>) -> Place<'_> {
    let name = |name| if name == "*" { "" } else { name };
    match binding {
        // A domain of every project is of the server.
        Some(binding) => Place::of(name(binding.project.as_str()), name(binding.domain.as_str())),
        None => Place::Server,
    }
}

fn named_role(binding: Option<&RoleBinding>) -> String {
    binding.map(|of| format!("{} {} {}/{}", of.subject, of.role, of.project, of.domain)).unwrap_or_default()
}

impl About for GrantRoleRequest {
    fn place(&self) -> Place<'_> {
        scope(self.binding.as_ref())
    }

    fn entity(&self) -> String {
        named_role(self.binding.as_ref())
    }
}

impl About for RevokeRoleRequest {
    fn place(&self) -> Place<'_> {
        scope(self.binding.as_ref())
    }

    fn entity(&self) -> String {
        named_role(self.binding.as_ref())
    }
}

impl About for CreateUploadLocationRequest {
    fn place(&self) -> Place<'_> {
        Place::of(&self.project, &self.domain)
    }

    fn entity(&self) -> String {
        self.filename.clone()
    }
}

impl About for CreateDownloadLocationRequest {
    fn place(&self) -> Place<'_> {
        Place::Server
    }

    fn entity(&self) -> String {
        self.native_url.clone()
    }
}

impl About for CreateDownloadLinkRequest {
    fn place(&self) -> Place<'_> {
        match &self.source {
            Some(create_download_link_request::Source::NodeExecutionId(id)) => id.at(),
            None => Place::Server,
        }
    }

    fn entity(&self) -> String {
        match &self.source {
            Some(create_download_link_request::Source::NodeExecutionId(id)) => id.text(),
            None => String::new(),
        }
    }
}

impl About for GetDataRequest {
    fn place(&self) -> Place<'_> {
        let path = self.flyte_url.strip_prefix("flyte://v1/").unwrap_or_default();
        let mut parts = path.split('/');
        Place::of(parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }

    fn entity(&self) -> String {
        self.flyte_url.clone()
    }
}
