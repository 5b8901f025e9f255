//! ListTaskIds, ListWorkflowIds and ListLaunchPlanIds: names without their versions.

use aileron_idl::admin::{
    NamedEntityIdentifier, NamedEntityIdentifierList, NamedEntityIdentifierListRequest,
};

use crate::error::ServiceError;
use crate::server::App;
use crate::store::filter::Table;
use crate::store::page::Page;
use crate::store::{launch_plans, names_in, tasks, workflows};

impl App {
    /// Names of tasks.
    pub(crate) async fn list_task_ids(
        &self,
        request: NamedEntityIdentifierListRequest,
    ) -> Result<NamedEntityIdentifierList, ServiceError> {
        self.list_ids(&tasks::TABLE, request).await
    }

    /// Names of workflows.
    pub(crate) async fn list_workflow_ids(
        &self,
        request: NamedEntityIdentifierListRequest,
    ) -> Result<NamedEntityIdentifierList, ServiceError> {
        self.list_ids(&workflows::TABLE, request).await
    }

    /// Names of launch plans.
    pub(crate) async fn list_launch_plan_ids(
        &self,
        request: NamedEntityIdentifierListRequest,
    ) -> Result<NamedEntityIdentifierList, ServiceError> {
        self.list_ids(&launch_plans::TABLE, request).await
    }

    /// A request's filter is not looked at; nobody ever did.
    async fn list_ids(
        &self,
        table: &'static Table,
        request: NamedEntityIdentifierListRequest,
    ) -> Result<NamedEntityIdentifierList, ServiceError> {
        let id =
            NamedEntityIdentifier { project: request.project, domain: request.domain, ..Default::default() };
        let scope = super::listing::scope(Some(id))?;
        let page = Page::of_names(table, request.limit, &request.token, request.sort_by.as_ref())?;
        let found = names_in(self.store.readers(), table, &scope, &page).await?;
        let entities = found.rows.into_iter().map(|name| NamedEntityIdentifier {
            project: scope.project.clone(),
            domain: scope.domain.clone(),
            name,
            ..NamedEntityIdentifier::default()
        });
        Ok(NamedEntityIdentifierList { entities: entities.collect(), token: found.token })
    }
}
