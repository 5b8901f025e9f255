//! Tasks that make workflows while they run.

use std::time::Duration;

use aileron_propeller::local::LocalDriver;
use prost::Message;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, integer, is_alive, lines_of, until};

/// Runs a task that leaves these bytes as the workflow that it makes.
async fn run(machine: &Machine, spec: &[u8]) -> LocalDriver {
    let driver = machine.open().await;
    let flow = Flow::chain(&[&machine.makes("spec", spec), PASS_ON]);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    driver
}

async fn fails_with(spec: &[u8], code: &str, parts: &[&str]) {
    let machine = Machine::new();
    let driver = run(&machine, spec).await;
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.run_error();
    assert_eq!(error.code, code, "{}", error.message);
    let missing: Vec<_> = parts.iter().filter(|part| !error.message.contains(**part)).collect();
    assert!(missing.is_empty(), "{missing:?} not in {}", error.message);
    driver.shutdown().await;
}

#[tokio::test]
async fn the_outputs_of_what_a_task_made_are_its_own() {
    let machine = Machine::new();
    let spec = Flow::chain(&[PASS_ON, PASS_ON]).job_spec().encode_to_vec();
    let driver = run(&machine, &spec).await;
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.outputs("e").await, integer(7));
    let of_n0: Vec<_> =
        lines.iter().filter(|line| line.starts_with("n0 ") || line.starts_with("n0/")).collect();
    let told =
        ["QUEUED", "/0 QUEUED", "/0 RUNNING", "RUNNING", "/0 SUCCEEDED", "DYNAMIC_RUNNING", "SUCCEEDED"];
    let told: Vec<_> =
        told.map(|end| format!("n0{}{end}", if end.starts_with('/') { "" } else { " " })).into();
    assert_eq!(of_n0, told.iter().collect::<Vec<_>>());
    assert!(lines.contains(&"n0-0-n1/0 SUCCEEDED".to_owned()), "{lines:#?}");
    driver.shutdown().await;
}

#[tokio::test]
async fn a_broken_graph_is_told_with_its_place() {
    let mut spec = Flow::chain(&[PASS_ON, PASS_ON]).job_spec();
    spec.nodes[0].upstream_node_ids = vec!["n1".into()];
    fails_with(&spec.encode_to_vec(), "DynamicWorkflowBuildFailed", &["CycleDetected", "n0"]).await;
    let mut spec = Flow::chain(&[PASS_ON]).job_spec();
    spec.tasks.clear();
    fails_with(&spec.encode_to_vec(), "DynamicWorkflowBuildFailed", &["TaskReferenceNotFound", "n0"]).await;
    let gone = Flow::chain(&[PASS_ON]).launch("n1", "gone", "n0").job_spec();
    fails_with(&gone.encode_to_vec(), "DynamicWorkflowBuildFailed", &["gone"]).await;
}

#[tokio::test]
async fn a_workflow_that_is_cut_in_half_is_told() {
    let spec = Flow::chain(&[PASS_ON]).job_spec().encode_to_vec();
    let code = "RetriesExhausted|MalformedDynamicWorkflow";
    fails_with(&spec[..spec.len() / 2], code, &["futures.pb", "cut short"]).await;
}

#[tokio::test]
async fn a_task_that_makes_itself_without_end_is_stopped() {
    let machine = Machine::new();
    let script = machine.makes("spec", b"");
    let spec = Flow::chain(&[&script]).job_spec().encode_to_vec();
    let driver = run(&machine, &spec).await;
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.run_error();
    assert_eq!(error.code, "DynamicNestingTooDeep");
    assert!(
        error.message.contains("more than 64") && error.message.contains("condition"),
        "{}",
        error.message
    );
    driver.shutdown().await;
}

#[tokio::test]
async fn an_abort_ends_what_a_task_made() {
    let machine = Machine::new();
    let pids = machine.file("pids");
    let script = format!("echo $$ >> {}; sleep 600", pids.display());
    let driver = run(&machine, &Flow::fan_out(2, &script).job_spec().encode_to_vec()).await;
    until("two tasks run", || lines_of(&pids).len() == 2).await;
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    let lines = machine.sink.wait_for("e", "run ABORTED").await;
    let aborted = |id: &str| lines.contains(&format!("{id} ABORTED"));
    assert!(["n0", "n0-0-n0", "n0-0-n1"].into_iter().all(aborted), "{lines:#?}");
    until("no process is left", || !lines_of(&pids).iter().any(|pid| is_alive(pid))).await;
    driver.shutdown().await;
}

#[test]
fn what_a_task_made_goes_on_after_a_crash() {
    let machine = Machine::new();
    let (ran, go) = (machine.file("ran"), machine.file("go"));
    let wait = format!("until [ -e {} ]; do sleep 0.01; done", go.display());
    let inner = format!("echo inner >> {}; {wait}; {PASS_ON}", ran.display());
    let spec = Flow::chain(&[&inner, PASS_ON]).job_spec().encode_to_vec();
    let outer = format!("echo outer >> {}; {}", ran.display(), machine.makes("spec", &spec));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let driver = machine.open().await;
        driver.start(machine.workflow("e", Flow::chain(&[&outer, PASS_ON])).await).await.unwrap();
        machine.sink.wait_for("e", "n0-0-n0/0 RUNNING").await;
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let driver = machine.open().await;
        std::fs::write(&go, "").unwrap();
        machine.sink.wait_for("e", "run SUCCEEDED").await;
        assert_eq!(machine.outputs("e").await, integer(7));
        driver.shutdown().await;
    });
    assert_eq!(lines_of(&ran), ["outer", "inner"]);
}
