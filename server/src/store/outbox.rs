//! The launcher's outbox: what the data plane is owed, in columns of table `executions`.
//!
//! An entry is claimed before it is acted on: for a while, so that servers that hand over to the same
//! data plane do not do it twice, and for this data plane, for good.

use aileron_idl::admin::{ExecutionClosure, ExecutionSpec};
use aileron_idl::core::{Identifier, ResourceType, WorkflowExecutionIdentifier};
use prost_types::Timestamp;

use super::sql::Query;
use super::{Connection, Pool, StoreError, decode};
use crate::clock;

/// What the launcher still owes the data plane for an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handover {
    /// To be started.
    Start,
    /// To be started, and aborted right after: it was terminated before the data plane knew it.
    StartThenAbort,
    /// To be aborted.
    Abort,
    /// Nothing.
    Done,
}

impl Handover {
    const ALL: [Handover; 4] = [Handover::Start, Handover::StartThenAbort, Handover::Abort, Handover::Done];

    pub(super) const fn text(self) -> &'static str {
        match self {
            Handover::Start => "start",
            Handover::StartThenAbort => "start_then_abort",
            Handover::Abort => "abort",
            Handover::Done => "done",
        }
    }

    pub(super) fn parse(text: &str) -> Handover {
        Handover::ALL.into_iter().find(|handover| handover.text() == text).unwrap_or(Handover::Done)
    }
}

/// An execution that the data plane is owed something for.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub(crate) key: i64,
    pub(crate) id: WorkflowExecutionIdentifier,
    pub(crate) handover: Handover,
    /// Tries so far.
    pub(crate) attempts: u32,
    pub(crate) spec: ExecutionSpec,
    pub(crate) closure: ExecutionClosure,
    pub(crate) inputs_uri: String,
    /// Of the workflow, for labels.
    pub(crate) workflow: Identifier,
    pub(crate) closure_uri: String,
    pub(crate) abort_cause: String,
    /// The trace that its launch belongs to; empty for none.
    pub(crate) trace_parent: String,
}

#[derive(sqlx::FromRow)]
struct DueRow {
    id: i64,
    execution_project: String,
    execution_domain: String,
    execution_name: String,
    handover: String,
    handover_attempts: i64,
    spec: Vec<u8>,
    closure: Vec<u8>,
    inputs_uri: String,
    abort_cause: Option<String>,
    trace_parent: String,
    project: String,
    domain: String,
    name: String,
    version: String,
    remote_closure_identifier: String,
}

impl TryFrom<DueRow> for Due {
    type Error = StoreError;

    fn try_from(row: DueRow) -> Result<Self, StoreError> {
        Ok(Due {
            key: row.id,
            id: WorkflowExecutionIdentifier {
                project: row.execution_project,
                domain: row.execution_domain,
                name: row.execution_name,
                ..WorkflowExecutionIdentifier::default()
            },
            handover: Handover::parse(&row.handover),
            attempts: u32::try_from(row.handover_attempts).unwrap_or(u32::MAX),
            spec: decode("executions", &row.spec)?,
            closure: decode("executions", &row.closure)?,
            inputs_uri: row.inputs_uri,
            workflow: Identifier {
                resource_type: ResourceType::Workflow as i32,
                project: row.project,
                domain: row.domain,
                name: row.name,
                version: row.version,
                ..Identifier::default()
            },
            closure_uri: row.remote_closure_identifier,
            abort_cause: row.abort_cause.unwrap_or_default(),
            trace_parent: row.trace_parent,
        })
    }
}

/// Who acts on the outbox.
#[derive(Clone, Debug)]
pub(crate) struct DataPlane {
    pub(crate) name: String,
    /// It takes executions with one of these labels, or with none; without labels it takes all.
    pub(crate) labels: Vec<String>,
}

impl DataPlane {
    /// What of the outbox it may act on by now: what is its own, and what is nobody's yet.
    fn push_due(&self, now: &Timestamp, query: &mut Query) {
        query.push("handover <> 'done' AND handover_after <= ").push_bind(clock::text(now));
        query.push(" AND (cluster = ").push_bind(&self.name).push(" OR cluster = ''");
        if !self.labels.is_empty() {
            query.push(" AND cluster_label IN (''");
            for label in &self.labels {
                query.push(", ").push_bind(label);
            }
            query.push(")");
        }
        query.push(")");
    }
}

/// Whether there is something to claim.
pub(crate) async fn any_due(pool: &Pool, plane: &DataPlane, now: &Timestamp) -> Result<bool, StoreError> {
    let mut query = Query::new("SELECT id FROM executions WHERE ");
    plane.push_due(now, &mut query);
    query.push(" LIMIT 1");
    let found: Option<(i64,)> = query.fetch_optional(pool).await?;
    Ok(found.is_some())
}

/// Takes the oldest entries for a data plane, and hides them from other launchers until `until`.
pub(crate) async fn claim(
    connection: &mut Connection,
    plane: &DataPlane,
    now: &Timestamp,
    until: &Timestamp,
    limit: u32,
) -> Result<Vec<Due>, StoreError> {
    let mut query = Query::new(
        "SELECT executions.id, execution_project, execution_domain, execution_name, handover, \
         handover_attempts, spec, closure, inputs_uri, abort_cause, trace_parent, workflows.project, workflows.domain, \
         workflows.name, workflows.version, workflows.remote_closure_identifier \
         FROM executions JOIN workflows ON executions.workflow_id = workflows.id \
         WHERE ",
    );
    plane.push_due(now, &mut query);
    query.push(" ORDER BY handover_after, executions.id LIMIT ").push_bind(limit);
    query.push_skip_locked("executions", connection);
    let rows: Vec<DueRow> = query.fetch_all(&mut *connection).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut update = Query::new("UPDATE executions SET cluster = $1, handover_after = $2 WHERE id IN (");
    update = update.bind(&plane.name).bind(clock::text(until));
    update.push_keys(rows.iter().map(|row| &row.id)).push(")");
    update.execute(connection).await?;
    rows.into_iter().map(Due::try_from).collect()
}

/// Notes that the data plane has done what it was asked for each; terminations that came meanwhile are next.
pub(crate) async fn settle(connection: &mut Connection, done: &[Due]) -> Result<(), StoreError> {
    for asked in [Handover::Start, Handover::Abort] {
        let keys = done.iter().filter(|due| (due.handover == Handover::Abort) == (asked == Handover::Abort));
        let mut query = Query::new(
            "UPDATE executions SET handover_attempts = 0, handover_after = created_at, handover = CASE \
             WHEN $1 = 'start' AND handover = 'start_then_abort' THEN 'abort' \
             WHEN handover = $1 THEN 'done' ELSE handover END WHERE id IN (",
        )
        .bind(asked.text());
        let keys: Vec<i64> = keys.map(|due| due.key).collect();
        if !keys.is_empty() {
            query.push_keys(&keys).push(")");
            query.execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// Notes a failed try; the next is not before `after`.
pub(crate) async fn postpone(
    connection: &mut Connection,
    due: &Due,
    after: &Timestamp,
) -> Result<(), StoreError> {
    Query::new(
        "UPDATE executions SET handover_attempts = handover_attempts + 1, handover_after = $2 WHERE id = $1",
    )
    .bind(due.key)
    .bind(clock::text(after))
    .execute(connection)
    .await?;
    Ok(())
}

/// Executions that a data plane was given, that have not ended and of which nothing was told since `before`: at most `limit`
/// of those whose key is above `after`, in the order of their keys.
pub(crate) async fn under_way(
    pool: &Pool,
    cluster: &str,
    before: &Timestamp,
    after: i64,
    limit: u32,
) -> Result<Vec<(i64, WorkflowExecutionIdentifier)>, StoreError> {
    let rows: Vec<(i64, String, String, String)> =
        under_way_query(cluster, before, after, limit).fetch_all(pool).await?;
    let id = |(key, project, domain, name)| {
        (key, WorkflowExecutionIdentifier { project, domain, name, ..WorkflowExecutionIdentifier::default() })
    };
    Ok(rows.into_iter().map(id).collect())
}

/// The condition on phases is that of the index, to the letter.
pub(super) fn under_way_query(cluster: &str, before: &Timestamp, after: i64, limit: u32) -> Query {
    let mut query = Query::new(
        "SELECT id, execution_project, execution_domain, execution_name FROM executions \
         WHERE phase NOT IN ('SUCCEEDED', 'FAILED', 'ABORTED', 'TIMED_OUT') AND handover = 'done' AND cluster = ",
    );
    query.push_bind(cluster.to_owned()).push(" AND updated_at <= ").push_bind(clock::text(before));
    query.push(" AND id > ").push_bind(after).push(" ORDER BY id LIMIT ").push_bind(limit);
    query
}

/// After a restart everything that a data plane was asked is asked again, and nothing waits.
pub(crate) async fn begin_again(connection: &mut Connection, cluster: &str) -> Result<(), StoreError> {
    Query::new(
        "UPDATE executions SET handover = CASE WHEN phase = 'ABORTING' AND handover = 'done' THEN 'abort' \
         ELSE handover END, handover_after = created_at WHERE cluster IN ('', $1) AND id IN ( \
         SELECT id FROM executions WHERE phase = 'ABORTING' \
         UNION ALL SELECT id FROM executions WHERE handover <> 'done')",
    )
    .bind(cluster)
    .execute(connection)
    .await?;
    Ok(())
}
