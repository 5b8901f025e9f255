//! ListLaunchPlans and ListActiveLaunchPlans.

use aileron_idl::admin::{
    ActiveLaunchPlanListRequest, LaunchPlanList, NamedEntityIdentifier, ResourceListRequest,
};

use super::listing::Listing;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::launch_plans::{self, TABLE};

impl App {
    /// Launch plans, of one name or of all.
    pub(crate) async fn list_launch_plans(
        &self,
        request: ResourceListRequest,
    ) -> Result<LaunchPlanList, ServiceError> {
        self.launch_plans(request, false).await
    }

    /// The active version of each name.
    pub(crate) async fn list_active_launch_plans(
        &self,
        request: ActiveLaunchPlanListRequest,
    ) -> Result<LaunchPlanList, ServiceError> {
        let id =
            NamedEntityIdentifier { project: request.project, domain: request.domain, ..Default::default() };
        let request = ResourceListRequest {
            id: Some(id),
            limit: request.limit,
            token: request.token,
            sort_by: request.sort_by,
            filters: String::new(),
        };
        self.launch_plans(request, true).await
    }

    async fn launch_plans(
        &self,
        request: ResourceListRequest,
        active_only: bool,
    ) -> Result<LaunchPlanList, ServiceError> {
        let Listing { scope, filter, page } = Listing::parse(&TABLE, request)?;
        let found = launch_plans::list(self.store.readers(), &scope, active_only, &filter, &page).await?;
        Ok(LaunchPlanList {
            token: found.token,
            launch_plans: found.rows.into_iter().map(|row| row.launch_plan).collect(),
        })
    }
}
