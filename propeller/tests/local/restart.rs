//! A driver that goes away and comes back.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aileron_propeller::local::LocalDriver;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, integer, is_alive, lines_of, until};

/// Runs until the task runs, then drops the driver with all its threads, as a crash would.
fn crash_while_running(machine: &Arc<Machine>, flow: Flow, running: &Path) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let driver = machine.open().await;
        driver.start(machine.workflow("e", flow).await).await.unwrap();
        until("the task runs", || lines_of(running).len() == 1).await;
        machine.sink.wait_for("e", "n0/0 RUNNING").await;
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
}

fn again<T>(act: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(act)
}

/// A task that notes its process and waits to be let go.
fn patient(machine: &Machine) -> (Flow, std::path::PathBuf, std::path::PathBuf) {
    let (ran, go) = (machine.file("ran"), machine.file("go"));
    let script = format!(
        "echo $$ >> {}; until [ -e {} ]; do sleep 0.01; done; {PASS_ON}",
        ran.display(),
        go.display()
    );
    (Flow::chain(&[&script, PASS_ON]), ran, go)
}

async fn finish(machine: &Machine, driver: LocalDriver) -> Vec<String> {
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.outputs("e").await, integer(7));
    driver.shutdown().await;
    lines
}

#[test]
fn a_task_that_still_runs_is_waited_for() {
    let machine = Arc::new(Machine::new());
    let (flow, ran, go) = patient(&machine);
    crash_while_running(&machine, flow, &ran);
    again(async {
        let driver = machine.open().await;
        std::fs::write(go, "").unwrap();
        finish(&machine, driver).await;
    });
    assert_eq!(lines_of(&ran).len(), 1);
}

#[test]
fn a_task_that_ended_meanwhile_is_read() {
    let machine = Arc::new(Machine::new());
    let (flow, ran, go) = patient(&machine);
    crash_while_running(&machine, flow, &ran);
    std::fs::write(go, "").unwrap();
    again(until("the task ended", || !lines_of(&machine.attempt("e", "n0", 0).join("exit")).is_empty()));
    again(async {
        let driver = machine.open().await;
        finish(&machine, driver).await;
    });
    assert_eq!(lines_of(&ran).len(), 1);
}

#[test]
fn a_task_that_vanished_is_run_again_at_no_cost() {
    let machine = Arc::new(Machine::new());
    let (flow, ran, go) = patient(&machine);
    crash_while_running(&machine, flow, &ran);
    let shell = lines_of(&machine.attempt("e", "n0", 0).join("pid"))[0].clone();
    assert!(std::process::Command::new("kill").args(["-KILL", &shell]).status().unwrap().success());
    let task = lines_of(&ran)[0].clone();
    again(async {
        let driver = machine.open().await;
        until("what the shell left behind is ended", || !is_alive(&task)).await;
        std::fs::write(go, "").unwrap();
        let lines = finish(&machine, driver).await;
        assert!(lines.iter().any(|line| line == "n0/1 SUCCEEDED"), "{lines:#?}");
    });
    assert_eq!(lines_of(&ran).len(), 2);
}

#[test]
fn a_task_of_an_earlier_driver_keeps_its_deadline() {
    let machine = Arc::new(Machine::new());
    let ran = machine.file("ran");
    let script = format!("echo $$ >> {}; exec sleep 1000", ran.display());
    crash_while_running(&machine, Flow::chain(&[&script]).timeout(900), &ran);
    again(async {
        let driver = machine.open().await;
        machine.sink.wait_for("e", "run FAILED").await;
        assert_eq!(machine.sink.attempt_error(0).code, "TimeoutExpired");
        driver.shutdown().await;
    });
    let ran = lines_of(&ran);
    assert!(ran.len() == 1 && !is_alive(&ran[0]), "{ran:?}");
}

#[test]
fn an_abort_reaches_a_task_of_an_earlier_driver() {
    let machine = Arc::new(Machine::new());
    let (flow, ran, _) = patient(&machine);
    crash_while_running(&machine, flow, &ran);
    let task = lines_of(&ran)[0].clone();
    again(async {
        let driver = machine.open().await;
        driver.abort(execution("e"), "enough".into()).await.unwrap();
        machine.sink.wait_for("e", "run ABORTED").await;
        until("the task is gone", || !is_alive(&task)).await;
        driver.shutdown().await;
    });
}

#[test]
fn a_stop_ends_the_tasks_and_the_next_start_runs_them_again() {
    let machine = Arc::new(Machine::new());
    let (flow, ran, go) = patient(&machine);
    again(async {
        let driver = machine.open().await;
        driver.start(machine.workflow("e", flow).await).await.unwrap();
        until("the task runs", || lines_of(&ran).len() == 1).await;
        let begun = Instant::now();
        driver.shutdown().await;
        assert!(begun.elapsed() < Duration::from_secs(8));
    });
    assert!(!is_alive(&lines_of(&ran)[0]));
    std::fs::write(go, "").unwrap();
    again(async {
        let driver = machine.open().await;
        let lines = finish(&machine, driver).await;
        assert!(lines.iter().any(|line| line == "n0/1 SUCCEEDED"), "{lines:#?}");
    });
}

#[test]
fn one_folder_has_one_driver() {
    let machine = Machine::new();
    again(async {
        let driver = machine.open().await;
        let second =
            LocalDriver::open(machine.settings(), machine.sink.clone(), machine.control.clone()).await;
        assert!(second.err().unwrap().to_string().contains("is used by another server"));
        driver.shutdown().await;
    });
}
