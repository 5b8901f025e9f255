//! What lists of registered entities share.

use aileron_idl::admin::{NamedEntityIdentifier, ResourceListRequest};

use crate::error::ServiceError;
use crate::names;
use crate::store::Scope;
use crate::store::filter::{Filter, Table};
use crate::store::page::Page;

/// A list request, understood.
pub(super) struct Listing {
    pub(super) scope: Scope,
    pub(super) filter: Filter,
    pub(super) page: Page,
}

impl Listing {
    pub(super) fn parse(
        table: &'static Table,
        request: ResourceListRequest,
    ) -> Result<Listing, ServiceError> {
        let filter = Filter::parse(table, &request.filters)?;
        let page = Page::parse(table, request.limit, &request.token, request.sort_by.as_ref())?;
        Ok(Listing { scope: scope(request.id)?, filter, page })
    }
}

/// Project and domain, which every list needs, and the name if there is one.
pub(super) fn scope(id: Option<NamedEntityIdentifier>) -> Result<Scope, ServiceError> {
    let id = id.ok_or_else(|| ServiceError::Missing("id".to_owned()))?;
    names::check("id.project", &id.project)?;
    names::check("id.domain", &id.domain)?;
    Ok(Scope { project: id.project, domain: id.domain, name: id.name })
}
