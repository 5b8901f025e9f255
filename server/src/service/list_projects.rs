//! ListProjects: the one list that needs no limit.

use aileron_idl::admin::{ProjectListRequest, Projects};

use crate::access::caller;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::page::Page;
use crate::store::projects::{self, TABLE};

impl App {
    /// Projects by id, of those that the caller may see; archived ones only when there is a filter.
    pub(crate) async fn list_projects(&self, request: ProjectListRequest) -> Result<Projects, ServiceError> {
        let filter = Filter::parse(&TABLE, &request.filters)?;
        let page = Page::unlimited(&TABLE, request.limit, &request.token, request.sort_by.as_ref())?;
        let hide_archived = request.filters.is_empty();
        let visible = self.visible().await;
        let found = projects::list(self.store.readers(), &filter, hide_archived, visible, &page).await?;
        Ok(Projects {
            token: found.token,
            projects: found.rows.into_iter().map(|project| self.with_domains(project)).collect(),
        })
    }

    /// The projects that the caller may see; `None` for all.
    async fn visible(&self) -> Option<Vec<String>> {
        let caller = caller::current()?;
        self.access.policy(&self.store).await.visible(&caller)
    }
}
