//! Whatever comes between two pages, a list has what was there from the beginning exactly once.

use std::collections::BTreeSet;

use aileron_idl::admin::{NodeExecution, NodeExecutionClosure, Sort, sort};
use aileron_idl::core::{NodeExecutionIdentifier, WorkflowExecutionIdentifier, node_execution::Phase};
use aileron_test_postgres::Cluster;
use prost_types::{Duration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::filter::Filter;
use super::node_executions::{self, Below, NodeRow, Parent, TABLE};
use super::page::Page;
use super::{Database, Store, StoreError};

/// Texts, instants and numbers; some may be nothing, most are shared by many rows.
const KEYS: [&str; 6] = ["created_at", "node_id", "phase", "started_at", "duration", "id"];
const ROUNDS: u64 = 8;

fn execution(name: &str) -> WorkflowExecutionIdentifier {
    let text = str::to_owned;
    WorkflowExecutionIdentifier {
        project: text("p"),
        domain: text("d"),
        name: text(name),
        ..Default::default()
    }
}

/// A node whose columns have few values.
fn node(execution: &WorkflowExecutionIdentifier, random: &mut StdRng) -> NodeRow {
    let seconds = random.random_range(0..4i64);
    let started = random.random_bool(0.7);
    let closure = NodeExecutionClosure {
        phase: random.random_range(Phase::Queued as i32..=Phase::Succeeded as i32),
        created_at: Some(Timestamp { seconds, nanos: 0 }),
        started_at: started.then_some(Timestamp { seconds, nanos: 5 }),
        duration: started.then_some(Duration { seconds, nanos: 0 }),
        ..Default::default()
    };
    // Letters that a language's rules would sort otherwise than their bytes.
    let letter = ['a', 'B', 'ä', '-', 'Z'][random.random_range(0..5)];
    let node_id = format!("{letter}{}", random.random::<u32>());
    let id = NodeExecutionIdentifier { node_id, execution_id: Some(execution.clone()) };
    let node = NodeExecution { id: Some(id), closure: Some(closure), ..Default::default() };
    NodeRow { key: None, parent: Parent::None, dynamic_workflow: None, node }
}

async fn insert(store: &Store, rows: Vec<NodeRow>) {
    let saved: Result<(), StoreError> = store
        .write(move |db| {
            Box::pin(async move {
                let rows: Vec<&NodeRow> = rows.iter().collect();
                node_executions::save_all(db, &rows).await
            })
        })
        .await;
    saved.unwrap();
}

fn name(row: &NodeRow) -> String {
    row.node.id.clone().unwrap().node_id
}

/// One walk through a list in one order, with rows coming between its pages.
async fn walk(store: &Store, key: &str, direction: sort::Direction, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let execution = execution(&format!("{key}-{}-{seed}", direction as i32).replace('_', ""));
    let first: Vec<NodeRow> = (0..25).map(|_| node(&execution, &mut random)).collect();
    let known: BTreeSet<String> = first.iter().map(name).collect();
    insert(store, first).await;
    let sort = Sort { key: key.to_owned(), direction: direction as i32 };
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = Page::parse(&TABLE, random.random_range(1..9), &token, Some(&sort)).unwrap();
        let all = Filter::none();
        let found = node_executions::list(store.readers(), &execution, Below::Nothing, &all, &page);
        let found = found.await.unwrap();
        seen.extend(found.rows.iter().map(name));
        token = found.token;
        if token.is_empty() {
            break;
        }
        let fresh = (0..random.random_range(0..3)).map(|_| node(&execution, &mut random));
        insert(store, fresh.collect()).await;
    }
    let once: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!(once.len(), seen.len(), "{key} {direction:?} {seed}: {seen:?}");
    assert!(known.is_subset(&once), "{key} {direction:?} {seed}: {:?}", known.difference(&once));
}

async fn check(store: &Store) {
    for key in KEYS {
        for direction in [sort::Direction::Ascending, sort::Direction::Descending] {
            for seed in 0..ROUNDS {
                walk(store, key, direction, seed).await;
            }
        }
    }
}

#[tokio::test]
async fn pages_of_sqlite_neither_skip_nor_repeat() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::Sqlite(folder.path().join("aileron.db"));
    check(&Store::open(&database).await.unwrap()).await;
}

#[tokio::test]
async fn pages_of_postgresql_neither_skip_nor_repeat() {
    let database = Cluster::shared().database().unwrap().parse().unwrap();
    check(&Store::open(&database).await.unwrap()).await;
}
