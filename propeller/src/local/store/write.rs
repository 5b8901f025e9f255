//! The writer: one transaction for everything that waits.

use aileron_crd::{ExecutionEvent, ExecutionId};
use aileron_engine::{Block, BlockIx, NodeIx, NodeState, RunPhase};
use sqlx::sqlite::SqlitePool;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, batch};
use crate::run::{Grown, Round, RunId};

/// Most writes of one transaction.
const GROUP: usize = 256;
/// Most nodes of ended runs that are removed at once.
const FORGET: i64 = 500;

/// What is removed of ended runs.
const FORGETTING: [&str; 3] = [
    "DELETE FROM nodes WHERE (run, node) IN (
         SELECT nodes.run, nodes.node FROM nodes
         JOIN runs ON runs.id = nodes.run WHERE runs.workflow IS NULL LIMIT ?)",
    "DELETE FROM blocks WHERE (run, node, number) IN (
         SELECT blocks.run, blocks.node, blocks.number FROM blocks
         JOIN runs ON runs.id = blocks.run WHERE runs.workflow IS NULL LIMIT ?)",
    "DELETE FROM growths WHERE id IN (
         SELECT growths.id FROM growths
         JOIN runs ON runs.id = growths.run WHERE runs.workflow IS NULL LIMIT ?)",
];

/// A write and whom to tell. The answer is the new run's number, or some number while there is more.
pub(super) struct Job {
    pub(super) write: Write,
    pub(super) done: oneshot::Sender<Result<Option<i64>, StoreError>>,
}

/// One write.
pub(super) enum Write {
    /// A run; one without a workflow has ended already.
    Add { execution: ExecutionId, workflow: Option<String>, phase: RunPhase, events: Vec<ExecutionEvent> },
    /// A round of a run.
    Round(Round),
    /// The end of the outbox up to a number.
    Delivered(i64),
    /// The end of some nodes of ended runs.
    ForgetSome,
}

pub(super) struct Writer {
    pool: SqlitePool,
    jobs: mpsc::Receiver<Job>,
}

impl Writer {
    pub(super) fn new(pool: SqlitePool, jobs: mpsc::Receiver<Job>) -> Writer {
        Writer { pool, jobs }
    }

    /// Writes until the last handle of the store is gone.
    pub(super) async fn run(mut self) {
        let mut group = Vec::new();
        while self.jobs.recv_many(&mut group, GROUP).await > 0 {
            self.write(std::mem::take(&mut group)).await;
        }
        self.pool.close().await;
    }

    /// All in one transaction; if that fails, each in its own, so that one cannot hold up the others.
    async fn write(&self, group: Vec<Job>) {
        match self.together(&group).await {
            Ok(answers) => group.into_iter().zip(answers).for_each(|(job, answer)| tell(job, Ok(answer))),
            Err(error) if group.len() == 1 => {
                group.into_iter().for_each(|job| tell(job, Err(failed(&error))));
            }
            Err(_) => {
                for job in group {
                    let answer = self.together(std::slice::from_ref(&job)).await;
                    let first = answer.map(|answers| answers.into_iter().next().flatten());
                    tell(job, first);
                }
            }
        }
    }

    /// A commit that failed for lack of space may leave its transaction open, and all later ones inside
    /// it: a connection in doubt is not used again.
    async fn together(&self, group: &[Job]) -> Result<Vec<Option<i64>>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        match transact(&mut connection, group).await {
            Ok(answers) => Ok(answers),
            Err(error) => {
                connection.close_on_drop();
                Err(error)
            }
        }
    }
}

async fn transact(connection: &mut SqliteConnection, group: &[Job]) -> Result<Vec<Option<i64>>, StoreError> {
    let lasting = group.iter().any(|job| matches!(job.write, Write::Add { .. }));
    if lasting {
        sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
    }
    let answers = transact_as_set(connection, group).await;
    if lasting {
        sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut *connection).await?;
    }
    answers
}

async fn transact_as_set(
    connection: &mut SqliteConnection,
    group: &[Job],
) -> Result<Vec<Option<i64>>, StoreError> {
    let mut transaction = connection.begin().await?;
    let mut answers = Vec::with_capacity(group.len());
    for job in group {
        answers.push(apply(&mut transaction, &job.write).await?);
    }
    transaction.commit().await?;
    Ok(answers)
}

/// A caller that went away does not need the answer.
fn tell(job: Job, answer: Result<Option<i64>, StoreError>) {
    drop(job.done.send(answer));
}

fn failed(error: &StoreError) -> StoreError {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    StoreError::Write(format!("{error}{cause}"))
}

async fn apply(connection: &mut SqliteConnection, write: &Write) -> Result<Option<i64>, StoreError> {
    match write {
        Write::Add { execution, workflow, phase, events } => {
            let added = add(connection, execution, workflow.as_deref(), phase).await?;
            if added.is_some() {
                put_out(connection, events).await?;
            }
            Ok(added)
        }
        Write::Round(round) => round_of(connection, round).await.map(|()| None),
        Write::Delivered(last) => {
            sqlx::query("DELETE FROM outbox WHERE seq <= ?").bind(last).execute(connection).await?;
            Ok(None)
        }
        Write::ForgetSome => forget_some(connection).await,
    }
}

async fn add(
    connection: &mut SqliteConnection,
    execution: &ExecutionId,
    workflow: Option<&str>,
    phase: &RunPhase,
) -> Result<Option<RunId>, StoreError> {
    let added = sqlx::query_scalar(
        "INSERT INTO runs (project, domain, name, workflow, phase) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (project, domain, name) DO NOTHING RETURNING id",
    )
    .bind(&execution.project)
    .bind(&execution.domain)
    .bind(&execution.name)
    .bind(workflow)
    .bind(serde_json::to_string(phase)?)
    .fetch_optional(connection)
    .await?;
    Ok(added)
}

async fn round_of(connection: &mut SqliteConnection, round: &Round) -> Result<(), StoreError> {
    for grown in &round.grown {
        put_growth(connection, round.run, grown).await?;
    }
    if !round.blocks.is_empty() {
        put_blocks(connection, round.run, &round.blocks).await?;
    }
    if !round.nodes.is_empty() {
        put_nodes(connection, round.run, &round.nodes).await?;
    }
    if let Some(phase) = &round.phase {
        sqlx::query("UPDATE runs SET phase = ?1, workflow = iif(?2, NULL, workflow) WHERE id = ?3")
            .bind(serde_json::to_string(phase)?)
            .bind(phase.is_terminal())
            .bind(round.run)
            .execute(&mut *connection)
            .await?;
    }
    put_out(connection, &round.events).await
}

/// One statement for all rows of a round: the rows travel as one JSON array.
async fn put_nodes(
    connection: &mut SqliteConnection,
    run: RunId,
    nodes: &[(NodeIx, NodeState)],
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO nodes (run, node, state)
         SELECT ?1, value ->> 0, value -> 1 FROM json_each(?2) WHERE true
         ON CONFLICT (run, node) DO UPDATE SET state = excluded.state",
    )
    .bind(run)
    .bind(serde_json::to_string(nodes)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn put_growth(connection: &mut SqliteConnection, run: RunId, grown: &Grown) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO growths (run, node, attempt, inside) VALUES (?, ?, ?, ?)")
        .bind(run)
        .bind(grown.node.0)
        .bind(grown.attempt)
        .bind(serde_json::to_string(&grown.inside)?)
        .execute(connection)
        .await?;
    Ok(())
}

async fn put_blocks(
    connection: &mut SqliteConnection,
    run: RunId,
    blocks: &[(BlockIx, Block)],
) -> Result<(), StoreError> {
    let rows: Vec<_> = blocks.iter().map(|(ix, block)| (ix.array, ix.number, block)).collect();
    sqlx::query(
        "INSERT INTO blocks (run, node, number, items)
         SELECT ?1, value ->> 0, value ->> 1, value -> 2 FROM json_each(?2) WHERE true
         ON CONFLICT (run, node, number) DO UPDATE SET items = excluded.items",
    )
    .bind(run)
    .bind(serde_json::to_string(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn put_out(connection: &mut SqliteConnection, events: &[ExecutionEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let bytes = batch::encode(events.to_vec());
    sqlx::query("INSERT INTO outbox (events) VALUES (?)").bind(bytes).execute(connection).await?;
    Ok(())
}

async fn forget_some(connection: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let mut removed = 0;
    for statement in FORGETTING {
        removed += sqlx::query(statement).bind(FORGET).execute(&mut *connection).await?.rows_affected();
    }
    Ok((removed > 0).then_some(0))
}
