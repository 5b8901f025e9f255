//! Table `named_entities`: what is known of all versions of a name.

use aileron_idl::admin::{NamedEntity, NamedEntityIdentifier, NamedEntityMetadata, NamedEntityState};
use aileron_idl::core::{Identifier, ResourceType};

use super::filter::{Filter, Table, integer, text};
use super::page::{Found, Page};
use super::sql::Query;
use super::{Connection, Pool, Scope, StoreError, select};

/// The table as lists see it. Filters may name it as Flyte names its two tables.
pub(crate) static TABLE: Table = Table {
    name: "named_entities",
    entity: "entities",
    columns: &[
        integer("resource_type"),
        text("project"),
        text("domain"),
        text("name"),
        text("description"),
        integer("state"),
    ],
    aliases: &[
        ("named_entity_metadata.resource_type", "resource_type"),
        ("named_entity_metadata.project", "project"),
        ("named_entity_metadata.domain", "domain"),
        ("named_entity_metadata.name", "name"),
        ("named_entity_metadata.description", "description"),
        ("named_entity_metadata.state", "state"),
    ],
    order: "name",
    joins: &[],
};

const FIELDS: &str = "named_entities.resource_type, named_entities.project, named_entities.domain, \
     named_entities.name, named_entities.description, named_entities.state";

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(try_from = "i64")]
    resource_type: i32,
    project: String,
    domain: String,
    name: String,
    description: String,
    #[sqlx(try_from = "i64")]
    state: i32,
}

impl From<Row> for NamedEntity {
    fn from(row: Row) -> Self {
        NamedEntity {
            resource_type: row.resource_type,
            id: Some(NamedEntityIdentifier {
                project: row.project,
                domain: row.domain,
                name: row.name,
                ..NamedEntityIdentifier::default()
            }),
            metadata: Some(NamedEntityMetadata { description: row.description, state: row.state }),
        }
    }
}

/// Notes the name of a version; one that is known keeps its state.
pub(crate) async fn note(
    connection: &mut Connection,
    id: &Identifier,
    state: NamedEntityState,
) -> Result<(), StoreError> {
    Query::new(
        "INSERT INTO named_entities (resource_type, project, domain, name, description, state) \
         VALUES ($1, $2, $3, $4, '', $5) ON CONFLICT DO NOTHING",
    )
    .bind(id.resource_type)
    .bind(&id.project)
    .bind(&id.domain)
    .bind(&id.name)
    .bind(state as i32)
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps a name, and what holds for all its versions, from other transactions until this one ends.
pub(crate) async fn lock(
    connection: &mut Connection,
    kind: ResourceType,
    id: &Identifier,
) -> Result<(), StoreError> {
    let row = Query::new(
        "SELECT id FROM named_entities WHERE resource_type = $1 AND project = $2 AND domain = $3 AND name = $4",
    );
    let row = row.bind(kind as i32).bind(&id.project).bind(&id.domain).bind(&id.name);
    row.lock(connection).await
}

/// Writes description and state of a name; false when it has no version.
pub(crate) async fn update(
    connection: &mut Connection,
    kind: ResourceType,
    id: &NamedEntityIdentifier,
    metadata: &NamedEntityMetadata,
) -> Result<bool, StoreError> {
    let updated = Query::new(
        "UPDATE named_entities SET description = $5, state = $6 \
         WHERE resource_type = $1 AND project = $2 AND domain = $3 AND name = $4",
    )
    .bind(kind as i32)
    .bind(&id.project)
    .bind(&id.domain)
    .bind(&id.name)
    .bind(&metadata.description)
    .bind(metadata.state)
    .execute(connection)
    .await?;
    Ok(updated > 0)
}

/// What is known of a name.
pub(crate) async fn find(
    pool: &Pool,
    kind: ResourceType,
    id: &NamedEntityIdentifier,
) -> Result<Option<NamedEntity>, StoreError> {
    let mut query = select(&TABLE, FIELDS);
    query.push(" WHERE resource_type = ").push_bind(kind as i32);
    query.push(" AND project = ").push_bind(id.project.clone());
    query.push(" AND domain = ").push_bind(id.domain.clone());
    query.push(" AND name = ").push_bind(id.name.clone());
    let row: Option<Row> = query.fetch_optional(pool).await?;
    Ok(row.map(NamedEntity::from))
}

/// One page of the names in a scope.
pub(crate) async fn list(
    pool: &Pool,
    kind: ResourceType,
    scope: &Scope,
    filter: &Filter,
    page: &Page,
) -> Result<Found<NamedEntity>, StoreError> {
    page.read::<Row, _>(query(kind, scope, filter, page), pool).await
}

/// The query of [`list`].
pub(super) fn query(kind: ResourceType, scope: &Scope, filter: &Filter, page: &Page) -> Query {
    let mut query = page.select(FIELDS);
    scope.push(&TABLE, &mut query);
    query.push(" AND named_entities.resource_type = ").push_bind(kind as i32);
    filter.push_predicates(&mut query);
    page.push(&mut query);
    query
}
