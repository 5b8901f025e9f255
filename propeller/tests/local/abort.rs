//! Ending runs on request.

use aileron_idl::core::SignalCondition;
use aileron_idl::core::gate_node::Condition;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, is_alive, lines_of, until};

#[tokio::test]
async fn an_abort_leaves_no_process() {
    let machine = Machine::with_slots(2);
    let driver = machine.open().await;
    let pids = machine.file("pids");
    let script = format!("sleep 600 & echo $! >> {0}; echo $$ >> {0}; wait", pids.display());
    driver.start(machine.workflow("e", Flow::fan_out(3, &script)).await).await.unwrap();
    until("two tasks run", || lines_of(&pids).len() == 4).await;
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    let lines = machine.sink.wait_for("e", "run ABORTED").await;
    assert_eq!(machine.sink.run_error().message, "enough");
    assert_eq!(lines.iter().filter(|line| line.ends_with("/0 ABORTED")).count(), 3, "{lines:#?}");
    until("no process is left", || !lines_of(&pids).iter().any(|pid| is_alive(pid))).await;
    assert_eq!(lines_of(&pids).len(), 4, "what waited for a slot never ran");
    driver.shutdown().await;
}

/// A run of each kind of node, and what is told of it when the abort comes.
fn kinds(lasting: &str) -> Vec<(&'static str, Flow, &'static str)> {
    let signal = Condition::Signal(SignalCondition { signal_id: "s".into(), ..Default::default() });
    let task = || Flow::default().shell("t0", lasting, "start-node");
    let failing = Flow::chain(&["exit 1"]).on_failure(lasting);
    let nested = Flow::default().nest("n0", Flow::chain(&["exit 1"]).on_failure(lasting), "start-node");
    vec![
        ("task", task(), "t0/0 RUNNING"),
        ("nested workflow", Flow::default().nest("n0", task(), "start-node"), "n0-0-t0/0 RUNNING"),
        ("branch", Flow::default().branch("n0", &[(7, lasting)], "start-node"), "n0-0-n0-n0/0 RUNNING"),
        ("gate", Flow::default().gate("n0", signal, "start-node"), "n0 RUNNING"),
        ("launch plan", Flow::default().launch("n0", "plan", "start-node"), "n0 RUNNING"),
        ("failure node", failing, "fn0/0 RUNNING"),
        ("nested failure node", nested, "n0-0-fn0/0 RUNNING"),
        ("back-off", Flow::chain(&["kill -9 $$"]), "n0/1 FAILED"),
    ]
}

#[tokio::test]
async fn an_abort_ends_every_kind_of_node_and_stays_so_over_a_restart() {
    let all = kinds("").len();
    for at in 0..all {
        let machine = Machine::new();
        let pids = machine.file("pids");
        let lasting = format!("echo $$ >> {}; sleep 600", pids.display());
        let (kind, flow, line) = kinds(&lasting).swap_remove(at);
        let driver = machine.open().await;
        driver.start(machine.workflow("e", flow).await).await.unwrap();
        machine.sink.wait_for("e", line).await;
        driver.abort(execution("e"), "enough".into()).await.unwrap();
        let told = machine.sink.wait_for("e", "run ABORTED").await;
        until("no process is left", || !lines_of(&pids).iter().any(|pid| is_alive(pid))).await;
        driver.shutdown().await;
        drop(driver);
        machine.open().await.shutdown().await;
        assert_eq!(machine.sink.lines("e"), told, "{kind}: nothing follows an abort");
    }
}

#[tokio::test]
async fn an_abort_of_the_unknown_is_told_and_stands() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.abort(execution("e"), "never mind".into()).await.unwrap();
    driver.abort(execution("e"), "never mind".into()).await.unwrap();
    machine.sink.wait_for("e", "run ABORTED").await;
    driver.start(machine.workflow("e", Flow::chain(&[PASS_ON])).await).await.unwrap();
    driver.shutdown().await;
    assert_eq!(machine.sink.lines("e"), ["run ABORTED"]);
}

#[tokio::test]
async fn an_abort_of_what_has_ended_changes_nothing() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", Flow::chain(&[PASS_ON])).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    driver.abort(execution("e"), "too late".into()).await.unwrap();
    driver.shutdown().await;
    assert_eq!(machine.sink.lines("e"), lines);
}
