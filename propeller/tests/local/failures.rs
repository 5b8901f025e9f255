//! Tasks that fail, and how that is told.

use aileron_idl::core::execution_error::ErrorKind;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, integer, is_alive, lines_of};

#[tokio::test]
async fn a_failed_attempt_is_tried_again_while_there_are_retries() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let script = format!("[ $FLYTE_ATTEMPT_NUMBER = 2 ] || exit 3; {PASS_ON}");
    driver.start(machine.workflow("e", Flow::chain(&[&script]).retries(2)).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    for line in ["n0/0 FAILED", "n0/1 FAILED", "n0/2 SUCCEEDED"] {
        assert!(lines.iter().any(|known| known == line), "{line} in {lines:#?}");
    }
    assert_eq!(machine.outputs("e").await, integer(7));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_failure_ends_the_run_with_what_the_task_said() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = Flow::chain(&["echo what went wrong >&2; exit 3", PASS_ON]);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run FAILED").await;
    assert!(lines.iter().any(|line| line == "n0 FAILED"), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("n1/")), "{lines:#?}");
    let error = machine.sink.attempt_error(0);
    assert_eq!((error.kind(), error.code.as_str()), (ErrorKind::User, "Error"));
    assert_eq!(error.message, "the task ended with exit code 3; its log ends:\nwhat went wrong");
    assert!(machine.sink.run_error().message.contains("what went wrong"));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_killed_task_is_the_platforms_failure_and_uses_no_retry() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let script = format!("[ $FLYTE_ATTEMPT_NUMBER = 1 ] || kill -KILL $$; {PASS_ON}");
    driver.start(machine.workflow("e", Flow::chain(&[&script])).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    let error = machine.sink.attempt_error(0);
    assert_eq!((error.kind(), error.code.as_str()), (ErrorKind::System, "Interrupted"));
    assert!(error.message.contains("killed by signal 9"), "{}", error.message);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_task_without_outputs_is_told_so() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", Flow::chain(&["true"])).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    assert_eq!(machine.sink.attempt_error(0).code, "OutputsNotFound");
    driver.shutdown().await;
}

#[tokio::test]
async fn a_missing_program_names_the_setting() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = Flow::default().node("n0", &["pyflyte-execute", "--inputs", "{{.input}}"], "start-node");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.run_error();
    assert_eq!(error.code, "TaskProgramNotFound");
    assert!(error.message.contains("`--task-path` is not set"), "{}", error.message);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_closure_that_cannot_be_read_fails_the_run() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let mut workflow = machine.workflow("e", Flow::chain(&[PASS_ON])).await;
    workflow.workflow_closure_reference = machine.storage.uri(&["nothing"]);
    driver.start(workflow).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    assert_eq!(machine.sink.run_error().code, "BadSpecificationError");
    driver.shutdown().await;
}

#[tokio::test]
async fn a_store_that_fails_for_a_while_costs_no_retry() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let workflow = machine.workflow("e", Flow::chain(&[PASS_ON])).await;
    // A file where a folder has to be: nothing can be written below it.
    let metadata = machine.file("objects/metadata");
    std::fs::write(&metadata, "").unwrap();
    driver.start(workflow).await.unwrap();
    machine.sink.wait_for("e", "run RUNNING").await;
    std::fs::remove_file(&metadata).unwrap();
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert!(!lines.iter().any(|line| line.ends_with("FAILED")), "{lines:#?}");
    driver.shutdown().await;
}

#[tokio::test]
async fn an_attempt_that_runs_too_long_is_ended_and_tried_again() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let pids = machine.file("pids");
    let script = format!("echo $$ >> {}; exec sleep 1000", pids.display());
    driver.start(machine.workflow("e", Flow::chain(&[&script]).retries(1).timeout(300)).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run FAILED").await;
    for line in ["n0/0 FAILED", "n0/1 FAILED"] {
        assert!(lines.iter().any(|known| known == line), "{line} in {lines:#?}");
    }
    let error = machine.sink.attempt_error(0);
    assert_eq!(error.kind(), ErrorKind::User);
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("TimeoutExpired", "task execution timeout [300ms] expired")
    );
    assert_eq!(machine.sink.run_error().code, "RetriesExhausted|TimeoutExpired");
    assert!(lines_of(&pids).iter().all(|pid| !is_alive(pid)));
    driver.shutdown().await;
}
