//! The version of an entity that is meant when none is named: the newest, of launch plans the active one.

use aileron_idl::admin::{
    ActiveLaunchPlanRequest, LaunchPlan, NamedEntityIdentifier, ObjectGetRequest, ResourceListRequest, Sort,
    sort,
};
use aileron_idl::core::{Identifier, ResourceType};
use tonic::Code;

use super::connect::{Admin, Target};
use super::failure::Failure;

/// A name here; empty for all names.
pub(super) fn named(target: &Target, name: &str) -> NamedEntityIdentifier {
    NamedEntityIdentifier {
        project: target.project.clone(),
        domain: target.domain.clone(),
        name: name.to_owned(),
        ..NamedEntityIdentifier::default()
    }
}

/// The newest first.
pub(super) fn newest() -> Sort {
    Sort { key: "created_at".to_owned(), direction: sort::Direction::Descending.into() }
}

fn newest_of(target: &Target, name: &str) -> ResourceListRequest {
    ResourceListRequest {
        id: Some(named(target, name)),
        limit: 1,
        sort_by: Some(newest()),
        ..ResourceListRequest::default()
    }
}

/// The id of an entity, with the version that is meant.
pub(super) async fn identifier(
    admin: &mut Admin,
    target: &Target,
    kind: ResourceType,
    name: &str,
    version: Option<&str>,
) -> Result<Identifier, Failure> {
    if let Some(version) = version {
        return Ok(target.entity(kind, name, version));
    }
    let request = newest_of(target, name);
    let found = match kind {
        ResourceType::Workflow => {
            let list = admin.list_workflows(request).await?.into_inner();
            list.workflows.into_iter().next().and_then(|workflow| workflow.id)
        }
        ResourceType::Task => {
            admin.list_tasks(request).await?.into_inner().tasks.into_iter().next().and_then(|task| task.id)
        }
        _ => {
            let list = admin.list_launch_plans(request).await?.into_inner();
            list.launch_plans.into_iter().next().and_then(|plan| plan.id)
        }
    };
    found.ok_or_else(|| tonic::Status::not_found(format!("there is no version of {name}")).into())
}

/// A launch plan in the version that is meant.
pub(super) async fn launch_plan(
    admin: &mut Admin,
    target: &Target,
    name: &str,
    version: Option<&str>,
) -> Result<LaunchPlan, Failure> {
    if version.is_none() {
        let request = ActiveLaunchPlanRequest { id: Some(named(target, name)) };
        match admin.get_active_launch_plan(request).await {
            Ok(plan) => return Ok(plan.into_inner()),
            Err(status) if status.code() == Code::NotFound => {}
            Err(status) => return Err(status.into()),
        }
    }
    let id = identifier(admin, target, ResourceType::LaunchPlan, name, version).await?;
    Ok(admin.get_launch_plan(ObjectGetRequest { id: Some(id) }).await?.into_inner())
}
