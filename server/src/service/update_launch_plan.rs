//! UpdateLaunchPlan: which version of a launch plan is active.

use aileron_idl::admin::{LaunchPlanState, LaunchPlanUpdateRequest, LaunchPlanUpdateResponse};
use aileron_idl::core::Identifier;

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::launch_plans;

impl App {
    /// Sets the state of a version; activating one deactivates the others of its name.
    pub(crate) async fn update_launch_plan(
        &self,
        request: LaunchPlanUpdateRequest,
    ) -> Result<LaunchPlanUpdateResponse, ServiceError> {
        let state = request.state();
        let id = request.id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
        names::check_identifier("id", &id)?;
        if state == LaunchPlanState::Active {
            self.check_no_schedule(&id).await?;
        }
        self.store
            .write(move |db| {
                Box::pin(async move {
                    match launch_plans::set_state(db, &id, state).await? {
                        true => Ok(LaunchPlanUpdateResponse {}),
                        false => Err(ServiceError::not_found("LAUNCH_PLAN", &id)),
                    }
                })
            })
            .await
    }

    /// A schedule that never fires would be worse than a refusal.
    async fn check_no_schedule(&self, id: &Identifier) -> Result<(), ServiceError> {
        let row = self.launch_plan(id).await?;
        let metadata = row.launch_plan.spec.as_ref().and_then(|spec| spec.entity_metadata.as_ref());
        let schedule = metadata.and_then(|metadata| metadata.schedule.as_ref());
        if schedule.is_some_and(|schedule| schedule.schedule_expression.is_some()) {
            return Err(ServiceError::Unsupported(format!("the schedule of launch plan {id}")));
        }
        Ok(())
    }
}
