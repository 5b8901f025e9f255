//! Table `task_executions`: one row an attempt.

use aileron_idl::admin::{TaskExecution, TaskExecutionClosure};
use aileron_idl::core::{
    Identifier, NodeExecutionIdentifier, ResourceType, TaskExecutionIdentifier, WorkflowExecutionIdentifier,
};
use prost::Message;

use super::filter::{Filter, Join, Table, instant, integer, text};
use super::page::{Found, Page};
use super::sql::{Query, Value, in_statements};
use super::{Connection, Pool, Session, StoreError, decode, executions, node_executions, select, tasks};
use crate::clock;

const ON_EXECUTION: &str = "executions.execution_project = task_executions.execution_project \
     AND executions.execution_domain = task_executions.execution_domain \
     AND executions.execution_name = task_executions.execution_name";

const ON_NODE: &str = "node_executions.execution_project = task_executions.execution_project \
     AND node_executions.execution_domain = task_executions.execution_domain \
     AND node_executions.execution_name = task_executions.execution_name \
     AND node_executions.node_id = task_executions.node_id";

const ON_TASK: &str = "tasks.project = task_executions.project AND tasks.domain = task_executions.domain \
     AND tasks.name = task_executions.name AND tasks.version = task_executions.version";

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "task_executions",
    entity: "task_execution",
    columns: &[
        integer("id"),
        text("execution_project"),
        text("execution_domain"),
        text("execution_name"),
        text("node_id"),
        integer("retry_attempt"),
        text("phase"),
        integer("phase_version"),
        text("input_uri"),
        text("version"),
        integer("duration").or_null(),
        instant("started_at").or_null(),
        instant("task_execution_created_at"),
        instant("task_execution_updated_at"),
        instant("created_at"),
        instant("updated_at"),
    ],
    aliases: &[("project", "execution_project"), ("domain", "execution_domain"), ("name", "execution_name")],
    order: "created_at",
    joins: &[
        Join { table: &executions::TABLE, on: ON_EXECUTION, many: false, kept: &[] },
        Join { table: &node_executions::TABLE, on: ON_NODE, many: false, kept: &[] },
        Join { table: &tasks::TABLE, on: ON_TASK, many: false, kept: &[] },
    ],
};

const FIELDS: &str = "task_executions.project, task_executions.domain, task_executions.name, \
     task_executions.version, task_executions.execution_project, task_executions.execution_domain, \
     task_executions.execution_name, task_executions.node_id, task_executions.retry_attempt, \
     task_executions.phase_version, task_executions.input_uri, task_executions.closure, \
     CAST(CASE WHEN EXISTS (SELECT 1 FROM node_executions AS child \
     WHERE child.parent_task_execution_id = task_executions.id) THEN 1 ELSE 0 END AS BIGINT) AS is_parent";

/// An attempt as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct AttemptRow {
    pub(crate) attempt: TaskExecution,
    /// Tells apart the events of one phase.
    pub(crate) phase_version: u32,
}

#[derive(sqlx::FromRow)]
struct Row {
    project: String,
    domain: String,
    name: String,
    version: String,
    execution_project: String,
    execution_domain: String,
    execution_name: String,
    node_id: String,
    retry_attempt: i64,
    phase_version: i64,
    input_uri: String,
    closure: Vec<u8>,
    is_parent: i64,
}

impl TryFrom<Row> for AttemptRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let task_id = Identifier {
            resource_type: ResourceType::Task as i32,
            project: row.project,
            domain: row.domain,
            name: row.name,
            version: row.version,
            ..Identifier::default()
        };
        let execution_id = WorkflowExecutionIdentifier {
            project: row.execution_project,
            domain: row.execution_domain,
            name: row.execution_name,
            ..WorkflowExecutionIdentifier::default()
        };
        let node = NodeExecutionIdentifier { execution_id: Some(execution_id), node_id: row.node_id };
        let id = TaskExecutionIdentifier {
            task_id: Some(task_id),
            node_execution_id: Some(node),
            retry_attempt: u32::try_from(row.retry_attempt).unwrap_or_default(),
        };
        let closure: TaskExecutionClosure = decode(TABLE.name, &row.closure)?;
        let attempt = TaskExecution {
            id: Some(id),
            input_uri: row.input_uri,
            closure: Some(closure),
            is_parent: row.is_parent != 0,
        };
        Ok(AttemptRow { attempt, phase_version: u32::try_from(row.phase_version).unwrap_or_default() })
    }
}

/// The columns that a row is written into, each by one value of [`values`].
const WRITTEN: &str = "project, domain, name, version, execution_project, execution_domain, execution_name, \
     node_id, retry_attempt, phase, phase_version, input_uri, closure, started_at, duration, \
     task_execution_created_at, task_execution_updated_at, created_at, updated_at";

const OVER: &str = " ON CONFLICT (execution_project, execution_domain, execution_name, node_id, project, domain, \
     name, version, retry_attempt) DO UPDATE SET phase = excluded.phase, \
     phase_version = excluded.phase_version, input_uri = excluded.input_uri, \
     closure = excluded.closure, started_at = excluded.started_at, duration = excluded.duration, \
     task_execution_updated_at = excluded.task_execution_updated_at, updated_at = excluded.updated_at";

/// Inserts rows, or writes them over those of their ids.
pub(crate) async fn save_all(connection: &mut Connection, rows: &[&AttemptRow]) -> Result<(), StoreError> {
    for rows in in_statements(rows) {
        let mut query = Query::new(format!("INSERT INTO task_executions ({WRITTEN}) VALUES "));
        query.push_rows(rows.iter().map(|row| values(row)));
        query.push(OVER);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn values(row: &AttemptRow) -> Vec<Value> {
    let closure = row.attempt.closure.clone().unwrap_or_default();
    let id = row.attempt.id.clone().unwrap_or_default();
    let task = id.task_id.unwrap_or_default();
    let node = id.node_execution_id.unwrap_or_default();
    let execution = node.execution_id.unwrap_or_default();
    let created = clock::text(&closure.created_at.unwrap_or_default());
    vec![
        task.project.into(),
        task.domain.into(),
        task.name.into(),
        task.version.into(),
        execution.project.into(),
        execution.domain.into(),
        execution.name.into(),
        node.node_id.into(),
        i64::from(id.retry_attempt).into(),
        closure.phase().as_str_name().into(),
        i64::from(row.phase_version).into(),
        (&row.attempt.input_uri).into(),
        closure.encode_to_vec().into(),
        closure.started_at.as_ref().map(clock::text).into(),
        closure.duration.as_ref().map(clock::nanos).into(),
        created.clone().into(),
        clock::text(&closure.updated_at.unwrap_or_default()).into(),
        created.into(),
        clock::text(&clock::now()).into(),
    ]
}

/// The attempts of many ids.
pub(crate) async fn find_all(
    connection: &mut Connection,
    ids: impl Iterator<Item = &TaskExecutionIdentifier>,
) -> Result<Vec<(TaskExecutionIdentifier, AttemptRow)>, StoreError> {
    let Some(query) = wanted_query(connection, ids) else { return Ok(Vec::new()) };
    let rows: Vec<Row> = query.fetch_all(connection).await?;
    let placed = |row: Row| {
        let row = AttemptRow::try_from(row)?;
        Ok((row.attempt.id.clone().unwrap_or_default(), row))
    };
    rows.into_iter().map(placed).collect()
}

/// The query of [`find_all`]; none where nothing is wanted.
pub(super) fn wanted_query<'i>(
    connection: &Connection,
    ids: impl Iterator<Item = &'i TaskExecutionIdentifier>,
) -> Option<Query> {
    let keys: Vec<Vec<String>> = ids.map(texts).collect();
    if keys.is_empty() {
        return None;
    }
    let mut query = Query::new(format!("SELECT {FIELDS} FROM "));
    query.push_wanted(connection, keys.iter().map(|key| key.iter().map(String::as_str).collect()));
    query.push(
        " JOIN task_executions ON task_executions.execution_project = w0 \
         AND task_executions.execution_domain = w1 AND task_executions.execution_name = w2 \
         AND task_executions.node_id = w3 AND task_executions.project = w4 AND task_executions.domain = w5 \
         AND task_executions.name = w6 AND task_executions.version = w7 \
         AND task_executions.retry_attempt = CAST(w8 AS BIGINT)",
    );
    Some(query)
}

fn texts(id: &TaskExecutionIdentifier) -> Vec<String> {
    let task = id.task_id.clone().unwrap_or_default();
    let node = id.node_execution_id.clone().unwrap_or_default();
    let execution = node.execution_id.unwrap_or_default();
    let attempt = id.retry_attempt.to_string();
    vec![
        execution.project,
        execution.domain,
        execution.name,
        node.node_id,
        task.project,
        task.domain,
        task.name,
        task.version,
        attempt,
    ]
}

fn push_scope(query: &mut Query, node: &NodeExecutionIdentifier) {
    let execution = node.execution_id.clone().unwrap_or_default();
    query.push(" WHERE task_executions.execution_project = ").push_bind(execution.project);
    query.push(" AND task_executions.execution_domain = ").push_bind(execution.domain);
    query.push(" AND task_executions.execution_name = ").push_bind(execution.name);
    if !node.node_id.is_empty() {
        query.push(" AND task_executions.node_id = ").push_bind(node.node_id.clone());
    }
}

fn push_id(query: &mut Query, id: &TaskExecutionIdentifier) {
    let task = id.task_id.clone().unwrap_or_default();
    push_scope(query, &id.node_execution_id.clone().unwrap_or_default());
    query.push(" AND task_executions.project = ").push_bind(task.project);
    query.push(" AND task_executions.domain = ").push_bind(task.domain);
    query.push(" AND task_executions.name = ").push_bind(task.name);
    query.push(" AND task_executions.version = ").push_bind(task.version);
    query.push(" AND task_executions.retry_attempt = ").push_bind(i64::from(id.retry_attempt));
}

/// The attempt of an id.
pub(crate) async fn find<'e>(
    executor: impl Into<Session<'e>>,
    id: &TaskExecutionIdentifier,
) -> Result<Option<AttemptRow>, StoreError> {
    let mut query = select(&TABLE, FIELDS);
    push_id(&mut query, id);
    let row: Option<Row> = query.fetch_optional(executor).await?;
    row.map(AttemptRow::try_from).transpose()
}

/// One page of a node's attempts; without a node of a whole execution's.
pub(crate) async fn list(
    pool: &Pool,
    node: &NodeExecutionIdentifier,
    filter: &Filter,
    page: &Page,
) -> Result<Found<AttemptRow>, StoreError> {
    page.read::<Row, _>(query(node, filter, page), pool).await
}

/// The query of [`list`].
pub(super) fn query(node: &NodeExecutionIdentifier, filter: &Filter, page: &Page) -> Query {
    let mut query = page.select(FIELDS);
    filter.push_joins(&mut query);
    push_scope(&mut query, node);
    filter.push_predicates(&mut query);
    page.push(&mut query);
    query
}

/// The key of an attempt's row.
pub(crate) async fn key<'e>(
    executor: impl Into<Session<'e>>,
    id: &TaskExecutionIdentifier,
) -> Result<Option<i64>, StoreError> {
    let key: Option<(i64,)> = key_query(id).fetch_optional(executor).await?;
    Ok(key.map(|(key,)| key))
}

/// The query of [`key`].
pub(super) fn key_query(id: &TaskExecutionIdentifier) -> Query {
    let mut query = select(&TABLE, "task_executions.id");
    push_id(&mut query, id);
    query
}
