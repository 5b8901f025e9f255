//! What takes too long, with real processes.

use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::{SignalCondition, workflow_execution};

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, is_alive, lines_of, until};

/// A script that writes down its process and runs until it is ended.
fn lasting(machine: &Machine) -> String {
    format!("echo $$ >> {}; sleep 600", machine.file("pids").display())
}

async fn nothing_is_alive(machine: &Machine) {
    until("no process is left", || !lines_of(&machine.file("pids")).iter().any(|pid| is_alive(pid))).await;
}

#[tokio::test]
async fn a_gate_that_nobody_opens_fails_in_time() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let condition = Condition::Signal(SignalCondition { signal_id: "s".into(), ..Default::default() });
    let flow = Flow::default().gate("n0", condition, "start-node").timeout(200);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    assert_eq!(machine.sink.run_error().code, "RetriesExhausted|TimeoutExpired");
    driver.shutdown().await;
}

#[tokio::test]
async fn a_nested_workflow_ends_in_time_with_all_that_it_runs() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let inner = Flow::default().shell("i0", &lasting(&machine), "start-node");
    let flow = Flow::default().nest("n0", inner, "start-node").timeout(900);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run FAILED").await;
    assert!(lines.iter().any(|line| line == "n0-0-i0 ABORTED"), "{lines:#?}");
    assert_eq!(machine.sink.run_error().message, "task execution timeout [900ms] expired");
    nothing_is_alive(&machine).await;
    driver.shutdown().await;
}

#[tokio::test]
async fn a_child_execution_is_ended_when_its_node_has_no_more_time() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = Flow::default().launch("n0", "plan", "start-node").timeout(200);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    assert!(machine.control.has_ended("e-n0-0"));
    driver.shutdown().await;
}

#[tokio::test]
async fn an_attempt_that_gets_no_slot_in_time_fails_and_the_other_goes_on() {
    let machine = Machine::with_slots(1);
    let driver = machine.open().await;
    let mut workflow = machine.workflow("e", Flow::fan_out(2, &lasting(&machine))).await;
    workflow.execution_config.queueing_budget_seconds = 1;
    driver.start(workflow).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    assert_eq!(machine.sink.run_error().code, "QueueingBudgetExpired");
    assert_eq!(lines_of(&machine.file("pids")).len(), 1, "what waited never ran");
    nothing_is_alive(&machine).await;
    driver.shutdown().await;
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the driver's clock is the machine's")]
async fn an_execution_ends_in_time_also_over_a_restart() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let accepted = prost_types::Timestamp::from(std::time::SystemTime::now());
    let mut workflow = machine.workflow("e", Flow::chain(&[&lasting(&machine), PASS_ON])).await;
    workflow.accepted_at = accepted.to_string();
    workflow.execution_config.timeout_seconds = 2;
    driver.start(workflow).await.unwrap();
    until("the task runs", || !lines_of(&machine.file("pids")).is_empty()).await;
    driver.shutdown().await;
    drop(driver);
    let driver = machine.open().await;
    let lines = machine.sink.wait_for("e", "run FAILED").await;
    assert!(!lines.contains(&format!("run {}", workflow_execution::Phase::Aborted.as_str_name())));
    assert_eq!(machine.sink.run_error().message, "execution timeout [2s] expired");
    nothing_is_alive(&machine).await;
    driver.shutdown().await;
}
