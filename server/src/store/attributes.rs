//! Table `resources`: matchable attributes, by what they match.

use aileron_idl::admin::{MatchableAttributesConfiguration, MatchableResource, MatchingAttributes};
use prost::Message;

use super::sql::Query;
use super::{Connection, Pool, Session, StoreError, decode};
use crate::clock;

/// Name of the table.
const TABLE: &str = "resources";
const SELECT: &str =
    "SELECT project, domain, workflow, launch_plan, resource_type, attributes FROM resources";

/// What attributes are set on: a project, a domain in it, or a workflow there. What is empty is any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) project: String,
    pub(crate) domain: String,
    pub(crate) workflow: String,
}

impl Place {
    /// The more exact a place is, the more it counts.
    const fn priority(&self) -> i64 {
        match (self.domain.is_empty(), self.workflow.is_empty()) {
            (_, false) => 100,
            (false, true) => 10,
            (true, true) => 5,
        }
    }
}

/// Attributes and what they match.
#[derive(Clone, Debug)]
pub(crate) struct AttributesRow {
    pub(crate) kind: MatchableResource,
    pub(crate) place: Place,
    pub(crate) launch_plan: String,
    pub(crate) attributes: MatchingAttributes,
}

impl AttributesRow {
    /// The row as lists answer it.
    pub(crate) fn into_configuration(self) -> MatchableAttributesConfiguration {
        MatchableAttributesConfiguration {
            attributes: Some(self.attributes),
            project: self.place.project,
            domain: self.place.domain,
            workflow: self.place.workflow,
            launch_plan: self.launch_plan,
            ..MatchableAttributesConfiguration::default()
        }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    project: String,
    domain: String,
    workflow: String,
    launch_plan: String,
    #[sqlx(try_from = "i64")]
    resource_type: i32,
    attributes: Vec<u8>,
}

impl TryFrom<Row> for AttributesRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(AttributesRow {
            kind: MatchableResource::try_from(row.resource_type).unwrap_or_default(),
            place: Place { project: row.project, domain: row.domain, workflow: row.workflow },
            launch_plan: row.launch_plan,
            attributes: decode(TABLE, &row.attributes)?,
        })
    }
}

/// Sets the attributes of one kind at exactly this place.
pub(crate) async fn save(
    connection: &mut Connection,
    place: &Place,
    kind: MatchableResource,
    attributes: &MatchingAttributes,
) -> Result<(), StoreError> {
    Query::new(
        "INSERT INTO resources (project, domain, workflow, launch_plan, resource_type, priority, attributes, \
         created_at, updated_at) VALUES ($1, $2, $3, '', $4, $5, $6, $7, $7) \
         ON CONFLICT (project, domain, workflow, launch_plan, resource_type) \
         DO UPDATE SET attributes = excluded.attributes, updated_at = excluded.updated_at",
    )
    .bind(&place.project)
    .bind(&place.domain)
    .bind(&place.workflow)
    .bind(kind as i32)
    .bind(place.priority())
    .bind(attributes.encode_to_vec())
    .bind(clock::text(&clock::now()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Removes the attributes of one kind at exactly this place; there may be none.
pub(crate) async fn delete(
    connection: &mut Connection,
    place: &Place,
    kind: MatchableResource,
) -> Result<(), StoreError> {
    Query::new(
        "DELETE FROM resources WHERE project = $1 AND domain = $2 AND workflow = $3 AND launch_plan = '' \
         AND resource_type = $4",
    )
    .bind(&place.project)
    .bind(&place.domain)
    .bind(&place.workflow)
    .bind(kind as i32)
    .execute(connection)
    .await?;
    Ok(())
}

/// Everything that matches a place, what counts most first.
pub(crate) async fn matching<'e>(
    executor: impl Into<Session<'e>>,
    place: &Place,
) -> Result<Vec<AttributesRow>, StoreError> {
    let rows: Vec<Row> = matching_query(place).fetch_all(executor).await?;
    rows.into_iter().map(AttributesRow::try_from).collect()
}

/// The query of [`matching`].
pub(super) fn matching_query(place: &Place) -> Query {
    let mut query = Query::new(SELECT);
    query.push(" WHERE project = ").push_bind(place.project.clone());
    query.push(" AND domain IN ('', ").push_bind(place.domain.clone());
    query.push(") AND workflow IN ('', ").push_bind(place.workflow.clone());
    query.push(") AND launch_plan = '' ORDER BY priority DESC");
    query
}

/// Everything of one kind.
pub(crate) async fn list(pool: &Pool, kind: MatchableResource) -> Result<Vec<AttributesRow>, StoreError> {
    let rows: Vec<Row> = list_query(kind).fetch_all(pool).await?;
    rows.into_iter().map(AttributesRow::try_from).collect()
}

/// The query of [`list`].
pub(super) fn list_query(kind: MatchableResource) -> Query {
    let mut query = Query::new(SELECT);
    query.push(" WHERE resource_type = ").push_bind(kind as i32);
    query.push(" ORDER BY project, domain, workflow");
    query
}
