//! Who runs when, and how events get out.

use std::sync::atomic::Ordering;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, lines_of};

/// The most that ran at once, from a file of `+` and `-`.
fn most_at_once(marks: &[String]) -> i32 {
    let running = marks.iter().scan(0, |running, mark| {
        *running += if mark == "+" { 1 } else { -1 };
        Some(*running)
    });
    running.max().unwrap()
}

#[tokio::test]
async fn a_fan_out_uses_every_slot_and_no_more() {
    let machine = Machine::with_slots(3);
    let driver = machine.open().await;
    let marks = machine.file("marks");
    let script = format!("echo + >> {0}; sleep 0.05; echo - >> {0}; {PASS_ON}", marks.display());
    driver.start(machine.workflow("e", Flow::fan_out(12, &script)).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    let marks = lines_of(&marks);
    assert_eq!((marks.len(), most_at_once(&marks)), (24, 3));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_small_execution_does_not_wait_for_a_large_one() {
    let machine = Machine::with_slots(1);
    let driver = machine.open().await;
    let order = machine.file("order");
    let script = |name: &str| format!("echo {name} >> {}; {PASS_ON}", order.display());
    let (large, small) = (Flow::fan_out(20, &script("large")), Flow::fan_out(1, &script("small")));
    driver.start(machine.workflow("large", large).await).await.unwrap();
    machine.sink.wait_for("large", "n0/0 RUNNING").await;
    driver.start(machine.workflow("small", small).await).await.unwrap();
    machine.sink.wait_for("small", "run SUCCEEDED").await;
    machine.sink.wait_for("large", "run SUCCEEDED").await;
    let order = lines_of(&order);
    let place = order.iter().position(|name| name == "small").unwrap();
    assert!(place < 19, "{place} of {}", order.len());
    driver.shutdown().await;
}

#[tokio::test]
async fn a_sink_that_does_not_answer_loses_nothing() {
    let machine = Machine::new();
    machine.sink.put_off.store(4, Ordering::SeqCst);
    let driver = machine.open().await;
    driver.start(machine.workflow("e", Flow::chain(&[PASS_ON])).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!((lines.len(), lines[0].as_str()), (12, "run RUNNING"));
    driver.shutdown().await;
}

#[tokio::test]
async fn an_execution_that_is_started_twice_runs_once() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let ran = machine.file("ran");
    let script = format!("echo ran >> {}; {PASS_ON}", ran.display());
    let workflow = machine.workflow("e", Flow::chain(&[&script])).await;
    driver.start(workflow.clone()).await.unwrap();
    driver.start(workflow.clone()).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    driver.start(workflow).await.unwrap();
    driver.shutdown().await;
    assert_eq!(lines_of(&ran), ["ran"]);
}
