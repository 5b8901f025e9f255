//! Outputs that are taken from the cache, put there, or waited for.

use std::sync::atomic::Ordering;

use aileron_crd::{ExecutionEvent, FlyteWorkflow};
use aileron_idl::core::catalog_metadata::SourceExecution;
use aileron_idl::core::catalog_reservation::Status as Reserved;
use aileron_idl::core::execution_error::ErrorKind;
use aileron_idl::core::{CatalogCacheStatus as Status, CatalogMetadata, node_execution};
use aileron_idl::event::TaskNodeMetadata;
use aileron_idl::event::node_execution_event::TargetMetadata;
use aileron_propeller::local::LocalDriver;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, integer, is_alive, lines_of, until};

/// A task that notes that it ran.
fn counted(machine: &Machine) -> Flow {
    let script = format!("echo ran >> {}; {PASS_ON}", machine.file("ran").display());
    Flow::chain(&[&script]).cached(true)
}

async fn run(machine: &Machine, driver: &LocalDriver, name: &str) {
    let workflow = machine.workflow(name, counted(machine)).await;
    driver.start(workflow).await.unwrap();
    machine.sink.wait_for(name, "run SUCCEEDED").await;
    assert_eq!(machine.outputs(name).await, integer(7));
}

fn runs(machine: &Machine) -> usize {
    lines_of(&machine.file("ran")).len()
}

/// What the events of n0 in a phase tell of the cache.
fn told(machine: &Machine, execution: &str, phase: node_execution::Phase) -> TaskNodeMetadata {
    let found = machine.sink.events().into_iter().find_map(|event| match event {
        ExecutionEvent::Node(event) => {
            let id = event.id.clone()?;
            let fits = id.node_id == "n0" && id.execution_id?.name == execution && event.phase() == phase;
            match event.target_metadata.filter(|_| fits)? {
                TargetMetadata::TaskNodeMetadata(metadata) => Some(metadata),
                TargetMetadata::WorkflowNodeMetadata(_) => None,
            }
        }
        _ => None,
    });
    found.unwrap()
}

fn end(machine: &Machine, execution: &str) -> TaskNodeMetadata {
    told(machine, execution, node_execution::Phase::Succeeded)
}

fn source(metadata: TaskNodeMetadata) -> Option<(String, String)> {
    let CatalogMetadata { source_execution, .. } = metadata.catalog_key?;
    let SourceExecution::SourceTaskExecution(task) = source_execution?;
    let node = task.node_execution_id?;
    Some((node.execution_id?.name, node.node_id))
}

#[tokio::test]
async fn what_was_computed_once_is_taken_from_the_cache() {
    let machine = Machine::new();
    let driver = machine.open().await;
    run(&machine, &driver, "first").await;
    run(&machine, &driver, "second").await;
    assert_eq!(runs(&machine), 1);
    let queued = told(&machine, "first", node_execution::Phase::Queued);
    assert_eq!(queued.cache_status(), Status::CacheMiss);
    assert_eq!(queued.reservation_status(), Reserved::ReservationAcquired);
    let first = end(&machine, "first");
    assert_eq!(first.cache_status(), Status::CachePopulated);
    assert_eq!(first.reservation_status(), Reserved::ReservationReleased);
    let second = end(&machine, "second");
    assert_eq!((second.cache_status(), second.checkpoint_uri.as_str()), (Status::CacheHit, ""));
    let tags = (first.catalog_key.clone(), second.catalog_key.clone());
    let tag = |key: Option<CatalogMetadata>| key.unwrap().artifact_tag.unwrap();
    assert_eq!(tag(tags.0), tag(tags.1));
    assert_eq!(source(second), Some(("first".into(), "n0".into())));
    let lines = machine.sink.lines("second");
    let told: Vec<_> = lines.iter().filter(|line| line.starts_with("n0")).collect();
    assert_eq!(told, ["n0 SUCCEEDED"]);
    driver.shutdown().await;
}

#[tokio::test]
async fn an_execution_may_replace_what_the_cache_has() {
    let machine = Machine::new();
    let driver = machine.open().await;
    run(&machine, &driver, "first").await;
    let workflow = machine.workflow("second", counted(&machine)).await;
    let mut config = workflow.execution_config.clone();
    config.overwrite_cache = true;
    driver.start(FlyteWorkflow { execution_config: config, ..workflow }).await.unwrap();
    machine.sink.wait_for("second", "run SUCCEEDED").await;
    assert_eq!(runs(&machine), 2);
    let queued = told(&machine, "second", node_execution::Phase::Queued);
    assert_eq!(queued.cache_status(), Status::CacheSkipped);
    run(&machine, &driver, "third").await;
    assert_eq!(runs(&machine), 2);
    assert_eq!(source(end(&machine, "third")), Some(("second".into(), "n0".into())));
    driver.shutdown().await;
}

#[tokio::test]
async fn of_those_who_would_compute_the_same_one_does() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let names: Vec<String> = (0..6).map(|number| format!("e{number}")).collect();
    futures::future::join_all(names.iter().map(|name| run(&machine, &driver, name))).await;
    assert_eq!(runs(&machine), 1);
    let hits = names.iter().filter(|name| end(&machine, name).cache_status() == Status::CacheHit);
    assert_eq!(hits.count(), 5);
    driver.shutdown().await;
}

/// A run goes well, and tells that the cache was of no use.
async fn is_done_without(machine: &Machine, driver: LocalDriver) {
    run(machine, &driver, "e").await;
    let queued = told(machine, "e", node_execution::Phase::Queued);
    assert_eq!(queued.cache_status(), Status::CacheLookupFailure);
    assert_eq!(end(machine, "e").cache_status(), Status::CachePutFailure);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_cache_that_does_not_answer_fails_no_run() {
    let machine = Machine::new();
    let driver = machine.open().await;
    machine.control.catalog.away.store(true, Ordering::SeqCst);
    is_done_without(&machine, driver).await;
}

#[tokio::test]
async fn code_that_panics_beside_the_cache_fails_no_run() {
    let machine = Machine::new();
    let driver = machine.open().await;
    machine.control.catalog.panics.store(usize::MAX, Ordering::SeqCst);
    is_done_without(&machine, driver).await;
}

/// The catalog is told every few seconds that the task goes on.
#[tokio::test]
async fn what_runs_is_ended_when_the_code_beside_it_panics_and_tried_again() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let pids = machine.file("pids");
    let first = "[ $FLYTE_ATTEMPT_NUMBER = 1 ] || exec sleep 600";
    let script = format!("echo $$ >> {}; {first}; {PASS_ON}", pids.display());
    driver.start(machine.workflow("e", Flow::chain(&[&script]).cached(true)).await).await.unwrap();
    until("the task runs", || lines_of(&pids).len() == 1).await;
    machine.control.catalog.panics.store(1, Ordering::SeqCst);
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    let error = machine.sink.attempt_error(0);
    assert_eq!((error.kind(), error.code.as_str()), (ErrorKind::System, "InternalError"));
    assert!(error.message.contains("the catalog stumbles"), "{}", error.message);
    assert!(!is_alive(&lines_of(&pids)[0]));
    driver.shutdown().await;
}

/// The tag of the one entry, and nothing in the cache.
async fn tag(machine: &Machine, driver: &LocalDriver) -> String {
    run(machine, driver, "before").await;
    let tag = machine.control.catalog.tags().remove(0);
    machine.control.catalog.clear();
    tag
}

#[tokio::test]
async fn a_node_waits_for_another_until_that_gives_up() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let tag = tag(&machine, &driver).await;
    machine.control.catalog.reserve_for(&tag, Some("another"));
    driver.start(machine.workflow("e", counted(&machine)).await).await.unwrap();
    machine.sink.wait_for("e", "n0 QUEUED").await;
    let queued = told(&machine, "e", node_execution::Phase::Queued);
    assert_eq!(queued.reservation_status(), Reserved::ReservationExists);
    driver.shutdown().await;
    drop(driver);
    let driver = machine.open().await;
    assert_eq!(runs(&machine), 1);
    machine.control.catalog.reserve_for(&tag, None);
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(runs(&machine), 2);
    let queued = machine.sink.lines("e").into_iter().filter(|line| line == "n0 QUEUED");
    assert_eq!(queued.count(), 1);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_node_that_waits_for_another_can_be_aborted() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let tag = tag(&machine, &driver).await;
    machine.control.catalog.reserve_for(&tag, Some("another"));
    let workflow = machine.workflow("e", counted(&machine)).await;
    let execution = workflow.execution_id.clone();
    driver.start(workflow).await.unwrap();
    machine.sink.wait_for("e", "n0 QUEUED").await;
    driver.abort(execution, "enough".into()).await.unwrap();
    machine.sink.wait_for("e", "run ABORTED").await;
    assert_eq!(runs(&machine), 1);
    assert_eq!(machine.control.catalog.holder(&tag).as_deref(), Some("another"));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_node_that_fails_lets_others_try() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", Flow::chain(&["exit 3"]).cached(true)).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    until("no reservation is left", || machine.control.catalog.reservations() == 0).await;
    assert!(machine.control.catalog.tags().is_empty());
    driver.shutdown().await;
}
