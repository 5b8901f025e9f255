//! Table `signals`.

use aileron_idl::admin::Signal;
use aileron_idl::core::{Literal, SignalIdentifier, WorkflowExecutionIdentifier};
use prost::Message;

use super::filter::{Filter, Table, instant, integer, text};
use super::page::{Found, Page};
use super::sql::Query;
use super::{Connection, Pool, Session, StoreError, decode};
use crate::clock;

/// The table as lists see it.
pub(crate) static TABLE: Table = Table {
    name: "signals",
    entity: "signal",
    columns: &[
        integer("id"),
        text("execution_project"),
        text("execution_domain"),
        text("execution_name"),
        text("signal_id"),
        instant("created_at"),
        instant("updated_at"),
    ],
    aliases: &[("project", "execution_project"), ("domain", "execution_domain"), ("name", "execution_name")],
    joins: &[],
    order: "created_at",
};

const FIELDS: &str = "signals.execution_project, signals.execution_domain, signals.execution_name, \
     signals.signal_id, signals.type, signals.value";

#[derive(sqlx::FromRow)]
struct Row {
    execution_project: String,
    execution_domain: String,
    execution_name: String,
    signal_id: String,
    r#type: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl TryFrom<Row> for Signal {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let execution_id = Some(WorkflowExecutionIdentifier {
            project: row.execution_project,
            domain: row.execution_domain,
            name: row.execution_name,
            ..Default::default()
        });
        Ok(Signal {
            id: Some(SignalIdentifier { signal_id: row.signal_id, execution_id }),
            r#type: Some(decode(TABLE.name, &row.r#type)?),
            value: row.value.map(|value| decode(TABLE.name, &value)).transpose()?,
        })
    }
}

fn push_execution(id: &WorkflowExecutionIdentifier, query: &mut Query) {
    query.push(" WHERE execution_project = ").push_bind(id.project.clone());
    query.push(" AND execution_domain = ").push_bind(id.domain.clone());
    query.push(" AND execution_name = ").push_bind(id.name.clone());
}

/// Makes a signal known; one that is known stays as it is.
pub(crate) async fn insert(connection: &mut Connection, signal: &Signal) -> Result<(), StoreError> {
    let id = signal.id.clone().unwrap_or_default();
    let execution = id.execution_id.unwrap_or_default();
    let now = clock::text(&clock::now());
    Query::new(
        "INSERT INTO signals (execution_project, execution_domain, execution_name, signal_id, type, \
         created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING",
    )
    .bind(execution.project)
    .bind(execution.domain)
    .bind(execution.name)
    .bind(id.signal_id)
    .bind(signal.r#type.clone().unwrap_or_default().encode_to_vec())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives a signal its value.
pub(crate) async fn set(
    connection: &mut Connection,
    id: &SignalIdentifier,
    value: &Literal,
) -> Result<(), StoreError> {
    let mut query = Query::new("UPDATE signals SET value = ");
    query.push_bind(value.encode_to_vec());
    query.push(", updated_at = ").push_bind(clock::text(&clock::now()));
    push_execution(&id.execution_id.clone().unwrap_or_default(), &mut query);
    query.push(" AND signal_id = ").push_bind(id.signal_id.clone());
    query.execute(connection).await?;
    Ok(())
}

/// The signal of an id.
pub(crate) async fn find<'e>(
    executor: impl Into<Session<'e>>,
    id: &SignalIdentifier,
) -> Result<Option<Signal>, StoreError> {
    let mut query = Query::new(format!("SELECT {FIELDS} FROM signals"));
    push_execution(&id.execution_id.clone().unwrap_or_default(), &mut query);
    query.push(" AND signal_id = ").push_bind(id.signal_id.clone());
    let row: Option<Row> = query.fetch_optional(executor).await?;
    row.map(Signal::try_from).transpose()
}

/// Keeps a signal from other transactions that set it, until this one ends.
pub(crate) async fn lock(connection: &mut Connection, id: &SignalIdentifier) -> Result<(), StoreError> {
    let mut query = Query::new("SELECT id FROM signals");
    push_execution(&id.execution_id.clone().unwrap_or_default(), &mut query);
    query.push(" AND signal_id = ").push_bind(id.signal_id.clone());
    query.lock(connection).await
}

/// One page of an execution's signals.
pub(crate) async fn list(
    pool: &Pool,
    execution: &WorkflowExecutionIdentifier,
    filter: &Filter,
    page: &Page,
) -> Result<Found<Signal>, StoreError> {
    let mut query = page.select(FIELDS);
    push_execution(execution, &mut query);
    filter.push_predicates(&mut query);
    page.push(&mut query);
    page.read::<Row, _>(query, pool).await
}
