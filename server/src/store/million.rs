//! What the planners of both databases do with a million executions: lists go by an index, and sort no
//! more than what they were narrowed to.

use aileron_idl::admin::{Sort, sort};
use aileron_test_postgres::Cluster;

use super::filter::Filter;
use super::page::Page;
use super::sql::Query;
use super::{Connection, Database, Pool, Session, Store, StoreError, executions};

const EXECUTIONS: u32 = 1_000_000;
/// Rows that may be sorted for one page.
const FEW: u32 = 1000;

/// Filters that clients send, with the order by creation that they ask for, and the index that leads to what they ask.
///
/// What no index knows is read by one of the project's and passed over when it does not match: a part of a name, a
/// user, a mode.
const FILTERS: [(&str, &str); 15] = [
    ("", STATES),
    ("eq(state,1)", STATES),
    ("gte(created_at,2026-01-01T00:00:00Z)", STATES),
    ("contains(name,x)", ""),
    ("eq(user,u7)", ""),
    ("eq(admin_tag.name,red)", ""),
    ("eq(phase,FAILED)", PHASES),
    ("eq(phase,RUNNING)", PHASES),
    ("eq(phase,FAILED)+gte(created_at,2026-01-01T00:00:00Z)", PHASES),
    ("value_in(phase,FAILED;ABORTED)", PHASES),
    ("value_in(phase,SUCCEEDED;FAILED)", PHASES),
    ("eq(workflow.name,w7)", "executions_of_workflows"),
    ("eq(workflow.name,w7)+eq(state,1)", "executions_of_workflows"),
    ("eq(launch_plan.name,w7)+eq(phase,FAILED)", "executions_of_launch_plans"),
    ("eq(task.name,t)", "executions_of_tasks"),
];
const STATES: &str = "executions_states";
const PHASES: &str = "executions_phases";

/// Numbers from 1, as each database makes them.
pub(super) fn numbers(store: &Store, count: u32) -> String {
    match store.readers() {
        Pool::Postgres(_) => format!("generate_series(1, {count}) AS numbers(n)"),
        Pool::Sqlite(_) => format!(
            "(WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
             SELECT n FROM numbers) AS numbers"
        ),
    }
}

/// The indexes of executions that are not constraints: name, and the statement that makes it.
fn indexes(store: &Store) -> &'static str {
    match store.readers() {
        Pool::Postgres(_) => {
            "SELECT indexname::text, indexdef FROM pg_indexes WHERE tablename = 'executions' \
             AND indexname NOT LIKE 'executions_pkey' AND indexname NOT LIKE '%\\_key'"
        }
        Pool::Sqlite(_) => {
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'executions' AND sql > ''"
        }
    }
}

/// SQLite's triggers on executions: name, and the statement that makes it.
async fn triggers(store: &Store) -> Vec<(String, String)> {
    match store.readers() {
        // Its session that fills in runs none.
        Pool::Postgres(_) => Vec::new(),
        Pool::Sqlite(_) => {
            let all =
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'executions'";
            Query::new(all).fetch_all(store.readers()).await.unwrap()
        }
    }
}

pub(super) async fn run(db: &mut Connection, sql: impl Into<String>) -> Result<(), StoreError> {
    Query::new(sql.into()).execute(db).await.map(drop)
}

/// Five projects; a thousand versions of a hundred workflows; one execution in fifty failed.
async fn fill(store: &Store) {
    let (few, many) = (numbers(store, 1000), numbers(store, EXECUTIONS));
    let indexes: Vec<(String, String)> = Query::new(indexes(store)).fetch_all(store.readers()).await.unwrap();
    let triggers = triggers(store).await;
    let workflows = format!(
        "INSERT INTO workflows (project, domain, name, version, typed_interface, remote_closure_identifier, \
         request_digest, digest, short_description, created_at, updated_at) \
         SELECT 'p' || (n % 5), 'd', 'w' || (n / 10), 'v' || n, '', '', '', '', '', '', '' FROM {few}"
    );
    let launch_plans = "INSERT INTO launch_plans (project, domain, name, version, spec, closure, workflow_id, \
         state, digest, schedule_type, created_at, updated_at) SELECT project, domain, name, version, '', '', id, \
         0, '', 'NONE', created_at, updated_at FROM workflows";
    let executions = format!(
        "INSERT INTO executions (execution_project, execution_domain, execution_name, launch_plan_id, workflow_id, \
         launch_entity, phase, spec, closure, mode, state, \"user\", inputs_uri, user_inputs_uri, \
         execution_created_at, execution_updated_at, created_at, updated_at, handover, handover_attempts, \
         handover_after, launch_plan_name, workflow_name) SELECT 'p' || (n % 5), 'd', 'e' || n, n % 1000 + 1, n % 1000 + 1, 'launch_plan', \
         CASE WHEN n % 50 = 0 THEN 'FAILED' WHEN n % 1001 = 0 THEN 'RUNNING' ELSE 'SUCCEEDED' END, '', '', 0, \
         CASE WHEN n % 100 = 1 THEN 1 ELSE 0 END, 'u' || (n % 20), '', '', '', '', 't' || (10000000 + n), '', 'done', 0, '', \
         'w' || ((n % 1000 + 1) / 10), 'w' || ((n % 1000 + 1) / 10) FROM {many}"
    );
    let shared = store.is_shared();
    let filled: Result<(), StoreError> = store
        .write(move |db| {
            Box::pin(async move {
                // Nothing refers to what is not there, and indexes are made faster of what is there.
                if shared {
                    run(db, "SET LOCAL session_replication_role = replica").await?;
                }
                run(db, workflows).await?;
                run(db, launch_plans).await?;
                // A trigger that looks into an index which is not there reads all rows for each row.
                for (name, _) in &triggers {
                    run(db, format!("DROP TRIGGER {name}")).await?;
                }
                for (name, _) in &indexes {
                    run(db, format!("DROP INDEX {name}")).await?;
                }
                run(db, executions).await?;
                for (_, make) in indexes.into_iter().chain(triggers) {
                    run(db, make).await?;
                }
                if shared { run(db, "ANALYZE").await } else { Ok(()) }
            })
        })
        .await;
    filled.unwrap();
}

/// The steps of a query's plan, one a line.
pub(super) async fn plan(
    is_shared: bool,
    on: impl Into<Session<'_>>,
    query: Query,
) -> Result<String, StoreError> {
    if is_shared {
        let steps: Vec<(String,)> = query.prefixed("EXPLAIN ").fetch_all(on).await?;
        return Ok(steps.into_iter().map(|(step,)| step + "\n").collect());
    }
    let steps: Vec<(i64, i64, i64, String)> = query.prefixed("EXPLAIN QUERY PLAN ").fetch_all(on).await?;
    Ok(steps.into_iter().map(|(_, _, _, step)| step + "\n").collect())
}

/// How many rows PostgreSQL expects of a step.
fn rows(step: &str) -> u32 {
    let number = step.split_once("rows=").and_then(|(_, rest)| rest.split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(u32::MAX)
}

/// Whether the plan reads all executions, and whether it sorts more than a few. Rows that an index has in
/// order but for those of one instant are sorted by and by, which is no sort.
fn reads_all_and_sorts(plan: &str) -> (bool, bool) {
    let reads_all =
        plan.lines().any(|step| step.contains("Seq Scan on executions") || step.trim() == "SCAN executions");
    let sorts = plan.lines().any(|step| {
        let step = step.trim_start_matches([' ', '-', '>']);
        step.contains("TEMP B-TREE FOR ORDER BY") || (step.starts_with("Sort  (") && rows(step) > FEW)
    });
    (reads_all, sorts)
}

async fn check(store: &Store) {
    fill(store).await;
    for (text, index) in FILTERS {
        for direction in [sort::Direction::Ascending, sort::Direction::Descending] {
            let sort = Sort { key: "created_at".to_owned(), direction: direction as i32 };
            let page = Page::parse(&executions::TABLE, 100, "", Some(&sort)).unwrap();
            let filter = Filter::parse(&executions::TABLE, text).unwrap();
            let query = executions::query("p1", "d", &filter, &page);
            let plan = plan(store.is_shared(), store.readers(), query).await.unwrap();
            let (reads_all, sorts) = reads_all_and_sorts(&plan);
            let by_phase = plan.to_uppercase().contains("UNION") || plan.contains("Append");
            let is_led = plan.contains(index);
            assert!(is_led && !reads_all && (by_phase || !sorts), "{text} {direction:?}\n{plan}");
        }
    }
}

#[tokio::test]
async fn sqlite_lists_a_million_executions_by_index() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::Sqlite(folder.path().join("aileron.db"));
    check(&Store::open(&database).await.unwrap()).await;
}

#[tokio::test]
async fn postgresql_lists_a_million_executions_by_index() {
    let database = Cluster::shared().database().unwrap().parse().unwrap();
    check(&Store::open(&database).await.unwrap()).await;
}
