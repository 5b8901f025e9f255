//! RegisterProject.

use aileron_idl::admin::project::ProjectState;
use aileron_idl::admin::{Project, ProjectRegisterRequest, ProjectRegisterResponse};

use crate::error::ServiceError;
use crate::server::App;
use crate::store::{StoreError, projects};
use crate::{labels, names};

/// Longest name, in bytes.
const LONGEST_NAME: usize = 64;
/// Longest description, in bytes.
const LONGEST_DESCRIPTION: usize = 300;

impl App {
    /// Adds an active project; an id that is there is `AlreadyExists`.
    pub(crate) async fn register_project(
        &self,
        request: ProjectRegisterRequest,
    ) -> Result<ProjectRegisterResponse, ServiceError> {
        let project = request.project.ok_or_else(|| ServiceError::Missing("project".to_owned()))?;
        check(&project)?;
        if !project.domains.is_empty() {
            let problem = "domains are configured, not registered";
            return Err(ServiceError::invalid("project.domains", "", problem));
        }
        let project = Project { state: 0, org: String::new(), ..project };
        let inserted: Result<(), StoreError> =
            self.store.write(|db| Box::pin(async move { projects::insert(db, &project).await })).await;
        inserted?;
        Ok(ProjectRegisterResponse {})
    }
}

fn check(project: &Project) -> Result<(), ServiceError> {
    if project.name.is_empty() {
        return Err(ServiceError::Missing("project.name".to_owned()));
    }
    check_texts(project)
}

/// Refuses what no project may have; a name may be left out.
pub(super) fn check_texts(project: &Project) -> Result<(), ServiceError> {
    names::check_project(&project.id)?;
    let too_long = |field: &str, value: &str, longest: usize| {
        Err(ServiceError::invalid(field, value, format!("it may have {longest} bytes at most")))
    };
    if project.name.len() > LONGEST_NAME {
        return too_long("project.name", &project.name, LONGEST_NAME);
    }
    if project.description.len() > LONGEST_DESCRIPTION {
        return too_long("project.description", &project.description, LONGEST_DESCRIPTION);
    }
    if ProjectState::try_from(project.state).is_err() {
        let problem = "use ACTIVE, ARCHIVED or SYSTEM_GENERATED";
        return Err(ServiceError::invalid("project.state", &project.state.to_string(), problem));
    }
    labels::check("project.labels", project.labels.as_ref())
}
