//! Every list has an index: what the database's planner says of each query.

use aileron_idl::admin::{MatchableResource, Sort, sort};
use aileron_idl::core::{NodeExecutionIdentifier, ResourceType, WorkflowExecutionIdentifier};

use super::catalog::{artifacts, datasets};
use super::filter::{Filter, Table};
use super::node_executions::Below;
use super::page::Page;
use super::sql::Query;
use super::{Database, Scope, Store};
use super::{
    attributes, description_entities, executions, launch_plans, named_entities, names_query, node_executions,
    outbox, projects, task_executions, tasks, workflows,
};
use crate::clock;

struct Planner {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Planner {
    async fn new() -> Planner {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Database::Sqlite(folder.path().join("aileron.db"))).await.unwrap();
        Planner { store, _folder: folder }
    }

    /// No table is read whole, and where `sorted` no page is sorted after reading.
    async fn check(&self, query: Query, sorted: bool) -> String {
        let sql = format!("EXPLAIN QUERY PLAN {}", query.text());
        let steps: Vec<(i64, i64, i64, String)> =
            Query::new(sql.clone()).fetch_all(self.store.readers()).await.unwrap();
        let steps: Vec<String> = steps.into_iter().map(|(_, _, _, step)| step).collect();
        for step in &steps {
            let is_table = step.starts_with("SCAN ") && !step.ends_with("first_of_phase");
            let scan = is_table && !step.contains("INDEX");
            let sort = step.contains("TEMP B-TREE");
            assert!(!(scan || sort && sorted), "{sql}\n{}", steps.join("\n"));
        }
        steps.join("\n")
    }
}

fn newest(table: &Table) -> Page {
    let sort = Sort { key: "created_at".to_owned(), direction: sort::Direction::Descending as i32 };
    Page::parse(table, 100, "", Some(&sort)).unwrap()
}

fn pages(table: &Table) -> [Page; 2] {
    [Page::parse(table, 100, "", None).unwrap(), newest(table)]
}

fn scopes() -> [Scope; 2] {
    ["", "name"].map(|name| Scope { project: "p".into(), domain: "d".into(), name: name.into() })
}

fn execution() -> WorkflowExecutionIdentifier {
    WorkflowExecutionIdentifier {
        project: "p".into(),
        domain: "d".into(),
        name: "e".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn registered_entities_are_listed_by_index() {
    let planner = Planner::new().await;
    for scope in scopes() {
        for page in pages(&tasks::TABLE) {
            planner.check(tasks::query(&scope, &Filter::none(), &page), true).await;
        }
        for page in pages(&workflows::TABLE) {
            planner.check(workflows::query(&scope, &Filter::none(), &page), true).await;
        }
        for page in pages(&launch_plans::TABLE) {
            planner.check(launch_plans::query(&scope, false, &Filter::none(), &page), true).await;
            planner.check(launch_plans::query(&scope, true, &Filter::none(), &page), false).await;
            let filter = Filter::parse(&launch_plans::TABLE, "eq(workflow.name,w)").unwrap();
            planner.check(launch_plans::query(&scope, false, &filter, &page), false).await;
        }
        for table in [&tasks::TABLE, &workflows::TABLE, &launch_plans::TABLE] {
            let page = Page::of_names(table, 100, "", None).unwrap();
            planner.check(names_query(table, &scope, &page), true).await;
        }
    }
    let all_names = Page::parse(&named_entities::TABLE, 100, "", None).unwrap();
    let query = named_entities::query(ResourceType::Task, &scopes()[0], &Filter::none(), &all_names);
    planner.check(query, true).await;
    for page in pages(&description_entities::TABLE) {
        let query = description_entities::query(ResourceType::Task, &scopes()[1], &Filter::none(), &page);
        planner.check(query, true).await;
    }
    let page = Page::unlimited(&projects::TABLE, 100, "", None).unwrap();
    planner.check(projects::query(&Filter::none(), true, None, &page), true).await;
}

#[tokio::test]
async fn executions_are_listed_by_index() {
    let planner = Planner::new().await;
    for (filter, sorted) in [
        ("", true),
        ("eq(phase,FAILED)", true),
        ("eq(state,1)", true),
        ("value_in(phase,FAILED;ABORTED)", false),
        ("eq(workflow.name,w)", false),
        ("eq(launch_plan.name,w)+eq(phase,FAILED)", false),
        ("eq(task.name,w)", false),
        ("eq(admin_tag.name,red)", true),
        ("eq(execution_tag.key,k)+eq(execution_tag.value,v)", true),
        ("gte(created_at,2026-01-01T00:00:00Z)", true),
        ("contains(name,x)+eq(user,me)", true),
    ] {
        let filter = Filter::parse(&executions::TABLE, filter).unwrap();
        for page in pages(&executions::TABLE) {
            planner.check(executions::query("p", "d", &filter, &page), sorted).await;
        }
    }
}

#[tokio::test]
async fn attributes_and_running_executions_are_found_by_index() {
    let planner = Planner::new().await;
    let place = attributes::Place { project: "p".into(), domain: "d".into(), workflow: "w".into() };
    planner.check(attributes::matching_query(&place), false).await;
    planner.check(attributes::list_query(MatchableResource::TaskResource), false).await;
    let steps = planner.check(Query::new(executions::LIVE), true).await;
    assert!(steps.contains("executions_live"), "{steps}");
    let steps = planner.check(Query::new(executions::ALL_LIVE), true).await;
    assert!(steps.contains("executions_live"), "{steps}");
    let steps = planner.check(Query::new(executions::ALL_WAITING), true).await;
    assert!(steps.contains("executions_handover"), "{steps}");
    let under_way = outbox::under_way_query("c", &clock::now(), 1, 1000);
    let steps = planner.check(under_way, true).await;
    assert!(steps.contains("executions_under_way"), "{steps}");
}

#[tokio::test]
async fn the_catalog_is_listed_by_index() {
    let planner = Planner::new().await;
    for page in pages(&datasets::TABLE) {
        for field in ["name", "project"] {
            let mut filter = Filter::none();
            planner.check(datasets::query(&filter, &page), true).await;
            filter.require(&datasets::TABLE, vec![(field, "x".to_owned())]).unwrap();
            planner.check(datasets::query(&filter, &page), false).await;
        }
    }
    for page in pages(&artifacts::TABLE) {
        let mut filter = Filter::none();
        planner.check(artifacts::query(1, &filter, &page), true).await;
        filter.require(&artifacts::TABLE, vec![("tag.name", "x".to_owned())]).unwrap();
        for key in ["day", "hour"] {
            let texts = vec![("partition.key", key.to_owned()), ("partition.value", "1".to_owned())];
            filter.require(&artifacts::TABLE, texts).unwrap();
        }
        planner.check(artifacts::query(1, &filter, &page), true).await;
    }
}

#[tokio::test]
async fn nodes_and_attempts_are_listed_by_index() {
    let planner = Planner::new().await;
    let filters = ["", "eq(phase,FAILED)", "eq(execution.phase,RUNNING)"];
    for filter in filters {
        let of_nodes = Filter::parse(&node_executions::TABLE, filter).unwrap();
        for page in pages(&node_executions::TABLE) {
            for (below, sorted) in [
                (Below::Nothing, true),
                (Below::Node(1), true),
                (Below::Attempt(1), false),
                (Below::Anything, false),
            ] {
                let pool = planner.store.readers();
                let query = node_executions::query(pool, &execution(), below, &of_nodes, &page);
                planner.check(query, sorted).await;
            }
        }
        let of_attempts = Filter::parse(&task_executions::TABLE, filter).unwrap();
        let node = NodeExecutionIdentifier { execution_id: Some(execution()), node_id: "n0".into() };
        for page in pages(&task_executions::TABLE) {
            planner.check(task_executions::query(&node, &of_attempts, &page), true).await;
        }
    }
}
