//! Which database the metadata lies in, and how each is opened.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

use super::locks::Locks;
use super::metrics::StoreMetrics;
use super::readers::SqliteReaders;
use super::session::{Connection, Pool};
use super::writer::Writer;
use super::{Store, StoreError, migration};

/// Connections to PostgreSQL that read at once, that write at once, and that hold locks.
const PG_READERS: u32 = 8;
const PG_WRITERS: u32 = 16;
const PG_LOCKS: u32 = 16;
/// Longest wait for a connection.
const PATIENCE: Duration = Duration::from_secs(10);
/// How PostgreSQL plans: every statement here has an index to go by. Plans are kept with the connection, and those made
/// while a table was empty would read all of it for as long as nobody has analysed it.
const PLANNING: &str =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";
/// What SQLite's writer keeps of the file in memory, at most: 8 MiB, in KiB and with its sign.
const CACHE: &str = "-8192";
/// Pages of 4 KiB that SQLite's log takes before they are written into the file: what changes often is written once.
const CHECKPOINT: &str = "4000";
/// Prepared statements that a connection keeps: lists with filters make many.
const STATEMENTS: usize = 256;

/// The database of the metadata.
#[derive(Clone)]
pub enum Database {
    /// A file, for one server.
    Sqlite(PathBuf),
    /// A PostgreSQL database, which several servers may share.
    Postgres(Box<PgConnectOptions>),
}

/// Why a text names no database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// Neither SQLite nor PostgreSQL.
    #[error(
        "unknown kind of database [{0}]; write sqlite://PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE"
    )]
    Scheme(String),
    /// A SQLite database in no file.
    #[error(
        "invalid sqlite URL: {0}; write sqlite://PATH, with one more slash at the beginning of an absolute path"
    )]
    Sqlite(&'static str),
    /// A PostgreSQL URL that cannot be read.
    #[error("invalid postgres URL: {0}; write postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
    Postgres(String),
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(url: &str) -> Result<Database, DatabaseError> {
        // What is not a scheme may be a password.
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        match scheme {
            "sqlite" => sqlite(url.trim_start_matches("sqlite:")).map(Database::Sqlite),
            "postgres" | "postgresql" => {
                let options = PgConnectOptions::from_str(url);
                let options = options.map_err(|error| DatabaseError::Postgres(cause(&error)))?;
                Ok(Database::Postgres(Box::new(options.application_name("aileron"))))
            }
            other => Err(DatabaseError::Scheme(other.to_owned())),
        }
    }
}

/// Without the word "configuration".
fn cause(error: &sqlx::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn sqlite(rest: &str) -> Result<PathBuf, DatabaseError> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() || path == ":memory:" {
        return Err(DatabaseError::Sqlite("it names no file"));
    }
    if path.contains('?') {
        return Err(DatabaseError::Sqlite("it takes no parameters"));
    }
    Ok(PathBuf::from(path))
}

/// Without the password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Database::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Database::Postgres(options) => {
                let place = match options.get_socket() {
                    Some(socket) => socket.display().to_string(),
                    None => options.get_host().to_owned(),
                };
                let (user, port) = (options.get_username(), options.get_port());
                write!(f, "postgres://{user}@{place}:{port}/{}", options.get_database().unwrap_or(user))
            }
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Database {
    /// Opens the database, to read no longer than so at once, and migrates it as needed; the file of SQLite is made when missing.
    pub(super) async fn open(&self, patience: Duration) -> Result<Store, StoreError> {
        match self {
            Database::Sqlite(path) => open_sqlite(path, patience).await,
            Database::Postgres(options) => open_postgres(options, patience).await,
        }
    }
}

/// WAL mode: one connection writes, a pool reads. What is acknowledged is on the disk, as in PostgreSQL: a batch is
/// synced, and the writes of a moment share that.
async fn open_sqlite(path: &Path, patience: Duration) -> Result<Store, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        // As in PostgreSQL.
        .pragma("case_sensitive_like", "ON")
        .statement_cache_capacity(STATEMENTS);
    let writer = options.clone().pragma("cache_size", CACHE).pragma("wal_autocheckpoint", CHECKPOINT);
    let mut connection = writer.connect().await?;
    migration::SQLITE.run(&mut connection).await?;
    let metrics = StoreMetrics::default();
    Ok(Store {
        writer: Writer::of_batches(Connection::Sqlite(connection), metrics.batches.clone()),
        readers: Pool::Sqlite(SqliteReaders::new(options, patience)),
        locks: Arc::new(Locks::new(None)),
        metrics,
    })
}

/// Three pools, so that what waits for others leaves connections to those that it waits for.
async fn open_postgres(options: &PgConnectOptions, patience: Duration) -> Result<Store, StoreError> {
    let options = options.clone().statement_cache_capacity(STATEMENTS);
    let pool = |connections| {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            // A connection that has died is noticed by the statement, and the next one is a new one.
            .test_before_acquire(false)
    };
    // The first connection is made without the pool's patience, so that what is wrong is told at once.
    let mut connection = options.connect().await?;
    migration::POSTGRES.run(&mut connection).await?;
    let locks = pool(PG_LOCKS).connect_lazy_with(options.clone());
    // The server ends what a reader reads for too long.
    let limit = format!("{PLANNING}; SET statement_timeout = {}", patience.as_millis());
    let writers = told(pool(PG_WRITERS), PLANNING).connect_lazy_with(options.clone());
    Ok(Store {
        writer: Writer::of_pool(writers),
        readers: Pool::Postgres(told(pool(PG_READERS), limit).connect_lazy_with(options)),
        locks: Arc::new(Locks::new(Some(locks))),
        metrics: StoreMetrics::default(),
    })
}

/// Each connection begins with statements.
fn told(pool: PgPoolOptions, statements: impl Into<String>) -> PgPoolOptions {
    let statements = statements.into();
    pool.after_connect(move |connection, _| {
        let statements = AssertSqlSafe(statements.clone());
        Box::pin(async move { sqlx::raw_sql(statements).execute(connection).await.map(drop) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_databases() {
        for (url, expected) in [
            ("sqlite:///var/lib/aileron.db", "sqlite:///var/lib/aileron.db"),
            ("sqlite://aileron.db", "sqlite://aileron.db"),
            ("sqlite:aileron.db", "sqlite://aileron.db"),
            ("postgres://me:secret@db.test:5433/metadata", "postgres://me@db.test:5433/metadata"),
            ("postgresql://me@db.test/metadata", "postgres://me@db.test:5432/metadata"),
            ("postgres:///metadata?host=/run/pg&user=me", "postgres://me@/run/pg:5432/metadata"),
        ] {
            assert_eq!(url.parse::<Database>().unwrap().to_string(), expected, "{url}");
        }
    }

    #[test]
    fn other_texts_are_refused_without_their_password() {
        for (url, expected) in [
            ("mysql://me:secret@db.test/metadata", "unknown kind of database [mysql]"),
            ("aileron.db", "unknown kind of database []"),
            ("sqlite://", "it names no file"),
            ("sqlite::memory:", "it names no file"),
            ("sqlite://a.db?mode=ro", "it takes no parameters"),
            ("postgres://me:secret@db.test:port/metadata", "invalid postgres URL"),
        ] {
            let refused = url.parse::<Database>().unwrap_err().to_string();
            assert!(refused.contains(expected) && !refused.contains("secret"), "{refused}");
        }
    }
}
