//! Which version the schema of a database has, and which one this program brings it to.

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::{Database, Store, StoreError};

pub(super) static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
pub(super) static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");

/// Where the migrator keeps what it has done.
const LAST: &str = "SELECT MAX(version) FROM _sqlx_migrations WHERE success";

/// The versions of a schema: the numbers of migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The last migration of the database; none when it is empty or not there.
    pub found: Option<i64>,
    /// The last migration of this program.
    pub known: i64,
}

impl Schema {
    /// Looks at a database without changing it.
    ///
    /// # Errors
    /// When it cannot be reached or read.
    pub async fn of(database: &Database) -> Result<Schema, StoreError> {
        let (found, migrator) = match database {
            Database::Sqlite(path) if !path.exists() => (None, &SQLITE),
            Database::Sqlite(path) => {
                let options = SqliteConnectOptions::new().filename(path).read_only(true);
                let mut connection = options.connect().await?;
                let tables = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'";
                let tables: i64 = sqlx::query_scalar(tables).fetch_one(&mut connection).await?;
                let found = match tables {
                    0 => None,
                    _ => sqlx::query_scalar(LAST).fetch_one(&mut connection).await?,
                };
                connection.close().await?;
                (found, &SQLITE)
            }
            Database::Postgres(options) => {
                let mut connection = options.connect().await?;
                let tables = "SELECT COUNT(*) FROM pg_tables WHERE tablename = '_sqlx_migrations'";
                let tables: i64 = sqlx::query_scalar(tables).fetch_one(&mut connection).await?;
                let found = match tables {
                    0 => None,
                    _ => sqlx::query_scalar(LAST).fetch_one(&mut connection).await?,
                };
                connection.close().await?;
                (found, &POSTGRES)
            }
        };
        Ok(Schema { found, known: migrator.iter().map(|one| one.version).max().unwrap_or_default() })
    }

    /// Brings a database up to date, making it when it is a file that is not there; gives what it was.
    ///
    /// # Errors
    /// When it cannot be reached, is newer than this program, or a migration fails.
    pub async fn migrate(database: &Database) -> Result<Schema, StoreError> {
        let before = Schema::of(database).await?;
        Store::open(database).await?;
        Ok(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_is_brought_to_the_version_of_this_program_once() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("aileron.db"));
        let before = Schema::migrate(&database).await.unwrap();
        assert_eq!(before.found, None);
        let after = Schema::of(&database).await.unwrap();
        assert_eq!(after, Schema { found: Some(before.known), known: before.known });
        assert_eq!(Schema::migrate(&database).await.unwrap(), after);
    }

    #[tokio::test]
    async fn a_newer_database_is_seen_and_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("aileron.db");
        let database = Database::Sqlite(path.clone());
        let known = Schema::migrate(&database).await.unwrap().known;
        let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'later', TRUE, x'00', 0)";
        sqlx::query(newer).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        assert_eq!(Schema::of(&database).await.unwrap(), Schema { found: Some(9999), known });
        assert!(matches!(Schema::migrate(&database).await, Err(StoreError::Newer(9999))));
    }
}
