//! What the planners of both databases do with the queries of a batch of events, among many rows: each wanted row is
//! found by an index, however many are wanted. And with pages of what was reported at one instant: none is sorted.

use std::collections::BTreeSet;

use aileron_idl::admin::{Sort, sort};
use aileron_idl::core::{
    Identifier, NodeExecutionIdentifier, ResourceType, TaskExecutionIdentifier, WorkflowExecutionIdentifier,
};
use aileron_test_postgres::Cluster;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::filter::Filter;
use super::million::{numbers, plan, run};
use super::node_executions::{Below, TABLE};
use super::page::Page;
use super::sql::Query;
use super::{Connection, Database, Store, StoreError, executions, node_executions, task_executions};

/// Executions, and their nodes, each with one attempt: so many that reading all of them is never cheaper.
const EXECUTIONS: u32 = 100_000;
const NODES: u32 = 100_000;
/// Sizes of batches: an event alone, what one execution reports at once, and all that one statement may bring.
const WANTED: [u32; 3] = [1, 64, 2000];

async fn fill(store: &Store) {
    let (few, many) = (numbers(store, EXECUTIONS), numbers(store, NODES));
    let workflow = "INSERT INTO workflows (project, domain, name, version, typed_interface, \
         remote_closure_identifier, request_digest, digest, short_description, created_at, updated_at) \
         VALUES ('p', 'd', 'w', 'v', '', '', '', '', '', '', '')";
    let executions = format!(
        "INSERT INTO executions (workflow_id, execution_project, execution_domain, execution_name, launch_entity, phase, spec, \
         closure, mode, state, \"user\", inputs_uri, user_inputs_uri, execution_created_at, execution_updated_at, \
         created_at, updated_at, handover, handover_attempts, handover_after) \
         SELECT (SELECT MAX(id) FROM workflows), 'p', 'd', 'e' || n, 'launch_plan', 'RUNNING', '', '', 0, 0, '', '', '', '', '', 't' || n, '', \
         'done', 0, '' FROM {few}"
    );
    let nodes = format!(
        "INSERT INTO node_executions (execution_project, execution_domain, execution_name, node_id, phase, \
         input_uri, closure, node_execution_metadata, node_execution_created_at, node_execution_updated_at, \
         created_at, updated_at) SELECT 'p', 'd', 'e' || (n % {EXECUTIONS}), 'n' || n, 'RUNNING', '', '', '', '', \
         '', '', '' FROM {many}"
    );
    let attempts = "INSERT INTO task_executions (project, domain, name, version, execution_project, \
         execution_domain, execution_name, node_id, retry_attempt, phase, phase_version, input_uri, closure, \
         task_execution_created_at, task_execution_updated_at, created_at, updated_at) \
         SELECT 'p', 'd', 't', 'v', execution_project, execution_domain, execution_name, node_id, 0, 'RUNNING', 0, \
         '', '', '', '', '', '' FROM node_executions";
    let shared = store.is_shared();
    let filled: Result<(), StoreError> = store
        .write(move |db| {
            Box::pin(async move {
                // Nothing refers to what is not there.
                if shared {
                    run(db, "SET LOCAL session_replication_role = replica").await?;
                }
                run(db, workflow).await?;
                run(db, executions).await?;
                run(db, nodes).await?;
                run(db, attempts).await?;
                if shared { run(db, "ANALYZE").await } else { Ok(()) }
            })
        })
        .await;
    filled.unwrap();
}

fn node(number: u32) -> NodeExecutionIdentifier {
    let execution = WorkflowExecutionIdentifier {
        project: "p".into(),
        domain: "d".into(),
        name: format!("e{}", number % EXECUTIONS),
        ..WorkflowExecutionIdentifier::default()
    };
    NodeExecutionIdentifier { node_id: format!("n{number}"), execution_id: Some(execution) }
}

fn attempt(number: u32) -> TaskExecutionIdentifier {
    let task = Identifier {
        resource_type: ResourceType::Task as i32,
        project: "p".into(),
        domain: "d".into(),
        name: "t".into(),
        version: "v".into(),
        ..Identifier::default()
    };
    TaskExecutionIdentifier { task_id: Some(task), node_execution_id: Some(node(number)), retry_attempt: 0 }
}

/// What a batch of so many events asks.
fn queries(db: &Connection, wanted: u32) -> Vec<Query> {
    let nodes: Vec<_> = (1..=wanted).map(|at| node(at * 37 % NODES)).collect();
    let attempts: Vec<_> = (1..=wanted).map(|at| attempt(at * 37 % NODES)).collect();
    let of = |id: &WorkflowExecutionIdentifier| (id.project.clone(), id.domain.clone(), id.name.clone());
    let runs: BTreeSet<_> = nodes.iter().filter_map(|id| id.execution_id.as_ref()).map(of).collect();
    let mut queries = vec![executions::clusters_query(db, &runs), task_executions::key_query(&attempts[0])];
    queries.extend(node_executions::wanted_query(db, nodes.iter()));
    queries.extend(task_executions::wanted_query(db, attempts.iter()));
    queries
}

fn reads_a_table_whole(plan: &str) -> bool {
    ["executions", "node_executions", "task_executions"].iter().any(|table| {
        plan.lines().any(|step| {
            step.contains(&format!("Seq Scan on {table} ")) || step.trim() == format!("SCAN {table}")
        })
    })
}

async fn check(store: &Store) {
    fill(store).await;
    let is_shared = store.is_shared();
    let plans: Result<Vec<String>, StoreError> = store
        .write(move |db| {
            Box::pin(async move {
                let mut plans = Vec::new();
                for query in WANTED.iter().flat_map(|wanted| queries(db, *wanted)).collect::<Vec<_>>() {
                    plans.push(plan(is_shared, &mut *db, query).await?);
                }
                Ok(plans)
            })
        })
        .await;
    let plans = plans.unwrap();
    assert_eq!(plans.len(), WANTED.len() * 4);
    for plan in plans {
        assert!(!reads_a_table_whole(&plan), "{plan}");
    }
    for (page, is_next) in pages() {
        let execution = node(1).execution_id.unwrap();
        let pool = store.readers();
        let query = node_executions::query(pool, &execution, Below::Nothing, &Filter::none(), &page);
        let plan = plan(is_shared, pool, query).await.unwrap();
        // Not from the first of many rows of one instant on.
        let at_once = is_shared || !is_next || plan.contains("rowid");
        let sorts = plan.contains("Sort") || plan.contains("TEMP B-TREE");
        assert!(plan.contains("node_executions_listed") && !sorts && at_once, "{plan}");
    }
}

/// A first page and the one after it, which it tells, in both directions.
fn pages() -> impl Iterator<Item = (Page, bool)> {
    let directions = [(sort::Direction::Ascending, ""), (sort::Direction::Descending, "-")];
    directions.into_iter().flat_map(|(direction, sign)| {
        let sort = Sort { key: "created_at".to_owned(), direction: direction as i32 };
        let place = serde_json::json!([format!("node_executions/id:{sign}created_at"), "", 7]);
        let next = URL_SAFE_NO_PAD.encode(place.to_string());
        let page = |token: &str| Page::parse(&TABLE, 100, token, Some(&sort)).unwrap();
        [(page(""), false), (page(&next), true)]
    })
}

#[tokio::test]
async fn sqlite_finds_what_events_are_about_by_index() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::Sqlite(folder.path().join("aileron.db"));
    check(&Store::open(&database).await.unwrap()).await;
}

#[tokio::test]
async fn postgresql_finds_what_events_are_about_by_index() {
    let database = Cluster::shared().database().unwrap().parse().unwrap();
    check(&Store::open(&database).await.unwrap()).await;
}
