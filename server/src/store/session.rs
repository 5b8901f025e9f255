//! What statements run on: any connection that reads, or the one of a transaction.

use aileron_telemetry::span;
use sqlx::{PgPool, Postgres, SqliteConnection, Transaction};

use tracing::{Instrument, Span};

use super::StoreError;
use super::readers::SqliteReaders;
use super::sql::{Query, Row};

/// The readers.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    Sqlite(SqliteReaders),
    Postgres(PgPool),
}

/// A connection in a transaction.
#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgTransaction),
}

/// A transaction that ends with its first failed statement: PostgreSQL takes no more then, and makes of
/// a commit a rollback without a word.
#[derive(Debug)]
pub(crate) struct PgTransaction {
    transaction: Transaction<'static, Postgres>,
    failed: bool,
}

impl PgTransaction {
    /// Begins one that sees what others commit while it runs; rows that must not change are locked.
    pub(super) async fn begin(pool: &PgPool) -> Result<PgTransaction, StoreError> {
        let transaction = pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        Ok(PgTransaction { transaction, failed: false })
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::Aborted);
        }
        Ok(self.transaction.commit().await?)
    }

    fn checked<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        self.failed |= result.is_err();
        Ok(result?)
    }
}

/// Where a statement runs.
#[derive(Debug)]
pub(crate) enum Session<'s> {
    Pool(&'s Pool),
    Connection(&'s mut Connection),
}

impl<'s> From<&'s Pool> for Session<'s> {
    fn from(pool: &'s Pool) -> Session<'s> {
        Session::Pool(pool)
    }
}

impl<'s> From<&'s mut Connection> for Session<'s> {
    fn from(connection: &'s mut Connection) -> Session<'s> {
        Session::Connection(connection)
    }
}

impl Connection {
    pub(super) async fn execute(&mut self, query: Query) -> Result<u64, StoreError> {
        match self {
            Connection::Sqlite(connection) => {
                Ok(query.for_sqlite()?.execute(connection).await?.rows_affected())
            }
            Connection::Postgres(postgres) => {
                let result = query.for_postgres()?.execute(&mut *postgres.transaction).await;
                Ok(postgres.checked(result)?.rows_affected())
            }
        }
    }
}

impl Session<'_> {
    pub(super) async fn rows(self, query: Query) -> Result<Vec<Row>, StoreError> {
        // What is read in a transaction is a part of that; what is looked for all the time is no trace.
        let span = match &self {
            Session::Pool(_) if !Span::current().is_none() => {
                span!("store.read", db.query.text = query.text())
            }
            _ => Span::none(),
        };
        self.rows_of(query).instrument(span).await
    }

    async fn rows_of(self, query: Query) -> Result<Vec<Row>, StoreError> {
        let sqlite = |rows: Vec<_>| rows.into_iter().map(Row::Sqlite).collect();
        let postgres = |rows: Vec<_>| rows.into_iter().map(Row::Postgres).collect();
        match self {
            Session::Pool(Pool::Sqlite(readers)) => Ok(sqlite(readers.rows(query).await?)),
            Session::Pool(Pool::Postgres(pool)) => Ok(postgres(query.for_postgres()?.fetch_all(pool).await?)),
            Session::Connection(Connection::Sqlite(connection)) => {
                Ok(sqlite(query.for_sqlite()?.fetch_all(connection).await?))
            }
            Session::Connection(Connection::Postgres(transaction)) => {
                let result = query.for_postgres()?.fetch_all(&mut *transaction.transaction).await;
                Ok(postgres(transaction.checked(result)?))
            }
        }
    }
}
