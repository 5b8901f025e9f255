//! Table `notifications`: who is to be told of the end of an execution. A row is written in the transaction that ends
//! the execution, and removed once everybody has been told.

use aileron_idl::admin::Notification;
use aileron_idl::core::WorkflowExecutionIdentifier;
use prost::Message;
use prost_types::Timestamp;

use super::sql::Query;
use super::{Connection, Pool, StoreError, decode};
use crate::clock;

/// A notification that is due.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) key: i64,
    pub(crate) execution: WorkflowExecutionIdentifier,
    pub(crate) notification: Notification,
    /// The ways by which it has been sent already.
    pub(crate) sent: Vec<String>,
    /// Tries so far.
    pub(crate) attempts: u32,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    execution_project: String,
    execution_domain: String,
    execution_name: String,
    notification: Vec<u8>,
    sent: String,
    attempts: i64,
}

impl TryFrom<Row> for Due {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Due {
            key: row.id,
            execution: WorkflowExecutionIdentifier {
                project: row.execution_project,
                domain: row.execution_domain,
                name: row.execution_name,
                ..WorkflowExecutionIdentifier::default()
            },
            notification: decode("notifications", &row.notification)?,
            sent: row.sent.split_terminator(',').map(str::to_owned).collect(),
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        })
    }
}

/// Keeps a notification until it has been sent.
pub(crate) async fn insert(
    connection: &mut Connection,
    execution: &WorkflowExecutionIdentifier,
    notification: &Notification,
) -> Result<(), StoreError> {
    let now = clock::text(&clock::now());
    Query::new(
        "INSERT INTO notifications (execution_project, execution_domain, execution_name, notification, sent, \
         attempts, due_at, created_at) VALUES ($1, $2, $3, $4, '', 0, $5, $6)",
    )
    .bind(&execution.project)
    .bind(&execution.domain)
    .bind(&execution.name)
    .bind(notification.encode_to_vec())
    .bind(&now)
    .bind(&now)
    .execute(connection)
    .await
    .map(drop)
}

/// Whether there is something to claim.
pub(crate) async fn any_due(pool: &Pool, now: &Timestamp) -> Result<bool, StoreError> {
    let query = Query::new("SELECT id FROM notifications WHERE due_at <= $1 LIMIT 1");
    let found: Option<(i64,)> = query.bind(clock::text(now)).fetch_optional(pool).await?;
    Ok(found.is_some())
}

/// Takes the notifications that are due longest, and hides them from other servers until `until`.
pub(crate) async fn claim(
    connection: &mut Connection,
    now: &Timestamp,
    until: &Timestamp,
    limit: u32,
) -> Result<Vec<Due>, StoreError> {
    let mut query = Query::new(
        "SELECT id, execution_project, execution_domain, execution_name, notification, sent, attempts \
         FROM notifications WHERE due_at <= ",
    );
    query.push_bind(clock::text(now));
    query.push(" ORDER BY due_at LIMIT ").push_bind(limit);
    query.push_skip_locked("notifications", connection);
    let rows: Vec<Row> = query.fetch_all(&mut *connection).await?;
    for row in &rows {
        Query::new("UPDATE notifications SET due_at = $1 WHERE id = $2")
            .bind(clock::text(until))
            .bind(row.id)
            .execute(&mut *connection)
            .await?;
    }
    rows.into_iter().map(Due::try_from).collect()
}

/// Forgets a notification.
pub(crate) async fn remove(connection: &mut Connection, key: i64) -> Result<(), StoreError> {
    Query::new("DELETE FROM notifications WHERE id = $1").bind(key).execute(connection).await.map(drop)
}

/// Notes a try that did not reach everybody; the next is not before `after`.
pub(crate) async fn postpone(
    connection: &mut Connection,
    due: &Due,
    after: &Timestamp,
) -> Result<(), StoreError> {
    Query::new("UPDATE notifications SET attempts = attempts + 1, sent = $1, due_at = $2 WHERE id = $3")
        .bind(due.sent.join(","))
        .bind(clock::text(after))
        .bind(due.key)
        .execute(connection)
        .await
        .map(drop)
}
