//! What is read back: runs when the driver opens, events when they are delivered.

use aileron_crd::ExecutionEvent;
use aileron_engine::{Block, BlockIx, NodeIx, NodeState};

use super::{Store, StoreError, batch};
use crate::run::{Grown, LiveRun, RunId};

/// Most outbox rows that are delivered at once.
const BATCH: i64 = 128;

/// Events that wait for delivery.
#[derive(Debug, PartialEq)]
pub(in crate::local) struct Waiting {
    /// The events, in order.
    pub(in crate::local) events: Vec<ExecutionEvent>,
    /// The number up to which they reach.
    pub(in crate::local) last: i64,
}

impl Store {
    /// Every run that has not ended, with its nodes.
    pub(in crate::local) async fn live_runs(&self) -> Result<Vec<LiveRun>, StoreError> {
        let rows: Vec<(RunId, String, String)> =
            sqlx::query_as("SELECT id, workflow, phase FROM runs WHERE workflow IS NOT NULL ORDER BY id")
                .fetch_all(&self.readers)
                .await?;
        let mut runs = Vec::with_capacity(rows.len());
        for (id, workflow, phase) in rows {
            let (workflow, phase) = (serde_json::from_str(&workflow)?, serde_json::from_str(&phase)?);
            let (grown, nodes, blocks) =
                (self.grown(id).await?, self.nodes(id).await?, self.blocks(id).await?);
            runs.push(LiveRun { id, workflow, phase, grown, nodes, blocks });
        }
        Ok(runs)
    }

    async fn nodes(&self, run: RunId) -> Result<Vec<(NodeIx, NodeState)>, StoreError> {
        let rows: Vec<(u32, String)> =
            sqlx::query_as("SELECT node, state FROM nodes WHERE run = ? ORDER BY node")
                .bind(run)
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter().map(|(ix, state)| Ok((NodeIx(ix), serde_json::from_str(&state)?))).collect()
    }

    async fn grown(&self, run: RunId) -> Result<Vec<Grown>, StoreError> {
        let rows: Vec<(u32, u32, String)> =
            sqlx::query_as("SELECT node, attempt, inside FROM growths WHERE run = ? ORDER BY id")
                .bind(run)
                .fetch_all(&self.readers)
                .await?;
        let grown = |(node, attempt, inside): (u32, u32, String)| {
            Ok(Grown { node: NodeIx(node), attempt, inside: serde_json::from_str(&inside)? })
        };
        rows.into_iter().map(grown).collect()
    }

    async fn blocks(&self, run: RunId) -> Result<Vec<(BlockIx, Block)>, StoreError> {
        let rows: Vec<(u32, u32, String)> =
            sqlx::query_as("SELECT node, number, items FROM blocks WHERE run = ? ORDER BY node, number")
                .bind(run)
                .fetch_all(&self.readers)
                .await?;
        let block = |(node, number, items): (u32, u32, String)| {
            Ok((BlockIx { array: NodeIx(node), number }, serde_json::from_str(&items)?))
        };
        rows.into_iter().map(block).collect()
    }

    /// How many batches of events are not delivered.
    pub(in crate::local) async fn outbox_depth(&self) -> Result<i64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM outbox").fetch_one(&self.readers).await?;
        Ok(count)
    }

    /// The oldest events that are not delivered, or `None`.
    pub(in crate::local) async fn undelivered(&self) -> Result<Option<Waiting>, StoreError> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT seq, events FROM outbox ORDER BY seq LIMIT ?")
            .bind(BATCH)
            .fetch_all(&self.readers)
            .await?;
        let Some((last, _)) = rows.last() else { return Ok(None) };
        let last = *last;
        let mut events = Vec::new();
        for (_, bytes) in rows {
            events.extend(batch::decode(&bytes)?);
        }
        Ok(Some(Waiting { events, last }))
    }
}
