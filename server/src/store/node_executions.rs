//! Table `node_executions`.

use aileron_idl::admin::{
    NodeExecution, NodeExecutionClosure, NodeExecutionMetaData, node_execution_closure as closure,
};
use aileron_idl::core::{
    CatalogCacheStatus, ExecutionError, NodeExecutionIdentifier, WorkflowExecutionIdentifier,
};
use prost::Message;

use super::changes::Place;
use super::filter::{Filter, Join, Table, instant, integer, text};
use super::page::{Found, Page};
use super::sql::{Query, Value, in_statements};
use super::{Connection, Pool, Session, StoreError, decode, executions, select};
use crate::clock;

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "node_executions",
    entity: "node_execution",
    columns: &[
        integer("id"),
        text("execution_project"),
        text("execution_domain"),
        text("execution_name"),
        text("node_id"),
        text("phase"),
        text("input_uri"),
        text("error_kind").or_null(),
        text("error_code").or_null(),
        text("cache_status").or_null(),
        integer("parent_id").or_null(),
        integer("parent_task_execution_id").or_null(),
        integer("duration").or_null(),
        instant("started_at").or_null(),
        instant("node_execution_created_at"),
        instant("node_execution_updated_at"),
        instant("created_at"),
        instant("updated_at"),
    ],
    aliases: &[("project", "execution_project"), ("domain", "execution_domain"), ("name", "execution_name")],
    order: "created_at",
    joins: &[Join {
        table: &executions::TABLE,
        on: "executions.execution_project = node_executions.execution_project \
             AND executions.execution_domain = node_executions.execution_domain \
             AND executions.execution_name = node_executions.execution_name",
        many: false,
        kept: &[],
    }],
};

const FIELDS: &str = "node_executions.id, node_executions.execution_project, \
     node_executions.execution_domain, node_executions.execution_name, node_executions.node_id, \
     node_executions.input_uri, node_executions.closure, node_executions.node_execution_metadata, \
     node_executions.parent_id, node_executions.parent_task_execution_id, node_executions.dynamic_workflow";

/// What a node is a part of; its key is that of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Parent {
    /// The execution alone.
    None,
    /// Another node.
    Node(i64),
    /// An attempt, as engines reported before nodes could be parents.
    Attempt(i64),
}

impl Parent {
    fn of(node: Option<i64>, attempt: Option<i64>) -> Parent {
        match (node, attempt) {
            (Some(node), _) => Parent::Node(node),
            (None, Some(attempt)) => Parent::Attempt(attempt),
            (None, None) => Parent::None,
        }
    }

    const fn keys(self) -> (Option<i64>, Option<i64>) {
        match self {
            Parent::None => (None, None),
            Parent::Node(key) => (Some(key), None),
            Parent::Attempt(key) => (None, Some(key)),
        }
    }
}

/// A node execution as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct NodeRow {
    /// `None` until it is inserted.
    pub(crate) key: Option<i64>,
    pub(crate) parent: Parent,
    /// The name of the object that holds the workflow that it made, once that is known.
    pub(crate) dynamic_workflow: Option<String>,
    pub(crate) node: NodeExecution,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    execution_project: String,
    execution_domain: String,
    execution_name: String,
    #[sqlx(flatten)]
    shown: ShownRow,
    parent_id: Option<i64>,
    parent_task_execution_id: Option<i64>,
    dynamic_workflow: Option<String>,
}

/// What clients see of a node of an execution that is known.
const SHOWN: &str = "node_executions.node_id, node_executions.input_uri, node_executions.closure, \
     node_executions.node_execution_metadata";

#[derive(sqlx::FromRow)]
struct ShownRow {
    node_id: String,
    input_uri: String,
    closure: Vec<u8>,
    node_execution_metadata: Vec<u8>,
}

impl ShownRow {
    fn of(self, execution_id: WorkflowExecutionIdentifier) -> Result<NodeExecution, StoreError> {
        Ok(NodeExecution {
            id: Some(NodeExecutionIdentifier { execution_id: Some(execution_id), node_id: self.node_id }),
            input_uri: self.input_uri,
            closure: Some(decode::<NodeExecutionClosure>(TABLE.name, &self.closure)?),
            metadata: Some(decode::<NodeExecutionMetaData>(TABLE.name, &self.node_execution_metadata)?),
        })
    }
}

impl TryFrom<Row> for NodeRow {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let execution_id = WorkflowExecutionIdentifier {
            project: row.execution_project,
            domain: row.execution_domain,
            name: row.execution_name,
            ..WorkflowExecutionIdentifier::default()
        };
        let node = row.shown.of(execution_id)?;
        let dynamic_workflow = row.dynamic_workflow;
        let parent = Parent::of(row.parent_id, row.parent_task_execution_id);
        Ok(NodeRow { key: Some(row.id), parent, dynamic_workflow, node })
    }
}

/// The columns that a row is written into, each by one value of [`values`].
const WRITTEN: &str = "execution_project, execution_domain, execution_name, node_id, phase, input_uri, closure, \
     node_execution_metadata, parent_id, error_kind, error_code, cache_status, started_at, duration, \
     node_execution_created_at, node_execution_updated_at, created_at, updated_at, dynamic_workflow, \
     parent_task_execution_id";

const OVER: &str = " ON CONFLICT (execution_project, execution_domain, execution_name, node_id) DO UPDATE SET \
     phase = excluded.phase, input_uri = excluded.input_uri, closure = excluded.closure, \
     node_execution_metadata = excluded.node_execution_metadata, \
     error_kind = excluded.error_kind, error_code = excluded.error_code, \
     cache_status = excluded.cache_status, started_at = excluded.started_at, \
     duration = excluded.duration, node_execution_updated_at = excluded.node_execution_updated_at, \
     updated_at = excluded.updated_at, dynamic_workflow = excluded.dynamic_workflow";
const KEYS: &str = " RETURNING id, execution_project, execution_domain, execution_name, node_id";

/// Inserts rows, or writes them over those of their ids.
pub(crate) async fn save_all(connection: &mut Connection, rows: &[&NodeRow]) -> Result<(), StoreError> {
    for rows in in_statements(rows) {
        save_query(rows).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The same; answers the key of each.
pub(crate) async fn save_keyed(
    connection: &mut Connection,
    rows: &[&NodeRow],
) -> Result<Vec<(NodeExecutionIdentifier, i64)>, StoreError> {
    let mut keys = Vec::with_capacity(rows.len());
    for rows in in_statements(rows) {
        let mut query = save_query(rows);
        query.push(KEYS);
        let saved: Vec<(i64, String, String, String, String)> = query.fetch_all(&mut *connection).await?;
        keys.extend(saved.into_iter().map(|(key, project, domain, name, node_id)| {
            let execution_id = WorkflowExecutionIdentifier { project, domain, name, org: String::new() };
            (NodeExecutionIdentifier { node_id, execution_id: Some(execution_id) }, key)
        }));
    }
    Ok(keys)
}

fn save_query(rows: &[&NodeRow]) -> Query {
    let mut query = Query::new(format!("INSERT INTO node_executions ({WRITTEN}) VALUES "));
    query.push_rows(rows.iter().map(|row| values(row)));
    query.push(OVER);
    query
}

fn values(row: &NodeRow) -> Vec<Value> {
    let closure = row.node.closure.clone().unwrap_or_default();
    let id = row.node.id.clone().unwrap_or_default();
    let execution = id.execution_id.unwrap_or_default();
    let error = failure(&closure);
    let (parent_id, parent_task_execution_id) = row.parent.keys();
    let created = clock::text(&closure.created_at.unwrap_or_default());
    vec![
        execution.project.into(),
        execution.domain.into(),
        execution.name.into(),
        id.node_id.into(),
        closure.phase().as_str_name().into(),
        (&row.node.input_uri).into(),
        closure.encode_to_vec().into(),
        row.node.metadata.clone().unwrap_or_default().encode_to_vec().into(),
        parent_id.into(),
        error.map(executions::error_kind).into(),
        error.map(|error| error.code.clone()).into(),
        cache_status(&closure).into(),
        closure.started_at.as_ref().map(clock::text).into(),
        closure.duration.as_ref().map(clock::nanos).into(),
        created.clone().into(),
        clock::text(&closure.updated_at.unwrap_or_default()).into(),
        created.into(),
        clock::text(&clock::now()).into(),
        row.dynamic_workflow.as_deref().into(),
        parent_task_execution_id.into(),
    ]
}

/// The node executions of many ids.
pub(crate) async fn find_all(
    connection: &mut Connection,
    ids: impl Iterator<Item = &NodeExecutionIdentifier>,
) -> Result<Vec<(NodeExecutionIdentifier, NodeRow)>, StoreError> {
    let Some(query) = wanted_query(connection, ids) else { return Ok(Vec::new()) };
    let rows: Vec<Row> = query.fetch_all(connection).await?;
    let placed = |row: Row| {
        let row = NodeRow::try_from(row)?;
        Ok((row.node.id.clone().unwrap_or_default(), row))
    };
    rows.into_iter().map(placed).collect()
}

/// The query of [`find_all`]; none where nothing is wanted.
pub(super) fn wanted_query<'i>(
    connection: &Connection,
    ids: impl Iterator<Item = &'i NodeExecutionIdentifier>,
) -> Option<Query> {
    let none = WorkflowExecutionIdentifier::default();
    let keys: Vec<Vec<&str>> = ids
        .map(|id| {
            let execution = id.execution_id.as_ref().unwrap_or(&none);
            vec![&*execution.project, &*execution.domain, &*execution.name, &*id.node_id]
        })
        .collect();
    if keys.is_empty() {
        return None;
    }
    let mut query = Query::new(format!("SELECT {FIELDS} FROM "));
    query.push_wanted(connection, keys);
    query.push(
        " JOIN node_executions ON node_executions.execution_project = w0 \
         AND node_executions.execution_domain = w1 AND node_executions.execution_name = w2 \
         AND node_executions.node_id = w3",
    );
    Some(query)
}

fn failure(closure: &NodeExecutionClosure) -> Option<&ExecutionError> {
    match &closure.output_result {
        Some(closure::OutputResult::Error(error)) => Some(error),
        _ => None,
    }
}

fn cache_status(closure: &NodeExecutionClosure) -> Option<&'static str> {
    match &closure.target_metadata {
        Some(closure::TargetMetadata::TaskNodeMetadata(task)) => {
            Some(CatalogCacheStatus::try_from(task.cache_status).unwrap_or_default().as_str_name())
        }
        _ => None,
    }
}

/// The node execution of an id.
pub(crate) async fn find<'e>(
    executor: impl Into<Session<'e>>,
    execution: &WorkflowExecutionIdentifier,
    node_id: &str,
) -> Result<Option<NodeRow>, StoreError> {
    let mut query = select_of(execution);
    query.push(" AND node_executions.node_id = ").push_bind(node_id.to_owned());
    let row: Option<Row> = query.fetch_optional(executor).await?;
    row.map(NodeRow::try_from).transpose()
}

fn select_of(execution: &WorkflowExecutionIdentifier) -> Query {
    let mut query = select(&TABLE, FIELDS);
    push_scope(&mut query, execution);
    query
}

fn push_scope(query: &mut Query, execution: &WorkflowExecutionIdentifier) {
    query.push(" WHERE node_executions.execution_project = ").push_bind(execution.project.clone());
    query.push(" AND node_executions.execution_domain = ").push_bind(execution.domain.clone());
    query.push(" AND node_executions.execution_name = ").push_bind(execution.name.clone());
}

/// Which nodes of an execution are listed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Below {
    /// Those that have no parent.
    Nothing,
    /// The children of the node with this key.
    Node(i64),
    /// The children of the attempt with this key.
    Attempt(i64),
    /// All, with or without a parent.
    Anything,
}

/// One page of an execution's nodes.
pub(crate) async fn list(
    pool: &Pool,
    execution: &WorkflowExecutionIdentifier,
    below: Below,
    filter: &Filter,
    page: &Page,
) -> Result<Found<NodeRow>, StoreError> {
    page.read::<Row, _>(query(pool, execution, below, filter, page), pool).await
}

/// The same page, read no more of than clients see.
pub(crate) async fn show(
    pool: &Pool,
    execution: &WorkflowExecutionIdentifier,
    below: Below,
    filter: &Filter,
    page: &Page,
) -> Result<Found<NodeExecution>, StoreError> {
    let query = query_of(SHOWN, pool, execution, below, filter, page);
    let found = page.read::<ShownRow, ShownRow>(query, pool).await?;
    let id = || WorkflowExecutionIdentifier { org: String::new(), ..execution.clone() };
    let rows = found.rows.into_iter().map(|row| row.of(id()));
    Ok(Found { rows: rows.collect::<Result<_, _>>()?, token: found.token })
}

/// The query of [`list`].
pub(super) fn query(
    pool: &Pool,
    execution: &WorkflowExecutionIdentifier,
    below: Below,
    filter: &Filter,
    page: &Page,
) -> Query {
    query_of(FIELDS, pool, execution, below, filter, page)
}

fn query_of(
    fields: &str,
    pool: &Pool,
    execution: &WorkflowExecutionIdentifier,
    below: Below,
    filter: &Filter,
    page: &Page,
) -> Query {
    let mut query = page.select(fields);
    filter.push_joins(&mut query);
    push_scope(&mut query, execution);
    match below {
        Below::Nothing => query
            .push(" AND node_executions.parent_id IS NULL")
            .push(" AND node_executions.parent_task_execution_id IS NULL"),
        Below::Node(key) => query.push(" AND node_executions.parent_id = ").push_bind(key),
        Below::Attempt(key) => query.push(" AND node_executions.parent_task_execution_id = ").push_bind(key),
        Below::Anything => &mut query,
    };
    filter.push_predicates(&mut query);
    let null = matches!(below, Below::Nothing).then_some("node_executions.parent_id");
    page.push_within(null, pool, &mut query);
    query
}

/// A row and the place of its last change.
#[derive(sqlx::FromRow)]
struct ChangedRow {
    changed: i64,
    #[sqlx(flatten)]
    row: Row,
}

/// All nodes of an execution, in the order in which they changed.
pub(crate) async fn changed(
    pool: &Pool,
    execution: &WorkflowExecutionIdentifier,
    after: Place,
    limit: i64,
) -> Result<Vec<(Place, NodeRow)>, StoreError> {
    let mut query = select(&TABLE, &format!("{FIELDS}, node_executions.changed"));
    push_scope(&mut query, execution);
    after.push(pool, TABLE.name, limit, &mut query);
    let rows: Vec<ChangedRow> = query.fetch_all(pool).await?;
    let placed = |ChangedRow { changed, row }| Ok((Place { changed, id: row.id }, row.try_into()?));
    rows.into_iter().map(placed).collect()
}
