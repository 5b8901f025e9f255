//! The questions that the pages ask about what is registered.

use aileron_idl::admin::{
    ActiveLaunchPlanListRequest, LaunchPlan, LaunchPlanList, NamedEntity, NamedEntityIdentifier,
    NamedEntityList, NamedEntityListRequest, ObjectGetRequest, ResourceListRequest, Sort, Task, TaskList,
    Workflow, WorkflowList, sort,
};
use aileron_idl::aileron::v1::list_fire_times_request::Of;
use aileron_idl::aileron::v1::{ListFireTimesRequest, ListFireTimesResponse};
use aileron_idl::core::{CompiledWorkflowClosure, Identifier};

use super::fetch;
use super::questions::{PAGE, admin};
use super::status::ApiError;
use crate::model::entity::{Registered, registered};
use crate::model::route::{Entity, Place};
use crate::model::time;

/// The names of a kind in a place that contain `search`, in order; at most 1,000 and the token of the rest.
pub async fn names(
    place: &Place,
    kind: Entity,
    search: &str,
    token: String,
) -> Result<NamedEntityList, ApiError> {
    let request = NamedEntityListRequest {
        resource_type: kind.resource_type(),
        project: place.project.clone(),
        domain: place.domain.clone(),
        limit: PAGE,
        token,
        filters: if search.is_empty() { String::new() } else { format!("contains(name,{search})") },
        sort_by: Some(Sort { key: "name".to_owned(), direction: sort::Direction::Ascending as i32 }),
        ..Default::default()
    };
    fetch::unary(admin("ListNamedEntities"), &request).await
}

/// Every name of a kind in a place.
pub async fn all_names(place: &Place, kind: Entity) -> Result<Vec<NamedEntity>, ApiError> {
    let mut found = names(place, kind, "", String::new()).await?;
    let mut entities = std::mem::take(&mut found.entities);
    while !found.token.is_empty() {
        found = names(place, kind, "", found.token).await?;
        entities.append(&mut found.entities);
    }
    Ok(entities)
}

/// The versions of a name, or of all names if it is empty, newest first.
pub async fn versions(
    place: &Place,
    kind: Entity,
    name: &str,
    limit: u32,
    token: String,
) -> Result<(Vec<Registered>, String), ApiError> {
    let id = NamedEntityIdentifier {
        project: place.project.clone(),
        domain: place.domain.clone(),
        name: name.to_owned(),
        ..Default::default()
    };
    let sort_by = Some(Sort { key: "created_at".to_owned(), direction: sort::Direction::Descending as i32 });
    let request = ResourceListRequest { id: Some(id), limit, token, sort_by, ..Default::default() };
    Ok(match kind {
        Entity::Workflow => {
            let list: WorkflowList = fetch::unary(admin("ListWorkflows"), &request).await?;
            (list.workflows.iter().map(registered::workflow).collect(), list.token)
        }
        Entity::Task => {
            let list: TaskList = fetch::unary(admin("ListTasks"), &request).await?;
            (list.tasks.iter().map(registered::task).collect(), list.token)
        }
        Entity::LaunchPlan => {
            let list: LaunchPlanList = fetch::unary(admin("ListLaunchPlans"), &request).await?;
            (list.launch_plans.iter().map(registered::launch_plan).collect(), list.token)
        }
    })
}

/// The active version of every launch plan of a place.
pub async fn active_launch_plans(place: &Place) -> Result<Vec<LaunchPlan>, ApiError> {
    let mut request = ActiveLaunchPlanListRequest {
        project: place.project.clone(),
        domain: place.domain.clone(),
        limit: PAGE,
        ..Default::default()
    };
    let mut plans = Vec::new();
    loop {
        let page: LaunchPlanList = fetch::unary(admin("ListActiveLaunchPlans"), &request).await?;
        plans.extend(page.launch_plans);
        if page.token.is_empty() {
            return Ok(plans);
        }
        request.token = page.token;
    }
}

/// A workflow, compiled.
pub async fn workflow(id: &Identifier) -> Result<CompiledWorkflowClosure, ApiError> {
    let answer: Workflow = fetch::unary(admin("GetWorkflow"), &object(id)).await?;
    Ok(answer.closure.and_then(|closure| closure.compiled_workflow).unwrap_or_default())
}

/// A task.
pub async fn task(id: &Identifier) -> Result<Task, ApiError> {
    fetch::unary(admin("GetTask"), &object(id)).await
}

/// A launch plan.
pub async fn launch_plan(id: &Identifier) -> Result<LaunchPlan, ApiError> {
    fetch::unary(admin("GetLaunchPlan"), &object(id)).await
}

/// When a schedule fires next, in milliseconds since 1970, the first time first.
pub async fn fire_times(of: Of) -> Result<Vec<f64>, ApiError> {
    let method = fetch::Method { service: "aileron.v1.ScheduleService", name: "ListFireTimes" };
    let request = ListFireTimesRequest { of: Some(of), ..Default::default() };
    let answer: ListFireTimesResponse = fetch::unary(method, &request).await?;
    Ok(answer.times.iter().map(time::millis).collect())
}

fn object(id: &Identifier) -> ObjectGetRequest {
    ObjectGetRequest { id: Some(id.clone()) }
}
