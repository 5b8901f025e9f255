//! Table `tasks`.

use aileron_idl::admin::{DescriptionEntity, NamedEntityState, Task, TaskClosure};
use aileron_idl::core::{Identifier, ResourceType};
use prost::Message;

use super::filter::{Filter, Table, instant, integer, text};
use super::page::{Found, Page};
use super::sql::Query;
use super::{Connection, Pool, Scope, StoreError, decode};
use super::{description_entities, named_entities, versions};
use crate::clock;

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "tasks",
    entity: "task",
    columns: &[
        integer("id"),
        text("project"),
        text("domain"),
        text("name"),
        text("version"),
        text("type"),
        text("short_description"),
        instant("created_at"),
        instant("updated_at"),
    ],
    aliases: &[],
    order: "created_at",
    joins: &[],
};

const FIELDS: &str = "tasks.id, tasks.project, tasks.domain, tasks.name, tasks.version, tasks.closure, \
     tasks.digest, tasks.short_description";

/// A registered task.
#[derive(Clone, Debug)]
pub(crate) struct TaskRow {
    pub(crate) key: i64,
    pub(crate) digest: Vec<u8>,
    pub(crate) task: Task,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    project: String,
    domain: String,
    name: String,
    version: String,
    closure: Vec<u8>,
    digest: Vec<u8>,
    short_description: String,
}

impl TryFrom<Row> for TaskRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let id = Identifier {
            resource_type: ResourceType::Task as i32,
            project: row.project,
            domain: row.domain,
            name: row.name,
            version: row.version,
            ..Identifier::default()
        };
        let closure: TaskClosure = decode(TABLE.name, &row.closure)?;
        let task = Task { id: Some(id), closure: Some(closure), short_description: row.short_description };
        Ok(TaskRow { key: row.id, digest: row.digest, task })
    }
}

/// What is inserted.
#[derive(Debug)]
pub(crate) struct NewTask {
    pub(crate) id: Identifier,
    pub(crate) closure: TaskClosure,
    pub(crate) digest: Vec<u8>,
    pub(crate) description: Option<DescriptionEntity>,
}

/// Inserts a task with its name and description, and answers its key.
pub(crate) async fn insert(connection: &mut Connection, new: &NewTask) -> Result<i64, StoreError> {
    let template = new.closure.compiled_task.as_ref().and_then(|task| task.template.as_ref());
    let inserted: (i64,) = Query::new(
        "INSERT INTO tasks (project, domain, name, version, closure, digest, type, short_description, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id",
    )
    .bind(&new.id.project)
    .bind(&new.id.domain)
    .bind(&new.id.name)
    .bind(&new.id.version)
    .bind(new.closure.encode_to_vec())
    .bind(&new.digest)
    .bind(template.map(|template| template.r#type.as_str()).unwrap_or_default())
    .bind(new.description.as_ref().map(|entity| entity.short_description.as_str()).unwrap_or_default())
    .bind(clock::text(&new.closure.created_at.unwrap_or_default()))
    .fetch_one(&mut *connection)
    .await?;
    named_entities::note(connection, &new.id, NamedEntityState::NamedEntityActive).await?;
    if let Some(entity) = &new.description {
        description_entities::insert(connection, &new.id, entity).await?;
    }
    Ok(inserted.0)
}

/// The task of an id.
pub(crate) async fn find(pool: &Pool, id: &Identifier) -> Result<Option<TaskRow>, StoreError> {
    versions::find::<Row, _>(pool, &TABLE, FIELDS, id).await
}

/// One page of the tasks in a scope.
pub(crate) async fn list(
    pool: &Pool,
    scope: &Scope,
    filter: &Filter,
    page: &Page,
) -> Result<Found<TaskRow>, StoreError> {
    page.read::<Row, _>(query(scope, filter, page), pool).await
}

/// The query of [`list`].
pub(super) fn query(scope: &Scope, filter: &Filter, page: &Page) -> Query {
    versions::query(&TABLE, FIELDS, scope, filter, page)
}
