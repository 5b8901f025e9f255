//! The database of a test: a file in its folder, or a new one of PostgreSQL when this program was told
//! to run on that.

use std::path::Path;
use std::process::Command;

use aileron_server::Database;
use aileron_test_postgres::Cluster;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqliteRow};

/// Set to make every case run on PostgreSQL.
const ON_POSTGRES: &str = "AILERON_TEST_ON_POSTGRES";

/// A new database for a server with this folder.
pub(crate) fn fresh(folder: &Path) -> Database {
    if std::env::var_os(ON_POSTGRES).is_some() {
        shared()
    } else {
        Database::Sqlite(folder.join("aileron.db"))
    }
}

/// A new database that several servers may share.
pub(crate) fn shared() -> Database {
    Cluster::shared().database().unwrap().parse().unwrap()
}

/// A look into a server's database, past the server.
pub(crate) enum Tables {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// What rows of both databases can be read into.
pub(crate) trait FromRow:
    for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin
{
}

impl<R> FromRow for R where
    R: for<'r> sqlx::FromRow<'r, SqliteRow> + for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin
{
}

impl Tables {
    pub(crate) fn of(database: &Database) -> Tables {
        match database {
            Database::Sqlite(path) => {
                Tables::Sqlite(SqlitePool::connect_lazy_with(SqliteConnectOptions::new().filename(path)))
            }
            Database::Postgres(options) => Tables::Postgres(PgPool::connect_lazy_with((**options).clone())),
        }
    }

    pub(crate) async fn select<R: FromRow>(&self, sql: &'static str) -> Vec<R> {
        match self {
            Tables::Sqlite(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
            Tables::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
        }
    }

    /// Runs a statement with one text, `$1`.
    pub(crate) async fn update(&self, sql: &'static str, text: &str) {
        match self {
            Tables::Sqlite(pool) => drop(sqlx::query(sql).bind(text).execute(pool).await.unwrap()),
            Tables::Postgres(pool) => drop(sqlx::query(sql).bind(text).execute(pool).await.unwrap()),
        }
    }
}

/// This program once more, with a PostgreSQL of its own.
#[test]
fn every_case_holds_on_postgresql_too() {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.env(ON_POSTGRES, "yes").args(["--skip", "every_case_holds_on_postgresql_too"]);
    // They run on nothing else.
    again.args(["--skip", "replicas::"]);
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
