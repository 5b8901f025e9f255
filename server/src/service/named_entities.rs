//! GetNamedEntity, ListNamedEntities and UpdateNamedEntity: what holds for all versions of a name.

use aileron_idl::admin::{
    NamedEntity, NamedEntityGetRequest, NamedEntityIdentifier, NamedEntityList, NamedEntityListRequest,
    NamedEntityState, NamedEntityUpdateRequest, NamedEntityUpdateResponse,
};
use aileron_idl::core::ResourceType;

use super::listing;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::filter::Filter;
use crate::store::named_entities::{self, TABLE};
use crate::store::page::Page;

/// Longest description, in bytes.
const LONGEST_DESCRIPTION: usize = 300;
/// Hides what the server made, in lists that ask for nothing.
const OWN: &str = "not_like(name,.flytegen%)";

impl App {
    /// The name of a task, a workflow or a launch plan that has a version.
    pub(crate) async fn get_named_entity(
        &self,
        request: NamedEntityGetRequest,
    ) -> Result<NamedEntity, ServiceError> {
        let kind = registered(request.resource_type())?;
        let id = complete(request.id)?;
        let found = named_entities::find(self.store.readers(), kind, &id).await?;
        found.ok_or_else(|| missing(kind, &id))
    }

    /// Names with their descriptions and states.
    pub(crate) async fn list_named_entities(
        &self,
        request: NamedEntityListRequest,
    ) -> Result<NamedEntityList, ServiceError> {
        let kind = registered(request.resource_type())?;
        let filter = if request.filters.is_empty() { OWN } else { &request.filters };
        let filter = Filter::parse(&TABLE, filter)?;
        let page = Page::parse(&TABLE, request.limit, &request.token, request.sort_by.as_ref())?;
        let scope = listing::scope(Some(NamedEntityIdentifier {
            project: request.project,
            domain: request.domain,
            ..NamedEntityIdentifier::default()
        }))?;
        let found = named_entities::list(self.store.readers(), kind, &scope, &filter, &page).await?;
        Ok(NamedEntityList { entities: found.rows, token: found.token })
    }

    /// Describes or archives a name. Nothing is stopped by that: lists may hide it.
    pub(crate) async fn update_named_entity(
        &self,
        request: NamedEntityUpdateRequest,
    ) -> Result<NamedEntityUpdateResponse, ServiceError> {
        let kind = registered(request.resource_type())?;
        let id = complete(request.id)?;
        let metadata = request.metadata.ok_or_else(|| ServiceError::Missing("metadata".to_owned()))?;
        if metadata.description.len() > LONGEST_DESCRIPTION {
            let problem = format!("it may have {LONGEST_DESCRIPTION} bytes at most");
            return Err(ServiceError::invalid("metadata.description", &metadata.description, problem));
        }
        if NamedEntityState::try_from(metadata.state).is_err() {
            let problem = "use NAMED_ENTITY_ACTIVE, NAMED_ENTITY_ARCHIVED or SYSTEM_GENERATED";
            return Err(ServiceError::invalid("metadata.state", &metadata.state.to_string(), problem));
        }
        self.store
            .write(move |db| {
                Box::pin(async move {
                    match named_entities::update(db, kind, &id, &metadata).await? {
                        true => Ok(NamedEntityUpdateResponse {}),
                        false => Err(missing(kind, &id)),
                    }
                })
            })
            .await
    }
}

/// The kinds that are registered under names.
pub(super) fn registered(kind: ResourceType) -> Result<ResourceType, ServiceError> {
    match kind {
        ResourceType::Task | ResourceType::Workflow | ResourceType::LaunchPlan => Ok(kind),
        other => {
            let problem = "use TASK, WORKFLOW or LAUNCH_PLAN";
            Err(ServiceError::invalid("resource_type", other.as_str_name(), problem))
        }
    }
}

fn complete(id: Option<NamedEntityIdentifier>) -> Result<NamedEntityIdentifier, ServiceError> {
    let id = id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
    for (field, value) in [("id.project", &id.project), ("id.domain", &id.domain), ("id.name", &id.name)] {
        names::check(field, value)?;
    }
    Ok(id)
}

fn missing(kind: ResourceType, id: &NamedEntityIdentifier) -> ServiceError {
    let id = format!("{}:{}:{}", id.project, id.domain, id.name);
    ServiceError::NotFound { entity: kind.as_str_name(), id }
}
