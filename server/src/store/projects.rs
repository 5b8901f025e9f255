//! Table `projects`.

use aileron_idl::admin::{Labels, Project, project::ProjectState};
use prost::Message;

use super::filter::{Filter, Table, instant, integer, text};
use super::page::{Found, Page};
use super::sql::Query;
use super::{Connection, Pool, Session, StoreError, decode, select};
use crate::clock;

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "projects",
    entity: "project",
    columns: &[
        text("identifier"),
        text("name"),
        text("description"),
        integer("state"),
        instant("created_at"),
        instant("updated_at"),
    ],
    aliases: &[("id", "identifier")],
    order: "identifier",
    joins: &[],
};

const FIELDS: &str =
    "projects.identifier, projects.name, projects.description, projects.labels, projects.state";

#[derive(sqlx::FromRow)]
struct Row {
    identifier: String,
    name: String,
    description: String,
    labels: Vec<u8>,
    state: i64,
}

impl TryFrom<Row> for Project {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Project {
            id: row.identifier,
            name: row.name,
            description: row.description,
            labels: Some(decode::<Labels>(TABLE.name, &row.labels)?),
            state: i32::try_from(row.state).unwrap_or_default(),
            ..Project::default()
        })
    }
}

/// A project as it exists from the start: named after its id.
pub(crate) fn seeded(id: &str) -> Project {
    Project { id: id.to_owned(), name: id.to_owned(), ..Project::default() }
}

/// Inserts a project; its domains are not stored, every project has them all.
pub(crate) async fn insert(connection: &mut Connection, project: &Project) -> Result<(), StoreError> {
    let now = clock::text(&clock::now());
    Query::new(
        "INSERT INTO projects (identifier, name, description, labels, state, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(&project.id)
    .bind(&project.name)
    .bind(&project.description)
    .bind(project.labels.clone().unwrap_or_default().encode_to_vec())
    .bind(project.state)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a project over the one of its id.
pub(crate) async fn update(connection: &mut Connection, project: &Project) -> Result<(), StoreError> {
    Query::new(
        "UPDATE projects SET name = $2, description = $3, labels = $4, state = $5, updated_at = $6 \
         WHERE identifier = $1",
    )
    .bind(&project.id)
    .bind(&project.name)
    .bind(&project.description)
    .bind(project.labels.clone().unwrap_or_default().encode_to_vec())
    .bind(project.state)
    .bind(clock::text(&clock::now()))
    .execute(connection)
    .await?;
    Ok(())
}

/// The project of an id.
pub(crate) async fn find<'e>(
    executor: impl Into<Session<'e>>,
    id: &str,
) -> Result<Option<Project>, StoreError> {
    let mut query = select(&TABLE, FIELDS);
    query.push(" WHERE identifier = ").push_bind(id.to_owned());
    let row: Option<Row> = query.fetch_optional(executor).await?;
    row.map(Project::try_from).transpose()
}

/// Keeps a project, and what is set on it, from other transactions that change it, until this one ends.
pub(crate) async fn lock(connection: &mut Connection, id: &str) -> Result<(), StoreError> {
    Query::new("SELECT id FROM projects WHERE identifier = $1").bind(id).lock(connection).await
}

/// One page of those that are visible, if not all are; archived projects only when the filter asks for something.
pub(crate) async fn list(
    pool: &Pool,
    filter: &Filter,
    hide_archived: bool,
    visible: Option<Vec<String>>,
    page: &Page,
) -> Result<Found<Project>, StoreError> {
    page.read::<Row, _>(query(filter, hide_archived, visible, page), pool).await
}

/// The query of [`list`].
pub(super) fn query(
    filter: &Filter,
    hide_archived: bool,
    visible: Option<Vec<String>>,
    page: &Page,
) -> Query {
    let mut query = page.select(FIELDS);
    query.push(" WHERE 1 = 1");
    if hide_archived {
        query.push(" AND projects.state <> ").push_bind(ProjectState::Archived as i32);
    }
    if let Some(visible) = visible {
        query.push(" AND projects.identifier IN (''");
        for name in visible {
            query.push(", ").push_bind(name);
        }
        query.push(")");
    }
    filter.push_predicates(&mut query);
    page.push(&mut query);
    query
}
