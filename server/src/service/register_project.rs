//! RegisterProject.

use aileron_idl::admin::{Project, ProjectRegisterRequest, ProjectRegisterResponse};

use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::{StoreError, projects};

/// Longest name, in bytes.
const LONGEST_NAME: usize = 64;
/// Longest description, in bytes.
const LONGEST_DESCRIPTION: usize = 300;
/// Most labels.
const MOST_LABELS: usize = 16;

impl App {
    /// Adds an active project; an id that is there is `AlreadyExists`.
    pub(crate) async fn register_project(
        &self,
        request: ProjectRegisterRequest,
    ) -> Result<ProjectRegisterResponse, ServiceError> {
        let project = request.project.ok_or_else(|| ServiceError::Missing("project".to_owned()))?;
        check(&project)?;
        let project = Project { state: 0, org: String::new(), ..project };
        let inserted: Result<(), StoreError> =
            self.store.write(|db| Box::pin(async move { projects::insert(db, &project).await })).await;
        inserted?;
        Ok(ProjectRegisterResponse {})
    }
}

fn check(project: &Project) -> Result<(), ServiceError> {
    names::check_project(&project.id)?;
    if project.name.is_empty() {
        return Err(ServiceError::Missing("project.name".to_owned()));
    }
    let too_long = |field: &str, value: &str, longest: usize| {
        Err(ServiceError::invalid(field, value, format!("it may have {longest} bytes at most")))
    };
    if project.name.len() > LONGEST_NAME {
        return too_long("project.name", &project.name, LONGEST_NAME);
    }
    if project.description.len() > LONGEST_DESCRIPTION {
        return too_long("project.description", &project.description, LONGEST_DESCRIPTION);
    }
    if !project.domains.is_empty() {
        return Err(ServiceError::invalid("project.domains", "", "domains are configured, not registered"));
    }
    let labels = project.labels.as_ref().map_or(0, |labels| labels.values.len());
    if labels > MOST_LABELS {
        let problem = format!("there may be {MOST_LABELS} at most");
        return Err(ServiceError::invalid("project.labels", &labels.to_string(), problem));
    }
    Ok(())
}
