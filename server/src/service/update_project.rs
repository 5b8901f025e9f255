//! UpdateProject: renames, describes, archives or activates a project.

use aileron_idl::admin::{Project, ProjectUpdateResponse};

use super::register_project;
use crate::error::ServiceError;
use crate::server::App;
use crate::store::projects;

impl App {
    /// Overwrites what is given; what is empty stays as it is, but the state is always taken.
    pub(crate) async fn update_project(
        &self,
        request: Project,
    ) -> Result<ProjectUpdateResponse, ServiceError> {
        register_project::check_texts(&request)?;
        let id = request.id.clone();
        let updated: Result<ProjectUpdateResponse, ServiceError> = self
            .store
            .write(move |db| {
                Box::pin(async move {
                    projects::lock(db, &request.id).await?;
                    let known = projects::find(&mut *db, &request.id).await?;
                    let known = known.ok_or_else(|| ServiceError::not_found("project", &request.id))?;
                    projects::update(db, &merged(known, request)).await?;
                    Ok(ProjectUpdateResponse {})
                })
            })
            .await;
        self.caches.projects.remove(&id);
        updated
    }
}

fn merged(known: Project, given: Project) -> Project {
    let either = |given: String, known: String| if given.is_empty() { known } else { given };
    Project {
        name: either(given.name, known.name),
        description: either(given.description, known.description),
        labels: given.labels.filter(|labels| !labels.values.is_empty()).or(known.labels),
        state: given.state,
        ..known
    }
}
