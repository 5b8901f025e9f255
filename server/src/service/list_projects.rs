//! ListProjects: the one list that needs no limit.

use aileron_idl::admin::{ProjectListRequest, Projects};

use crate::error::ServiceError;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::page::Page;
use crate::store::projects::{self, TABLE};

impl App {
    /// Projects by id; archived ones only when there is a filter.
    pub(crate) async fn list_projects(&self, request: ProjectListRequest) -> Result<Projects, ServiceError> {
        let filter = Filter::parse(&TABLE, &request.filters)?;
        let page = Page::unlimited(&TABLE, request.limit, &request.token, request.sort_by.as_ref())?;
        let hide_archived = request.filters.is_empty();
        let found = projects::list(self.store.readers(), &filter, hide_archived, &page).await?;
        Ok(Projects {
            token: found.token,
            projects: found.rows.into_iter().map(|project| self.with_domains(project)).collect(),
        })
    }
}
