//! What PostgreSQL's planner knows of a database that fills.
//!
//! PostgreSQL looks at its tables once a minute. Until then it takes one that was empty for empty, any index for as
//! good as any other, and keeps such plans; a young server writes thousands of rows meanwhile, and each reading goes through all of
//! them. So a server has it look after its first writes, a few times.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::PgPool;

/// After so many transactions of a server: when everything is new, and ever later.
const AFTER: [u64; 5] = [20, 200, 2_000, 20_000, 200_000];
/// The tables that grow while they are read.
const ANALYZE: &str = "ANALYZE executions, node_executions, task_executions";

/// Counts the transactions of a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Statistics(Arc<AtomicU64>);

impl Statistics {
    /// Notes a transaction; has the database look, beside what goes on, when it is time.
    pub(super) fn committed(&self, pool: &PgPool) {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        if AFTER.contains(&(before + 1)) {
            let pool = pool.clone();
            tokio::spawn(async move {
                if let Err(error) = sqlx::query(ANALYZE).execute(&pool).await {
                    tracing::warn!(%error, "the database was not analysed; it will do that by itself in a while");
                }
            });
        }
    }
}
