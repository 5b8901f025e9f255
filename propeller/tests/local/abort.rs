//! Ending runs on request.

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
