//! The rows that a batch of events is about: read at once, changed in memory, written at once.
//!
//! A batch costs the same few statements however many events it has. Its executions are kept from other
//! transactions until it ends, so what was read is true when it is written.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use aileron_idl::core::{NodeExecutionIdentifier, TaskExecutionIdentifier, WorkflowExecutionIdentifier};

use super::node_executions::{self, NodeRow};
use super::task_executions::{self, AttemptRow};
use super::{Connection, StoreError, executions};

/// Rows by their ids, in which what is about another organisation's names is not told apart.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    /// The data plane that has each execution.
    clusters: HashMap<WorkflowExecutionIdentifier, String>,
    nodes: Rows<NodeExecutionIdentifier, NodeRow>,
    attempts: Rows<TaskExecutionIdentifier, AttemptRow>,
}

/// Rows, and which of them are to be written.
#[derive(Debug)]
struct Rows<K, R> {
    known: HashMap<K, R>,
    /// In the order of their first change, which is that of their keys.
    changed: Vec<K>,
    is_changed: HashSet<K>,
}

impl<K, R> Default for Rows<K, R> {
    fn default() -> Self {
        Rows { known: HashMap::new(), changed: Vec::new(), is_changed: HashSet::new() }
    }
}

impl<K: Clone + Eq + Hash, R> Rows<K, R> {
    fn of(rows: impl IntoIterator<Item = (K, R)>) -> Rows<K, R> {
        Rows { known: rows.into_iter().collect(), ..Rows::default() }
    }

    fn put(&mut self, id: K, row: R) {
        if self.is_changed.insert(id.clone()) {
            self.changed.push(id.clone());
        }
        self.known.insert(id, row);
    }

    /// What is to be written.
    fn changed(&self) -> Vec<&R> {
        self.changed.iter().filter_map(|id| self.known.get(id)).collect()
    }

    fn written(&mut self) {
        self.changed.clear();
        self.is_changed.clear();
    }
}

/// What a batch is about.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) executions: BTreeSet<(String, String, String)>,
    pub(crate) nodes: HashSet<NodeExecutionIdentifier>,
    pub(crate) attempts: HashSet<TaskExecutionIdentifier>,
}

impl Reported {
    /// Reads what there is, and keeps the executions from other transactions.
    pub(crate) async fn read(db: &mut Connection, wanted: &Wanted) -> Result<Reported, StoreError> {
        let clusters = executions::lock_clusters(db, &wanted.executions).await?;
        let nodes = node_executions::find_all(db, wanted.nodes.iter()).await?;
        let attempts = task_executions::find_all(db, wanted.attempts.iter()).await?;
        Ok(Reported { clusters, nodes: Rows::of(nodes), attempts: Rows::of(attempts) })
    }

    /// The data plane that has an execution; `None` when there is no such execution.
    pub(crate) fn cluster(&self, id: &WorkflowExecutionIdentifier) -> Option<&str> {
        self.clusters.get(id).map(String::as_str)
    }

    /// Notes that an execution went to another data plane, or has one now.
    pub(crate) fn put_cluster(&mut self, id: WorkflowExecutionIdentifier, cluster: String) {
        self.clusters.insert(id, cluster);
    }

    pub(crate) fn node(&self, id: &NodeExecutionIdentifier) -> Option<&NodeRow> {
        self.nodes.known.get(id)
    }

    pub(crate) fn put_node(&mut self, id: NodeExecutionIdentifier, row: NodeRow) {
        self.nodes.put(id, row);
    }

    pub(crate) fn attempt(&self, id: &TaskExecutionIdentifier) -> Option<&AttemptRow> {
        self.attempts.known.get(id)
    }

    pub(crate) fn put_attempt(&mut self, id: TaskExecutionIdentifier, row: AttemptRow) {
        self.attempts.put(id, row);
    }

    /// The key of a node, which is written before when it is new.
    pub(crate) async fn node_key(
        &mut self,
        db: &mut Connection,
        id: &NodeExecutionIdentifier,
    ) -> Result<Option<i64>, StoreError> {
        let is_new = self.nodes.known.get(id).is_some_and(|row| row.key.is_none());
        if is_new {
            self.write_nodes_keyed(db).await?;
        }
        Ok(self.nodes.known.get(id).and_then(|row| row.key))
    }

    /// The key of an attempt, which is written before when it has changed.
    pub(crate) async fn attempt_key(
        &mut self,
        db: &mut Connection,
        id: &TaskExecutionIdentifier,
    ) -> Result<Option<i64>, StoreError> {
        if self.attempts.is_changed.contains(id) {
            self.write_attempts(db).await?;
        }
        task_executions::key(db, id).await
    }

    /// Writes what has changed.
    pub(crate) async fn write(mut self, db: &mut Connection) -> Result<(), StoreError> {
        node_executions::save_all(db, &self.nodes.changed()).await?;
        self.write_attempts(db).await
    }

    async fn write_nodes_keyed(&mut self, db: &mut Connection) -> Result<(), StoreError> {
        let keys = node_executions::save_keyed(db, &self.nodes.changed()).await?;
        for (id, key) in keys {
            if let Some(row) = self.nodes.known.get_mut(&id) {
                row.key = Some(key);
            }
        }
        self.nodes.written();
        Ok(())
    }

    async fn write_attempts(&mut self, db: &mut Connection) -> Result<(), StoreError> {
        task_executions::save_all(db, &self.attempts.changed()).await?;
        self.attempts.written();
        Ok(())
    }
}
