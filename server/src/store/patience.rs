//! Reading no longer than a list may take: a filter that no index serves reads every row there is.
//!
//! PostgreSQL ends such a statement by itself. SQLite asks while it works whether it may go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::SqlitePool;
use sqlx::sqlite::SqliteRow;

use super::StoreError;
use super::sql::Query;

/// Steps of SQLite between two questions: less than a millisecond.
const STEPS: i32 = 10_000;

/// SQLite's readers, and how long one list may be read.
#[derive(Clone, Debug)]
pub(crate) struct SqliteReaders {
    pub(super) pool: SqlitePool,
    patience: Duration,
}

/// Says that nobody waits any more: what runs next on the connection is another matter.
struct Over(Arc<AtomicBool>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl SqliteReaders {
    pub(super) const fn new(pool: SqlitePool, patience: Duration) -> SqliteReaders {
        SqliteReaders { pool, patience }
    }

    /// Every row, unless that takes too long.
    pub(super) async fn list(&self, query: Query) -> Result<Vec<SqliteRow>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let until = Instant::now() + self.patience;
        let over = Arc::new(AtomicBool::new(false));
        let _guard = Over(over.clone());
        let goes_on = move || over.load(Ordering::Relaxed) || Instant::now() < until;
        connection.lock_handle().await?.set_progress_handler(STEPS, goes_on);
        Ok(query.for_sqlite()?.fetch_all(&mut *connection).await?)
    }
}

#[cfg(test)]
mod tests {
    use aileron_test_postgres::Cluster;

    use super::super::{Database, Pool, Store};
    use super::*;

    /// Rows that no index leads to, more than anybody waits for.
    const ENDLESS: &str = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers \
         WHERE n < 4000000000) SELECT COUNT(*) FROM numbers";

    async fn check(database: &Database) {
        let store = Store::open_with(database, Duration::from_millis(200)).await.unwrap();
        let begun = Instant::now();
        let ended = Query::new(ENDLESS).list().rows(store.readers()).await;
        assert!(matches!(ended, Err(StoreError::TooSlow)), "{ended:?}");
        assert!(begun.elapsed() < Duration::from_secs(60));
        // The connections are as good as before, for lists and for the rest.
        for _ in 0..20 {
            assert_eq!(Query::new("SELECT 1").list().rows(store.readers()).await.unwrap().len(), 1);
            assert_eq!(Query::new("SELECT 1").rows(store.readers()).await.unwrap().len(), 1);
        }
        if let Pool::Sqlite(readers) = store.readers() {
            // One that nobody waits for any more does not end what comes after it.
            let dropped = tokio::time::timeout(Duration::from_millis(1), readers.list(Query::new(ENDLESS)));
            assert!(dropped.await.is_err());
            assert_eq!(Query::new("SELECT 1").rows(store.readers()).await.unwrap().len(), 1);
        }
    }

    #[tokio::test]
    async fn sqlite_ends_what_takes_too_long() {
        let folder = tempfile::tempdir().unwrap();
        check(&Database::Sqlite(folder.path().join("aileron.db"))).await;
    }

    #[tokio::test]
    async fn postgresql_ends_what_takes_too_long() {
        check(&Cluster::shared().database().unwrap().parse().unwrap()).await;
    }
}
