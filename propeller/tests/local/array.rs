//! The same for each item of a list.

use std::collections::BTreeSet;
use std::time::Duration;

use aileron_crd::ExecutionEvent;
use aileron_idl::core::workflow_execution;
use prost::Message;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, integer, is_alive, lines_of, until};

const ANY: u32 = 0;

async fn map(values: impl IntoIterator<Item = i64>, script: &str, at_once: u32, needed: f32) -> Machine {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = Flow::default().map("n0", script, at_once, needed, "start-node");
    let workflow = machine.workflow("e", flow).await;
    machine.give_list("e", values).await;
    driver.start(workflow).await.unwrap();
    machine.sink.wait_for("e", "end-node SUCCEEDED").await;
    driver.shutdown().await;
    machine
}

/// The names and phases of an array's items, as they were told.
fn items(machine: &Machine) -> BTreeSet<(String, u32, i32)> {
    let tasks = machine.sink.events().into_iter().filter_map(|event| match event {
        ExecutionEvent::Task(event) => event.metadata,
        _ => None,
    });
    let parts = tasks.flat_map(|metadata| metadata.external_resources);
    parts.map(|part| (part.external_id, part.index, part.phase)).collect()
}

#[tokio::test]
async fn each_item_has_its_place_in_the_outputs() {
    let machine = map([5, 3, 9, 3], PASS_ON, 2, 1.0).await;
    assert_eq!(machine.output_list("e").await, [Some(5), Some(3), Some(9), Some(3)]);
    let told: Vec<_> = items(&machine).into_iter().map(|(name, index, _)| (name, index)).collect();
    let names: Vec<_> = (0..4).map(|item| (format!("e-n0-0-n{item}-0"), item)).collect();
    let told: BTreeSet<_> = told.into_iter().collect();
    assert_eq!(told, names.into_iter().collect());
}

/// The items' scripts take their numbers from files that lie there, by the index.
#[tokio::test]
async fn a_task_that_is_a_map_by_itself_runs_for_each_item() {
    let machine = Machine::new();
    for (item, value) in [40, 50, 60].into_iter().enumerate() {
        std::fs::write(machine.file(&format!("item{item}")), integer(value).encode_to_vec()).unwrap();
    }
    let numbers = machine.file("item").display().to_string();
    let script = format!(
        "i=$FLYTE_K8S_ARRAY_INDEX; [ $i = 1 ] && exit 1; mkdir -p $out/$i; cp {numbers}$i $out/$i/outputs.pb"
    );
    let driver = machine.open().await;
    let custom = [("parallelism", 2.0), ("minSuccessRatio", 0.5)];
    let flow = Flow::default().old_map("n0", &script, &custom, "start-node");
    let workflow = machine.workflow("e", flow).await;
    machine.give_list("e", [1, 2, 3]).await;
    driver.start(workflow).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.output_list("e").await, [Some(40), None, Some(60)]);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_map_over_nothing_gives_nothing() {
    assert_eq!(map([], PASS_ON, ANY, 1.0).await.output_list("e").await, []);
}

#[tokio::test]
async fn an_item_that_may_fail_leaves_nothing() {
    let script = format!("[ $FLYTE_K8S_ARRAY_INDEX = 1 ] && exit 1; {PASS_ON}");
    assert_eq!(map([5, 6, 7], &script, ANY, 0.5).await.output_list("e").await, [Some(5), None, Some(7)]);
}

#[tokio::test]
async fn a_map_that_cannot_succeed_any_more_ends_its_items() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let pids = machine.file("pids");
    let wait = format!("echo $$ >> {}; sleep 600", pids.display());
    let script = format!(
        "if [ $FLYTE_K8S_ARRAY_INDEX = 2 ]; then until [ $(wc -l < {}) = 2 ]; do sleep 0.01; done; exit 3; fi; {wait}",
        pids.display()
    );
    let flow = Flow::default().map("n0", &script, ANY, 1.0, "start-node");
    let workflow = machine.workflow("e", flow).await;
    machine.give_list("e", 0..3).await;
    driver.start(workflow).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.run_error();
    assert!(error.message.starts_with("[2]: "), "{}", error.message);
    until("no process is left", || !lines_of(&pids).iter().any(|pid| is_alive(pid))).await;
    driver.shutdown().await;
}

#[tokio::test]
async fn an_abort_ends_all_items() {
    let machine = Machine::with_slots(2);
    let driver = machine.open().await;
    let pids = machine.file("pids");
    let script = format!("echo $$ >> {}; sleep 600", pids.display());
    let flow = Flow::default().map("n0", &script, ANY, 1.0, "start-node");
    let workflow = machine.workflow("e", flow).await;
    machine.give_list("e", 0..5).await;
    driver.start(workflow).await.unwrap();
    until("two items run", || lines_of(&pids).len() == 2).await;
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    let lines = machine.sink.wait_for("e", "run ABORTED").await;
    assert!(lines.contains(&"n0/0 ABORTED".to_owned()), "{lines:#?}");
    until("no process is left", || !lines_of(&pids).iter().any(|pid| is_alive(pid))).await;
    assert_eq!(lines_of(&pids).len(), 2, "what waited for a slot never ran");
    driver.shutdown().await;
}

#[test]
fn a_crash_runs_no_item_again_that_has_ended() {
    let machine = Machine::with_slots(2);
    let (ran, go) = (machine.file("ran"), machine.file("go"));
    let script = format!(
        "echo $FLYTE_K8S_ARRAY_INDEX >> {}; \
         if [ $FLYTE_K8S_ARRAY_INDEX -ge 70 ]; then until [ -e {} ]; do sleep 0.01; done; fi; {PASS_ON}",
        ran.display(),
        go.display()
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let driver = machine.open().await;
        let flow = Flow::default().map("n0", &script, 2, 1.0, "start-node");
        let workflow = machine.workflow("e", flow).await;
        machine.give_list("e", 0..90).await;
        driver.start(workflow).await.unwrap();
        until("two items wait", || lines_of(&ran).len() == 72).await;
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
    std::fs::write(&go, "").unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let driver = machine.open().await;
        machine.sink.wait_for("e", "run SUCCEEDED").await;
        assert_eq!(machine.output_list("e").await, (0..90).map(Some).collect::<Vec<_>>());
        driver.shutdown().await;
    });
    let mut ran: Vec<u32> = lines_of(&ran).iter().map(|line| line.parse().unwrap()).collect();
    ran.sort_unstable();
    assert_eq!(ran, (0..90).collect::<Vec<_>>());
}

#[tokio::test]
async fn launch_plans_run_as_executions_with_names_of_their_own() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let workflow = machine.workflow("e", Flow::default().map_launch("n0", "plan", "start-node")).await;
    machine.give_list("e", [4, 5]).await;
    driver.start(workflow).await.unwrap();
    until("both are launched", || machine.control.names().len() == 2).await;
    for name in machine.control.names() {
        machine.control.end(&name, workflow_execution::Phase::Succeeded, None);
    }
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert!(lines.contains(&"n0-0-n1 SUCCEEDED".to_owned()), "{lines:#?}");
    let names: BTreeSet<_> = machine.control.names().into_iter().collect();
    assert_eq!(names, ["e-n0-0-n0-0".to_owned(), "e-n0-0-n1-0".to_owned()].into());
    // They have ended well and left nothing.
    assert_eq!(machine.output_list("e").await, [None, None]);
    driver.shutdown().await;
}
