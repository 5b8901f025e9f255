//! GetLaunchPlan, and the active version of one.

use aileron_idl::admin::{ActiveLaunchPlanRequest, LaunchPlan, ObjectGetRequest};

use super::listing::scope;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::launch_plans;
use crate::store::page::Page;

impl App {
    /// A launch plan by id.
    pub(crate) async fn get_launch_plan(
        &self,
        request: ObjectGetRequest,
    ) -> Result<LaunchPlan, ServiceError> {
        let id = request.id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
        let found = launch_plans::find(self.store.readers(), &id).await?;
        Ok(found.ok_or_else(|| ServiceError::not_found("LAUNCH_PLAN", &id))?.launch_plan)
    }

    /// The active version of a name.
    pub(crate) async fn get_active_launch_plan(
        &self,
        request: ActiveLaunchPlanRequest,
    ) -> Result<LaunchPlan, ServiceError> {
        let scope = scope(request.id)?;
        names::check("id.name", &scope.name)?;
        let found = launch_plans::list(
            self.store.readers(),
            &scope,
            true,
            &Filter::none(),
            &Page::all(&launch_plans::TABLE),
        )
        .await?;
        let missing = || format!("{}:{}:{}", scope.project, scope.domain, scope.name);
        let first =
            found.rows.into_iter().next().ok_or_else(|| ServiceError::NoActiveLaunchPlan(missing()))?;
        Ok(first.launch_plan)
    }
}
