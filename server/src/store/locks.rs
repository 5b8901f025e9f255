//! Locks by name, for what has objects under a name before it has a row: among all who use the
//! database. Whoever holds one asks for no other.

use std::hash::{Hash, Hasher};

use sqlx::{PgPool, Postgres, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use super::StoreError;

/// Locks of one process, and those of the database when others share it.
#[derive(Debug)]
pub(super) struct Locks {
    here: [Mutex<()>; 64],
    everywhere: Option<PgPool>,
}

/// Nobody else creates something under the name while this lives.
#[derive(Debug)]
pub(crate) struct Alone<'l> {
    _here: MutexGuard<'l, ()>,
    /// Rolled back when it is dropped, which releases what it holds.
    _everywhere: Option<Transaction<'static, Postgres>>,
}

impl Locks {
    pub(super) fn new(everywhere: Option<PgPool>) -> Locks {
        Locks { here: std::array::from_fn(|_| Mutex::new(())), everywhere }
    }

    /// Waits for the name. Names that share a lock by chance wait for each other.
    pub(super) async fn lock(&self, name: &impl Hash) -> Result<Alone<'_>, StoreError> {
        let mut hasher = Fnv1a::default();
        name.hash(&mut hasher);
        let key = hasher.finish();
        let here = self.here[(key % self.here.len() as u64) as usize].lock().await;
        let everywhere = match &self.everywhere {
            Some(pool) => Some(lock_in(pool, key).await?),
            None => None,
        };
        Ok(Alone { _here: here, _everywhere: everywhere })
    }
}

async fn lock_in(pool: &PgPool, key: u64) -> Result<Transaction<'static, Postgres>, StoreError> {
    let mut transaction = pool.begin().await?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(key.cast_signed());
    lock.execute(&mut *transaction).await?;
    Ok(transaction)
}

/// A hash that is the same in every build of this program, as servers of two versions may be at work.
struct Fnv1a(u64);

impl Default for Fnv1a {
    fn default() -> Fnv1a {
        Fnv1a(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv1a {
    fn write(&mut self, bytes: &[u8]) {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        self.0 = bytes.iter().fold(self.0, step);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
