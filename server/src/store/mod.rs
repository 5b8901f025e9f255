//! Metadata in SQL: one file a table, one for filters, one for pages.
//!
//! Every statement has one text for SQLite and PostgreSQL ([`sql`]); how each is opened stands in
//! [`database`], how each is written in [`writer`]. Whoever reads rows in a transaction to decide what it
//! writes locks them first ([`Query::lock`]): on PostgreSQL other servers write at the same time.
//! Messages are kept whole as bytes; the columns beside them exist to be looked up, sorted or filtered.

pub(crate) mod attributes;
pub(crate) mod audit;
pub(crate) mod bindings;
mod by_phase;
pub(crate) mod cache;
pub(crate) mod catalog;
pub(crate) mod changes;
pub(crate) mod clients;
mod database;
pub(crate) mod description_entities;
mod error;
pub(crate) mod executions;
pub(crate) mod filter;
pub(crate) mod grants;
pub(crate) mod launch_plans;
mod locks;
mod metrics;
mod migration;
#[cfg(test)]
mod million;
pub(crate) mod missed_ticks;
pub(crate) mod named_entities;
pub(crate) mod node_executions;
pub(crate) mod notifications;
pub(crate) mod outbox;
pub(crate) mod page;
#[cfg(test)]
mod paging;
#[cfg(test)]
mod plans;
pub(crate) mod projects;
mod readers;
pub(crate) mod reported;
#[cfg(test)]
mod reported_plans;
pub(crate) mod schedules;
#[cfg(test)]
mod schema;
mod session;
pub(crate) mod signals;
pub(crate) mod sql;
mod statistics;
pub(crate) mod task_executions;
pub(crate) mod tasks;
pub(crate) mod users;
mod versions;
pub(crate) mod workflows;
mod writer;

use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aileron_telemetry::span;
use futures::future::BoxFuture;
use tracing::{Instrument, Span};

pub use database::{Database, DatabaseError};
pub use error::StoreError;
pub(crate) use locks::Alone;
use locks::Locks;
pub(crate) use metrics::StoreMetrics;
pub use migration::Schema;
pub(crate) use session::{Connection, Pool, Session};
use sql::Query;
use writer::Writer;

/// How long one list may be read, unless it is set otherwise.
pub(crate) const LIST_PATIENCE: Duration = Duration::from_secs(10);

/// Decodes a message that a row holds.
fn decode<M: prost::Message + Default>(table: &'static str, bytes: &[u8]) -> Result<M, StoreError> {
    M::decode(bytes).map_err(|source| StoreError::Decode { table, source })
}

/// A project, a domain and perhaps a name: what lists of registered entities are about.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) project: String,
    pub(crate) domain: String,
    /// Empty for all names.
    pub(crate) name: String,
}

impl Scope {
    /// Appends the WHERE that every list begins with.
    fn push(&self, table: &filter::Table, query: &mut Query) {
        query.push(format_args!(" WHERE {}.project = ", table.name)).push_bind(self.project.clone());
        query.push(format_args!(" AND {}.domain = ", table.name)).push_bind(self.domain.clone());
        if !self.name.is_empty() {
            query.push(format_args!(" AND {}.name = ", table.name)).push_bind(self.name.clone());
        }
    }
}

/// Begins a query of a table's own fields.
fn select(table: &filter::Table, fields: &str) -> Query {
    Query::new(format!("SELECT {fields} FROM {}", table.name))
}

/// One page of the distinct names in a scope, sorted by name, or by the least value of another column.
pub(crate) async fn names_in(
    pool: &Pool,
    table: &filter::Table,
    scope: &Scope,
    page: &page::Page,
) -> Result<page::Found<String>, StoreError> {
    let found = page.read::<(String,), Name>(names_query(table, scope, page), pool).await?;
    Ok(page::Found { rows: found.rows.into_iter().map(|name| name.0).collect(), token: found.token })
}

/// A row that is a name.
struct Name(String);

impl From<(String,)> for Name {
    fn from((name,): (String,)) -> Name {
        Name(name)
    }
}

/// The query of [`names_in`].
fn names_query(table: &filter::Table, scope: &Scope, page: &page::Page) -> Query {
    page.select_names(|query| scope.push(table, query))
}

/// The metadata store. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    writer: Writer,
    readers: Pool,
    locks: Arc<Locks>,
    metrics: StoreMetrics,
}

impl Store {
    /// Opens a database, making and migrating it as needed.
    pub(crate) async fn open(database: &Database) -> Result<Store, StoreError> {
        Store::open_with(database, LIST_PATIENCE).await
    }

    /// The same with another limit on how long one list may be read.
    pub(crate) async fn open_with(database: &Database, patience: Duration) -> Result<Store, StoreError> {
        database.open(patience).await
    }

    /// The connections to read by.
    pub(crate) fn readers(&self) -> &Pool {
        &self.readers
    }

    /// Whether other servers may write at the same time, so that what was read may not be true any more.
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self.readers, Pool::Postgres(_))
    }

    /// Waits until nobody else creates something under a name, on any server.
    pub(crate) async fn alone(&self, name: &impl Hash) -> Result<Alone<'_>, StoreError> {
        self.locks.lock(name).await
    }

    /// Runs a job in a transaction; see [`Writer::write`].
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        let begun = Instant::now();
        let written = self.writer.write(work).instrument(traced()).await;
        self.metrics.writes.observe(begun.elapsed().as_secs_f64());
        written
    }

    /// What this store counts.
    pub(crate) fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }
}

/// The span of a write; what is done all the time is no trace.
fn traced() -> Span {
    if Span::current().is_none() { Span::none() } else { span!("store.write") }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn insert(connection: &mut Connection, name: &str) -> Result<(), StoreError> {
        projects::insert(connection, &projects::seeded(name)).await
    }

    #[tokio::test]
    async fn concurrent_writes_fail_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite(folder.path().join("aileron.db"))).await.unwrap();
        let writes = (0..50).map(|i| {
            let store = store.clone();
            async move {
                let name = format!("p{}", i / 2);
                store.write(move |db| Box::pin(async move { insert(db, &name).await })).await
            }
        });
        let results: Vec<Result<(), StoreError>> = futures::future::join_all(writes).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 25);
        assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(StoreError::Duplicate(_)))));
        assert!(projects::find(store.readers(), "p24").await.unwrap().is_some());
    }

    /// SQLite's 2 is `FULL`: a commit is on the disk before it is acknowledged.
    #[tokio::test]
    async fn what_is_acknowledged_is_synced() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite(folder.path().join("aileron.db"))).await.unwrap();
        let synchronous: Result<(i64,), StoreError> = store
            .write(|db| Box::pin(async move { Query::new("PRAGMA synchronous").fetch_one(db).await }))
            .await;
        assert_eq!(synchronous.unwrap(), (2,));
    }

    #[tokio::test]
    async fn a_failed_job_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite(folder.path().join("aileron.db"))).await.unwrap();
        let twice: Result<(), StoreError> = store
            .write(|db| {
                Box::pin(async move {
                    insert(db, "once").await?;
                    insert(db, "once").await
                })
            })
            .await;
        assert!(matches!(twice, Err(StoreError::Duplicate(_))));
        assert!(projects::find(store.readers(), "once").await.unwrap().is_none());
    }
}
