//! A million executions, written into the database while no server is at it: nobody waits for that many launches.

use std::time::Instant;

use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// Five projects; a thousand versions of a hundred workflows; one execution in fifty failed, one in a thousand
/// runs.
const EXECUTIONS: u32 = 1_000_000;

fn statements(numbers: impl Fn(u32) -> String) -> [String; 3] {
    let workflows = format!(
        "INSERT INTO workflows (project, domain, name, version, typed_interface, remote_closure_identifier, \
         request_digest, digest, short_description, created_at, updated_at) \
         SELECT 'p' || (n % 5), 'd', 'w' || (n / 10), 'v' || n, '', '', '', '', '', '', '' FROM {}",
        numbers(1000)
    );
    let launch_plans = "INSERT INTO launch_plans (project, domain, name, version, spec, closure, workflow_id, \
         state, digest, schedule_type, created_at, updated_at) SELECT project, domain, name, version, '', '', id, \
         0, '', 'NONE', created_at, updated_at FROM workflows WHERE domain = 'd'";
    let executions = format!(
        "INSERT INTO executions (execution_project, execution_domain, execution_name, launch_plan_id, workflow_id, \
         launch_entity, phase, spec, closure, mode, state, \"user\", inputs_uri, user_inputs_uri, \
         execution_created_at, execution_updated_at, created_at, updated_at, handover, handover_attempts, \
         handover_after, launch_plan_name, workflow_name) SELECT launch_plans.project, 'd', 'e' || n, launch_plans.id, workflow_id, 'launch_plan', \
         CASE WHEN n % 50 = 0 THEN 'FAILED' WHEN n % 1001 = 0 THEN 'RUNNING' ELSE 'SUCCEEDED' END, '', '', 0, 0, \
         'u', '', '', '', '', '2026-01-0' || (1 + n / 200000) || 'T00:00:00.' || (100000000 + n) || 'Z', '', \
         'done', 0, '', launch_plans.name, launch_plans.name FROM {} JOIN launch_plans ON launch_plans.domain = 'd' \
         AND launch_plans.version = 'v' || (n % 1000 + 1)",
        numbers(EXECUTIONS)
    );
    [workflows, launch_plans.to_owned(), executions]
}

/// Fills the database of a URL.
pub(crate) async fn fill(url: &str) -> Result<()> {
    let begun = Instant::now();
    if url.starts_with("sqlite") {
        sqlite(url).await?;
    } else {
        postgres(url).await?;
    }
    eprintln!("{EXECUTIONS} executions written in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}

async fn sqlite(url: &str) -> Result<()> {
    let mut connection = SqliteConnection::connect(url).await?;
    // They number changes for streams, which nobody reads here.
    let triggers: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'executions'")
            .fetch_all(&mut connection)
            .await?;
    let drop = triggers.into_iter().map(|(name,)| format!("DROP TRIGGER {name}"));
    let numbers = |count| {
        format!(
            "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
             SELECT n FROM numbers) AS numbers"
        )
    };
    let begin = std::iter::once("BEGIN".to_owned());
    let end = ["COMMIT".to_owned(), "PRAGMA wal_checkpoint(TRUNCATE)".to_owned()];
    for statement in begin.chain(drop).chain(statements(numbers)).chain(end) {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    Ok(connection.close().await?)
}

async fn postgres(url: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let numbers = |count| format!("generate_series(1, {count}) AS numbers(n)");
    let fast = "SET session_replication_role = replica".to_owned();
    for statement in std::iter::once(fast).chain(statements(numbers)).chain(["ANALYZE".to_owned()]) {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    Ok(connection.close().await?)
}
