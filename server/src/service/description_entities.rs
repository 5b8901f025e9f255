//! GetDescriptionEntity and ListDescriptionEntities: what authors say of their tasks and workflows.

use aileron_idl::admin::{
    DescriptionEntity, DescriptionEntityList, DescriptionEntityListRequest, ObjectGetRequest,
};

use super::listing;
use super::named_entities::registered;
use crate::error::ServiceError;
use crate::names;
use crate::server::App;
use crate::store::description_entities::{self, TABLE};
use crate::store::filter::Filter;
use crate::store::page::Page;

impl App {
    /// What is said of a version; nothing, for most.
    pub(crate) async fn get_description_entity(
        &self,
        request: ObjectGetRequest,
    ) -> Result<DescriptionEntity, ServiceError> {
        let id = request.id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
        names::check_identifier("id", &id)?;
        registered(id.resource_type())?;
        let found = description_entities::find(self.store.readers(), &id).await?;
        found.ok_or_else(|| ServiceError::not_found("description", &id))
    }

    /// What is said of the versions of a name, which must be given.
    pub(crate) async fn list_description_entities(
        &self,
        request: DescriptionEntityListRequest,
    ) -> Result<DescriptionEntityList, ServiceError> {
        let kind = registered(request.resource_type())?;
        let filter = Filter::parse(&TABLE, &request.filters)?;
        let page = Page::parse(&TABLE, request.limit, &request.token, request.sort_by.as_ref())?;
        let scope = listing::scope(request.id)?;
        names::check("id.name", &scope.name)?;
        let found = description_entities::list(self.store.readers(), kind, &scope, &filter, &page).await?;
        Ok(DescriptionEntityList { description_entities: found.rows, token: found.token })
    }
}
