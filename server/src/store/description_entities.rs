//! Table `description_entities`: what the author of a version says about it.

use aileron_idl::admin::DescriptionEntity;
use aileron_idl::core::{Identifier, ResourceType};
use prost::Message;

use super::filter::{Filter, Table, instant, integer, text};
use super::page::{Found, Page};
use super::sql::Query;
use super::{Connection, Pool, Scope, StoreError, decode, select};
use crate::clock;

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "description_entities",
    entity: "description_entity",
    columns: &[
        integer("id"),
        integer("resource_type"),
        text("project"),
        text("domain"),
        text("name"),
        text("version"),
        text("short_description"),
        instant("created_at"),
        instant("updated_at"),
    ],
    aliases: &[],
    order: "created_at",
    joins: &[],
};

const FIELDS: &str = "description_entities.resource_type, description_entities.project, \
     description_entities.domain, description_entities.name, description_entities.version, \
     description_entities.description";

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(try_from = "i64")]
    resource_type: i32,
    project: String,
    domain: String,
    name: String,
    version: String,
    description: Vec<u8>,
}

impl TryFrom<Row> for DescriptionEntity {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let id = Identifier {
            resource_type: row.resource_type,
            project: row.project,
            domain: row.domain,
            name: row.name,
            version: row.version,
            ..Identifier::default()
        };
        let entity: DescriptionEntity = decode(TABLE.name, &row.description)?;
        Ok(DescriptionEntity { id: Some(id), ..entity })
    }
}

/// Inserts what is said of a version.
pub(crate) async fn insert(
    connection: &mut Connection,
    id: &Identifier,
    entity: &DescriptionEntity,
) -> Result<(), StoreError> {
    Query::new(
        "INSERT INTO description_entities (resource_type, project, domain, name, version, \
         short_description, description, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(id.resource_type)
    .bind(&id.project)
    .bind(&id.domain)
    .bind(&id.name)
    .bind(&id.version)
    .bind(&entity.short_description)
    .bind(entity.encode_to_vec())
    .bind(clock::text(&clock::now()))
    .execute(connection)
    .await?;
    Ok(())
}

/// What is said of a version.
pub(crate) async fn find(pool: &Pool, id: &Identifier) -> Result<Option<DescriptionEntity>, StoreError> {
    let mut query = select(&TABLE, FIELDS);
    query.push(" WHERE resource_type = ").push_bind(id.resource_type);
    query.push(" AND project = ").push_bind(id.project.clone());
    query.push(" AND domain = ").push_bind(id.domain.clone());
    query.push(" AND name = ").push_bind(id.name.clone());
    query.push(" AND version = ").push_bind(id.version.clone());
    let row: Option<Row> = query.fetch_optional(pool).await?;
    row.map(DescriptionEntity::try_from).transpose()
}

/// One page of what is said of the versions of a name.
pub(crate) async fn list(
    pool: &Pool,
    kind: ResourceType,
    scope: &Scope,
    filter: &Filter,
    page: &Page,
) -> Result<Found<DescriptionEntity>, StoreError> {
    page.read::<Row, _>(query(kind, scope, filter, page), pool).await
}

/// The query of [`list`].
pub(super) fn query(kind: ResourceType, scope: &Scope, filter: &Filter, page: &Page) -> Query {
    let mut query = page.select(FIELDS);
    scope.push(&TABLE, &mut query);
    query.push(" AND description_entities.resource_type = ").push_bind(kind as i32);
    filter.push_predicates(&mut query);
    page.push(&mut query);
    query
}
