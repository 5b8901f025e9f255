//! SQLite's readers, each with a thread of its own, and reading no longer than somebody waits.
//!
//! A filter that no index serves reads every row there is. PostgreSQL ends such a statement by itself; SQLite asks while
//! it works whether it may go on. One that nobody waits for any more may not, and its reader comes back when it has ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions as _, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::StoreError;
use super::sql::Query;

/// Steps of SQLite between two questions: less than a millisecond.
const STEPS: i32 = 10_000;

/// Connections that read at once.
const READERS: usize = 4;
/// Rows that SQLite's thread puts down before somebody takes them: those of most lists.
const ROWS: usize = 1024;

/// Connections, opened when they are needed and lent for one query. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct SqliteReaders(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: SqliteConnectOptions,
    idle: Mutex<Vec<Reader>>,
    permits: Arc<Semaphore>,
    /// How long one list may be read.
    patience: Duration,
}

#[derive(Debug)]
struct Reader {
    connection: SqliteConnection,
    limit: Arc<Limit>,
}

/// Until when a reader may read.
#[derive(Debug)]
struct Limit {
    begun: Instant,
    /// Microseconds after `begun`.
    until: AtomicU64,
}

impl Limit {
    const NONE: u64 = u64::MAX;

    fn set(&self, patience: Option<Duration>) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(Limit::NONE);
        let until = patience.map_or(Limit::NONE, |patience| micros(self.begun.elapsed() + patience));
        self.until.store(until, Ordering::Relaxed);
    }

    fn goes_on(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until == Limit::NONE || self.begun.elapsed() < Duration::from_micros(until)
    }
}

impl Reader {
    async fn open(options: &SqliteConnectOptions) -> Result<Reader, sqlx::Error> {
        let mut connection = options.connect().await?;
        let limit = Arc::new(Limit { begun: Instant::now(), until: AtomicU64::new(Limit::NONE) });
        let watched = limit.clone();
        connection.lock_handle().await?.set_progress_handler(STEPS, move || watched.goes_on());
        Ok(Reader { connection, limit })
    }
}

/// A reader that is lent; it goes back when it has answered, or has ended what nobody waits for any more.
struct Lent {
    of: Arc<Inner>,
    reader: Option<(Reader, OwnedSemaphorePermit)>,
}

impl Lent {
    fn give_back(mut self) {
        if let Some((reader, _permit)) = self.reader.take() {
            self.of.take_back(reader);
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some((mut reader, permit)) = self.reader.take() else { return };
        // Without a runtime everything ends, this too.
        let Ok(runtime) = Handle::try_current() else { return };
        reader.limit.set(Some(Duration::ZERO));
        let of = self.of.clone();
        runtime.spawn(async move {
            // Its thread answers when it has ended what it was at.
            if reader.connection.lock_handle().await.is_ok() {
                of.take_back(reader);
            }
            drop(permit);
        });
    }
}

impl Inner {
    fn idle(&self) -> MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_back(&self, reader: Reader) {
        self.idle().push(reader);
    }
}

impl SqliteReaders {
    /// Readers of a database that is there; a list may be read no longer than so.
    pub(super) fn new(options: SqliteConnectOptions, patience: Duration) -> SqliteReaders {
        let options = options.read_only(true).row_buffer_size(ROWS);
        let permits = Arc::new(Semaphore::new(READERS));
        SqliteReaders(Arc::new(Inner { options, idle: Mutex::default(), permits, patience }))
    }

    async fn lend(&self) -> Result<Lent, StoreError> {
        let permit = self.0.permits.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let idle = self.0.idle().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => Reader::open(&self.0.options).await?,
        };
        Ok(Lent { of: self.0.clone(), reader: Some((reader, permit)) })
    }

    /// Every row; of a list, unless that takes too long.
    pub(super) async fn rows(&self, query: Query) -> Result<Vec<SqliteRow>, StoreError> {
        let mut lent = self.lend().await?;
        let Some((reader, _)) = &mut lent.reader else { return Err(StoreError::Closed) };
        reader.limit.set(query.is_list().then_some(self.0.patience));
        let rows = query.for_sqlite()?.fetch_all(&mut reader.connection).await;
        // One whose thread is gone ends here.
        if !matches!(rows, Err(sqlx::Error::WorkerCrashed)) {
            lent.give_back();
        }
        Ok(rows?)
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
            // One that nobody waits for any more is ended, and does not end what comes after it.
            for _ in 0..2 * READERS {
                let endless = readers.rows(Query::new(ENDLESS));
                assert!(tokio::time::timeout(Duration::from_millis(1), endless).await.is_err());
            }
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
