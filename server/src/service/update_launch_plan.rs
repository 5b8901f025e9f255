//! UpdateLaunchPlan: which version of a launch plan is active, and with it which schedule.

use aileron_idl::admin::{LaunchPlanState, LaunchPlanUpdateRequest, LaunchPlanUpdateResponse};
use aileron_idl::core::{Identifier, ResourceType};

use crate::error::ServiceError;
use crate::server::App;
use crate::store::schedules::Activation;
use crate::store::{Connection, launch_plans, named_entities, schedules};
use crate::{clock, names, scheduler};

impl App {
    /// Sets the state of a version; activating one deactivates the others of its name. A schedule is
    /// that of the active version: it begins and ends with it, in the same transaction.
    pub(crate) async fn update_launch_plan(
        &self,
        request: LaunchPlanUpdateRequest,
    ) -> Result<LaunchPlanUpdateResponse, ServiceError> {
        let state: LaunchPlanState = names::known("state", request.state)?;
        let id = request.id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
        names::check_identifier("id", &id)?;
        let activation = match state {
            LaunchPlanState::Active => self.activation(&id).await?,
            LaunchPlanState::Inactive => None,
        };
        let updated = self
            .store
            .write(move |db| Box::pin(async move { update(db, &id, state, activation).await }))
            .await?;
        self.wake_scheduler.notify_one();
        Ok(updated)
    }

    /// The schedule that begins with a version, if it has one.
    async fn activation(&self, id: &Identifier) -> Result<Option<Activation>, ServiceError> {
        let row = self.launch_plan(id).await?;
        let spec = row.launch_plan.spec.clone().unwrap_or_default();
        let at = clock::instant();
        let Some(schedule) = scheduler::read(&spec, at)? else { return Ok(None) };
        let next = schedule.next_after(at);
        Ok(Some(Activation { launch_plan_key: row.key, launch_plan: id.clone(), at, next }))
    }
}

async fn update(
    db: &mut Connection,
    id: &Identifier,
    state: LaunchPlanState,
    activation: Option<Activation>,
) -> Result<LaunchPlanUpdateResponse, ServiceError> {
    // What is active and what is scheduled is one for all versions.
    named_entities::lock(db, ResourceType::LaunchPlan, id).await?;
    if !launch_plans::set_state(db, id, state).await? {
        return Err(ServiceError::not_found("LAUNCH_PLAN", id));
    }
    match (state, activation) {
        (LaunchPlanState::Active, Some(activation)) => schedules::activate(db, &activation).await?,
        (LaunchPlanState::Active, None) => schedules::deactivate_all(db, id).await?,
        (LaunchPlanState::Inactive, _) => schedules::deactivate(db, id).await?,
    }
    Ok(LaunchPlanUpdateResponse {})
}
