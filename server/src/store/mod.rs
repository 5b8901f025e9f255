//! Metadata in SQL: one file a table, one for filters, one for pages.
//!
//! SQLite in WAL mode: one connection writes ([`writer`]), a pool reads. Every statement uses `$n`
//! placeholders and standard SQL, so that another database is another `open`, not another store.
//! Messages are kept whole as bytes; the columns beside them exist to be looked up, sorted or filtered.

pub(crate) mod attributes;
pub(crate) mod cache;
pub(crate) mod catalog;
pub(crate) mod description_entities;
pub(crate) mod executions;
pub(crate) mod filter;
pub(crate) mod launch_plans;
pub(crate) mod missed_ticks;
pub(crate) mod named_entities;
pub(crate) mod node_executions;
pub(crate) mod page;
#[cfg(test)]
mod plans;
pub(crate) mod projects;
pub(crate) mod schedules;
pub(crate) mod signals;
pub(crate) mod task_executions;
pub(crate) mod tasks;
mod versions;
pub(crate) mod workflows;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use writer::Writer;

/// The database that is spoken to.
pub(crate) type Database = sqlx::Sqlite;
/// One connection to it.
pub(crate) type Connection = sqlx::SqliteConnection;
/// The readers.
pub(crate) type Pool = sqlx::SqlitePool;

/// Connections that read at once.
const READERS: u32 = 4;

/// Why the metadata store could not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A row with this key is there already; the constraint says which.
    #[error("value with matching already exists ({0})")]
    Duplicate(String),
    /// The disk is full.
    #[error("no space left for the metadata store; free some and try again")]
    Full,
    /// The database gave up the transaction that this write shared with others.
    #[error("the metadata store rolled the transaction back; try again")]
    Aborted,
    /// The writer has stopped: the server is shutting down.
    #[error("the metadata store is closed")]
    Closed,
    /// A row holds bytes that are no encoding of its message.
    #[error("failed to decode a row of `{table}`")]
    Decode {
        /// Which table.
        table: &'static str,
        /// What the decoder found.
        source: prost::DecodeError,
    },
    /// The schema could not be brought up to date.
    #[error("failed to migrate the metadata store")]
    Migrate(#[source] Arc<sqlx::migrate::MigrateError>),
    /// Anything else that the database said.
    #[error("failed to query the metadata store")]
    Sql(#[source] Arc<sqlx::Error>),
}

impl From<std::convert::Infallible> for StoreError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else { return StoreError::Sql(Arc::new(error)) };
        if database.is_unique_violation() {
            return StoreError::Duplicate(database.message().to_owned());
        }
        match database.code().as_deref() {
            // SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: the shared memory of the log has no room to grow.
            Some("13" | "4874") => StoreError::Full,
            _ => StoreError::Sql(Arc::new(error)),
        }
    }
}

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
    fn push(&self, table: &filter::Table, query: &mut sqlx::QueryBuilder<Database>) {
        query.push(format_args!(" WHERE {}.project = ", table.name)).push_bind(self.project.clone());
        query.push(format_args!(" AND {}.domain = ", table.name)).push_bind(self.domain.clone());
        if !self.name.is_empty() {
            query.push(format_args!(" AND {}.name = ", table.name)).push_bind(self.name.clone());
        }
    }
}

/// Begins a query of a table's own fields.
fn select(table: &filter::Table, fields: &str) -> sqlx::QueryBuilder<Database> {
    sqlx::QueryBuilder::new(format!("SELECT {fields} FROM {}", table.name))
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
fn names_query(table: &filter::Table, scope: &Scope, page: &page::Page) -> sqlx::QueryBuilder<Database> {
    page.select_names(|query| scope.push(table, query))
}

/// The metadata store. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    writer: Writer,
    readers: Pool,
}

impl Store {
    /// Opens the file, making and migrating it as needed.
    pub(crate) async fn open(path: &Path) -> Result<Store, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(256);
        let mut connection = options.connect().await?;
        let migrated = sqlx::migrate!("./migrations").run(&mut connection).await;
        migrated.map_err(|error| StoreError::Migrate(Arc::new(error)))?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Store { writer: Writer::spawn(connection), readers })
    }

    /// The connections to read by.
    pub(crate) fn readers(&self) -> &Pool {
        &self.readers
    }

    /// Runs a job in the next transaction; see [`Writer::write`].
    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    {
        self.writer.write(work).await
    }
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
        let store = Store::open(&folder.path().join("aileron.db")).await.unwrap();
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

    #[tokio::test]
    async fn a_failed_job_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("aileron.db")).await.unwrap();
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
