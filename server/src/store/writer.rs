//! The only writer of the metadata store: concurrent writes become one transaction.
//!
//! Each job runs in a savepoint of its own, so one that fails undoes its own work alone, and learns
//! its outcome only after the commit. While a batch commits the next one gathers, which is what makes
//! a thousand small writes a second cheap on one file.

use futures::future::BoxFuture;
use sqlx::Connection as _;
use tokio::sync::{mpsc, oneshot};

use super::{Connection, StoreError};

/// Most jobs in one transaction.
const BATCH: usize = 256;

/// A handle to the writer task, which ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl std::fmt::Debug for Box<dyn Job> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job")
    }
}

impl Writer {
    pub(super) fn spawn(connection: Connection) -> Writer {
        let (jobs, queue) = mpsc::channel(4 * BATCH);
        tokio::spawn(run(connection, queue));
        Writer { jobs }
    }

    /// Runs a job in the next transaction and answers when that is committed.
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Write { work: Some(work), result: None, reply });
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

trait Job: Send {
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

async fn run(mut connection: Connection, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let committed = transact(&mut connection, &mut batch).await;
        if committed.is_err() {
            // Fails when the database has rolled back by itself already.
            let _ = sqlx::query("ROLLBACK").execute(&mut connection).await;
        }
        for job in batch.drain(..) {
            job.finish(committed.clone());
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "failed to close the metadata store");
    }
}

async fn transact(connection: &mut Connection, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    for job in batch {
        sqlx::query("SAVEPOINT job").execute(&mut *connection).await?;
        if !job.run(connection).await {
            // A full disk makes the database undo the whole transaction, savepoints included.
            let undone = sqlx::query("ROLLBACK TO job").execute(&mut *connection).await;
            undone.map_err(|_| StoreError::Aborted)?;
        }
        sqlx::query("RELEASE job").execute(&mut *connection).await?;
    }
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    Ok(())
}
