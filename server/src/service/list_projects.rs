//! ListProjects: the one list that needs no limit.

use aileron_idl::admin::{ProjectListRequest, Projects, Sort, sort};

use crate::error::ServiceError;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::page::Page;
use crate::store::projects::{self, TABLE};

impl App {
    /// Projects by id; archived ones only when there is a filter.
    pub(crate) async fn list_projects(&self, request: ProjectListRequest) -> Result<Projects, ServiceError> {
        let filter = Filter::parse(&TABLE, &request.filters)?;
        let by_id = Sort { key: "identifier".to_owned(), direction: sort::Direction::Ascending as i32 };
        let sort = request.sort_by.filter(|sort| !sort.key.is_empty()).unwrap_or(by_id);
        let page = Page::parse(&TABLE, request.limit, &request.token, Some(&sort), true)?;
        let hide_archived = request.filters.is_empty();
        let found = projects::list(self.store.readers(), &filter, hide_archived, &page).await?;
        Ok(Projects {
            token: page.next_token(found.len()),
            projects: found.into_iter().map(|project| self.with_domains(project)).collect(),
        })
    }
}
