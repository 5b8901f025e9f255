//! `driver.db`: runs, the states of their nodes, and events not yet delivered.
//!
//! All writes go through one writer, which commits what is waiting in one transaction: many runs share
//! the price of a commit. A round writes the rows it touched and never more.
//!
//! The file is in WAL mode with `synchronous = NORMAL`: the end of this process at any moment loses nothing; a loss of
//! power may lose the last rounds of runs, which are decided again from what the tasks have left. That a run was taken
//! over, or is never to begin, is on the disk when that is acknowledged: nobody hands it over again.

mod batch;
mod read;
mod write;

use std::path::Path;

use aileron_crd::{ExecutionEvent, ExecutionId, FlyteWorkflow};
use aileron_engine::RunPhase;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::sync::{mpsc, oneshot};

use crate::run::{Round, RunId};
use write::{Job, Write, Writer};

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed.
    #[error("failed to use driver.db")]
    Database(#[from] sqlx::Error),
    /// Its tables could not be brought up to date.
    #[error("failed to bring driver.db up to date")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A row holds what this version cannot read or write.
    #[error("driver.db holds a value that cannot be read")]
    Json(#[from] serde_json::Error),
    /// A row of events holds what this version cannot read.
    #[error("driver.db holds events that cannot be read")]
    Events(#[from] prost::DecodeError),
    /// The store is closed.
    #[error("driver.db is closed")]
    Closed,
    /// Someone else's write in the same transaction failed, and this one failed alone too.
    #[error("failed to write to driver.db: {0}")]
    Write(String),
}

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Store {
    readers: SqlitePool,
    writer: mpsc::Sender<Job>,
}

impl Store {
    /// Opens the file, makes it when missing, and starts its writer.
    pub(super) async fn open(file: &Path) -> Result<Store, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let writing = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!("./migrations").run(&writing).await?;
        let readers =
            SqlitePoolOptions::new().max_connections(2).connect_with(options.read_only(true)).await?;
        let (writer, jobs) = mpsc::channel(256);
        tokio::spawn(Writer::new(writing, jobs).run());
        Ok(Store { readers, writer })
    }

    /// Adds a run that is to begin; `None` when the execution is known, running or ended.
    pub(super) async fn add(&self, workflow: &FlyteWorkflow) -> Result<Option<RunId>, StoreError> {
        let row = (workflow.execution_id.clone(), Some(serde_json::to_string(workflow)?));
        self.write(Write::Add {
            execution: row.0,
            workflow: row.1,
            phase: RunPhase::Ready,
            events: Vec::new(),
        })
        .await
    }

    /// Notes that an execution that was never seen has ended; `None` when it is known.
    pub(super) async fn add_ended(
        &self,
        execution: ExecutionId,
        phase: RunPhase,
        events: Vec<ExecutionEvent>,
    ) -> Result<Option<RunId>, StoreError> {
        self.write(Write::Add { execution, workflow: None, phase, events }).await
    }

    /// Makes a round durable.
    pub(super) async fn commit(&self, round: Round) -> Result<(), StoreError> {
        self.write(Write::Round(round)).await.map(drop)
    }

    /// Drops the events up to a number: they are delivered.
    pub(super) async fn delivered(&self, last: i64) -> Result<(), StoreError> {
        self.write(Write::Delivered(last)).await.map(drop)
    }

    /// Removes some nodes of ended runs; `true` while there may be more.
    pub(super) async fn forget_some(&self) -> Result<bool, StoreError> {
        self.write(Write::ForgetSome).await.map(|more| more.is_some())
    }

    async fn write(&self, write: Write) -> Result<Option<i64>, StoreError> {
        let (done, answer) = oneshot::channel();
        self.writer.send(Job { write, done }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

#[cfg(test)]
mod tests {
    use aileron_crd::{API_VERSION, KIND};
    use aileron_idl::event::WorkflowExecutionEvent;

    use aileron_engine::{Block, BlockIx, NodeIx, NodeState};

    use super::*;
    use crate::run::{Grown, KeptInside};

    fn workflow(name: &str) -> FlyteWorkflow {
        FlyteWorkflow {
            api_version: API_VERSION.into(),
            kind: KIND.into(),
            execution_id: ExecutionId { project: "p".into(), domain: "d".into(), name: name.into() },
            workflow_closure_reference: "file:///c".into(),
            offloaded_inputs: "file:///i".into(),
            accepted_at: "2026-01-01T00:00:00Z".into(),
            ..FlyteWorkflow::default()
        }
    }

    fn event(producer: &str) -> ExecutionEvent {
        let event = WorkflowExecutionEvent { producer_id: producer.into(), ..Default::default() };
        ExecutionEvent::Workflow(Box::new(event))
    }

    fn round(run: RunId, phase: RunPhase, nodes: &[(u32, NodeState)], producer: &str) -> Round {
        let nodes = nodes.iter().map(|(ix, state)| (NodeIx(*ix), state.clone())).collect();
        let (grown, blocks) = (Vec::new(), Vec::new());
        Round { run, phase: Some(phase), grown, nodes, blocks, events: vec![event(producer)] }
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("driver.db")).await.unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn an_execution_is_added_once() {
        let (_folder, store) = store().await;
        assert!(store.add(&workflow("e")).await.unwrap().is_some());
        assert_eq!(store.add(&workflow("e")).await.unwrap(), None);
        assert!(store.add(&workflow("f")).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_run_is_read_back_until_it_has_ended() {
        let (folder, store) = store().await;
        let run = store.add(&workflow("e")).await.unwrap().unwrap();
        let rows = [(0, NodeState::Succeeded { attempt: 0 }), (1, NodeState::Failed { attempt: 0 })];
        store.commit(round(run, RunPhase::Running, &rows, "a")).await.unwrap();
        store.commit(round(run, RunPhase::Running, &[(1, NodeState::Skipped)], "b")).await.unwrap();

        let again = Store::open(&folder.path().join("driver.db")).await.unwrap();
        let live = again.live_runs().await.unwrap();
        assert_eq!((live.len(), &live[0].workflow, &live[0].phase), (1, &workflow("e"), &RunPhase::Running));
        let expected = [(NodeIx(0), NodeState::Succeeded { attempt: 0 }), (NodeIx(1), NodeState::Skipped)];
        assert_eq!(live[0].nodes, expected);

        store.commit(round(run, RunPhase::Succeeded, &[], "c")).await.unwrap();
        assert!(store.live_runs().await.unwrap().is_empty());
        while store.forget_some().await.unwrap() {}
        let left: i64 =
            sqlx::query_scalar("SELECT count(*) FROM nodes").fetch_one(&store.readers).await.unwrap();
        assert_eq!(left, 0);
        assert_eq!(store.add(&workflow("e")).await.unwrap(), None);
    }

    #[tokio::test]
    async fn growth_and_items_are_read_back_and_forgotten_with_their_run() {
        let (folder, store) = store().await;
        let run = store.add(&workflow("e")).await.unwrap().unwrap();
        let grown = |node, inside| Grown { node: NodeIx(node), attempt: 1, inside };
        let growths = [grown(4, KeptInside::Items(70)), grown(2, KeptInside::Workflow("file:///w".into()))];
        let block = |text| -> Block { serde_json::from_str(text).unwrap() };
        let (first, second) =
            (BlockIx { array: NodeIx(4), number: 0 }, BlockIx { array: NodeIx(4), number: 1 });
        let rounds = [
            (
                vec![growths[0].clone()],
                vec![(first, block("[[[252,64]],[]]")), (second, block("[[[0,6]],[]]"))],
            ),
            (vec![growths[1].clone()], vec![(first, block("[[[1,64]],[]]"))]),
        ];
        for (grown, blocks) in rounds {
            let round = Round { grown, blocks, ..round(run, RunPhase::Running, &[], "a") };
            store.commit(round).await.unwrap();
        }
        let again = Store::open(&folder.path().join("driver.db")).await.unwrap();
        let live = again.live_runs().await.unwrap();
        assert_eq!(live[0].grown, growths);
        assert_eq!(live[0].blocks, [(first, block("[[[1,64]],[]]")), (second, block("[[[0,6]],[]]"))]);

        store.commit(round(run, RunPhase::Succeeded, &[], "c")).await.unwrap();
        while store.forget_some().await.unwrap() {}
        for table in ["growths", "blocks"] {
            let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
            let left: i64 = sqlx::query_scalar(count).fetch_one(&store.readers).await.unwrap();
            assert_eq!(left, 0, "{table}");
        }
    }

    #[tokio::test]
    async fn events_stay_in_order_until_they_are_delivered() {
        let (_folder, store) = store().await;
        let run = store.add(&workflow("e")).await.unwrap().unwrap();
        for producer in ["a", "b", "c"] {
            store.commit(round(run, RunPhase::Running, &[], producer)).await.unwrap();
        }
        let waiting = store.undelivered().await.unwrap().unwrap();
        assert_eq!(waiting.events, [event("a"), event("b"), event("c")]);
        store.delivered(waiting.last).await.unwrap();
        assert!(store.undelivered().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_write_that_cannot_be_made_does_not_hold_up_the_others() {
        let (_folder, store) = store().await;
        let run = store.add(&workflow("e")).await.unwrap().unwrap();
        let bad = round(999, RunPhase::Running, &[(0, NodeState::Failed { attempt: 0 })], "bad");
        let good = round(run, RunPhase::Running, &[(0, NodeState::Failed { attempt: 0 })], "good");
        let (bad, good) = tokio::join!(store.commit(bad), store.commit(good));
        assert!(bad.is_err());
        good.unwrap();
        assert_eq!(store.undelivered().await.unwrap().unwrap().events, [event("good")]);
    }
}
