//! Table `projects`.

use aileron_idl::admin::{Labels, Project, project::ProjectState};
use prost::Message;
use sqlx::QueryBuilder;

use super::filter::{Filter, Table, instant, integer, text};
use super::page::Page;
use super::{Connection, Database, Pool, StoreError, decode};
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
    joins: &[],
};

const COLUMNS: &str =
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
    sqlx::query(
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

/// The project of an id.
pub(crate) async fn find(pool: &Pool, id: &str) -> Result<Option<Project>, StoreError> {
    let mut query = QueryBuilder::<Database>::new("SELECT ");
    query.push(COLUMNS).push(" FROM projects WHERE identifier = ").push_bind(id);
    let row: Option<Row> = query.build_query_as().fetch_optional(pool).await?;
    row.map(Project::try_from).transpose()
}

/// One page; archived projects only when the filter asks for something.
pub(crate) async fn list(
    pool: &Pool,
    filter: &Filter,
    hide_archived: bool,
    page: &Page,
) -> Result<Vec<Project>, StoreError> {
    let mut query = QueryBuilder::<Database>::new("SELECT ");
    query.push(COLUMNS).push(" FROM projects WHERE 1 = 1");
    if hide_archived {
        query.push(" AND projects.state <> ").push_bind(ProjectState::Archived as i32);
    }
    filter.push_predicates(&mut query);
    page.push(&TABLE, &mut query);
    let rows: Vec<Row> = query.build_query_as().fetch_all(pool).await?;
    rows.into_iter().map(Project::try_from).collect()
}
