//! Transactions. On SQLite there is one writer: concurrent writes become one transaction. On PostgreSQL
//! each write is one of its own, and the database commits those of a moment together.
//!
//! In a batch each job runs in a savepoint of its own, so one that fails undoes its own work alone, and learns
//! its outcome only after the commit. While a batch commits the next one gathers, which is what makes
//! a thousand small writes a second cheap on one file.

use futures::future::BoxFuture;
use prometheus_client::metrics::histogram::Histogram;
use sqlx::{Connection as _, PgPool};
use tokio::sync::{mpsc, oneshot};

use super::session::PgTransaction;
use super::sql::Query;
use super::statistics::Statistics;
use super::{Connection, StoreError};

/// Most jobs in one transaction.
const BATCH: usize = 256;

/// Who writes. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Writer {
    /// A task with the one connection; it ends when the last handle is dropped.
    Batches(mpsc::Sender<Box<dyn Job>>),
    /// Whoever has a connection.
    Pool(PgPool, Statistics),
}

impl std::fmt::Debug for Box<dyn Job> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}

impl Writer {
    /// The sizes of the batches go into a histogram.
    pub(super) fn of_batches(connection: Connection, sizes: Histogram) -> Writer {
        let (jobs, queue) = mpsc::channel(4 * BATCH);
        tokio::spawn(run(connection, queue, sizes));
        Writer::Batches(jobs)
    }

    pub(super) fn of_pool(pool: PgPool) -> Writer {
        Writer::Pool(pool, Statistics::default())
    }

    /// Runs a job in a transaction and answers when that is committed.
    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let jobs = match self {
            Writer::Batches(jobs) => jobs,
            Writer::Pool(pool, statistics) => {
                let done = alone(pool, work).await?;
                statistics.committed(pool);
                return Ok(done);
            }
        };
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Write { work: Some(work), result: None, reply });
        jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

/// One job in a transaction of its own, which is rolled back when it is dropped.
async fn alone<T, E, F>(pool: &PgPool, work: F) -> Result<T, E>
where
    E: From<StoreError>,
    F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, E>>,
{
    let mut connection = Connection::Postgres(PgTransaction::begin(pool).await?);
    let done = work(&mut connection).await?;
    if let Connection::Postgres(transaction) = connection {
        transaction.commit().await?;
    }
    Ok(done)
}

pub(super) trait Job: Send {
    /// Does the work; false when it must be undone.
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> BoxFuture<'c, bool>;
    /// Tells the caller, now that the transaction is committed or lost.
    fn finish(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Write<T, E, F> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Write<T, E, F>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
{
    fn run<'c>(&'c mut self, connection: &'c mut Connection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            let Some(work) = self.work.take() else { return true };
            self.result.insert(work(connection).await).is_ok()
        })
    }

    fn finish(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.result, committed) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(lost)) => Err(lost.into()),
            (Some(Ok(done)), Ok(())) => Ok(done),
            (None, Ok(())) => Err(StoreError::Closed.into()),
        };
        // A caller that went away does not want to know.
        let _ = self.reply.send(answer);
    }
}

async fn run(mut connection: Connection, mut queue: mpsc::Receiver<Box<dyn Job>>, sizes: Histogram) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        sizes.observe(batch.len() as f64);
        let committed = transact(&mut connection, &mut batch).await;
        if committed.is_err() {
            // Fails when the database has rolled back by itself already.
            let _ = Query::new("ROLLBACK").execute(&mut connection).await;
        }
        for job in batch.drain(..) {
            job.finish(committed.clone());
        }
    }
    if let Connection::Sqlite(connection) = connection
        && let Err(error) = connection.close().await
    {
        tracing::warn!(%error, "failed to close the metadata store");
    }
}

/// Runs the jobs in one transaction.
async fn transact(connection: &mut Connection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    match batch {
        [job] => transact_alone(connection, job).await,
        jobs => transact_together(connection, jobs).await,
    }
}

/// Nothing of another would be undone with it, and SQLite copies each page that changes in a savepoint.
async fn transact_alone(connection: &mut Connection, job: &mut Box<dyn Job>) -> Result<(), StoreError> {
    Query::new("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    if job.run(connection).await {
        Query::new("COMMIT").execute(connection).await?;
        return Ok(());
    }
    Query::new("ROLLBACK").execute(connection).await.map_err(|_| StoreError::Aborted)?;
    Ok(())
}

/// Each statement is a way to SQLite's thread and back, so those that begin and end jobs go together.
async fn transact_together(connection: &mut Connection, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    let mut before = "BEGIN IMMEDIATE; SAVEPOINT job";
    for job in jobs {
        Query::new(before).execute(&mut *connection).await?;
        if !job.run(connection).await {
            // A full disk makes the database undo the whole transaction, savepoints included.
            let undone = Query::new("ROLLBACK TO job").execute(&mut *connection).await;
            undone.map_err(|_| StoreError::Aborted)?;
        }
        before = "RELEASE job; SAVEPOINT job";
    }
    Query::new("RELEASE job; COMMIT").execute(&mut *connection).await?;
    Ok(())
}
