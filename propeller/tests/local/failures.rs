//! Tasks that fail, and how that is told.

use aileron_crd::ExecutionEvent;
use aileron_idl::core::execution_error::ErrorKind;

use aileron_idl::core::{
    ContainerError, ErrorDocument, Literal, LiteralMap, Primitive, Scalar, literal, primitive, scalar,
};
use aileron_propeller::local::LocalDriver;
use prost::Message;

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

/// A task that leaves these files in its output folder, and then ends well.
async fn leaves(files: &[(&str, Vec<u8>)]) -> (Machine, LocalDriver) {
    let machine = Machine::new();
    let mut script = String::new();
    for (name, bytes) in files {
        let prepared = machine.file(name);
        std::fs::write(&prepared, bytes).unwrap();
        script.push_str(&format!("cp {} $out/{name}; ", prepared.display()));
    }
    let driver = machine.open().await;
    driver.start(machine.workflow("e", Flow::chain(&[&script, PASS_ON])).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    (machine, driver)
}

#[tokio::test]
async fn an_output_of_another_type_is_told() {
    let text = Primitive { value: Some(primitive::Value::StringValue("7".into())) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(text)) };
    let literal = Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() };
    let outputs = LiteralMap { literals: [("o0".to_owned(), literal)].into() };
    let (machine, driver) = leaves(&[("outputs.pb", outputs.encode_to_vec())]).await;
    let error = machine.sink.attempt_error(0);
    assert!(error.message.contains("its `o0` is not of type simple:INTEGER"), "{}", error.message);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_task_that_leaves_outputs_and_an_error_has_failed() {
    let error = ContainerError { code: "USER:Both".into(), message: "both".into(), ..Default::default() };
    let error = ErrorDocument { error: Some(error) };
    let files = [("outputs.pb", integer(7).encode_to_vec()), ("error.pb", error.encode_to_vec())];
    let (machine, driver) = leaves(&files).await;
    assert_eq!(machine.sink.run_error().code, "USER:Both");
    assert!(!machine.sink.lines("e").iter().any(|line| line.starts_with("n1/")));
    driver.shutdown().await;
}

#[tokio::test]
async fn outputs_that_are_nonsense_are_told() {
    let (machine, driver) = leaves(&[("outputs.pb", b"\xff".to_vec())]).await;
    let error = machine.sink.attempt_error(0);
    assert_eq!(error.code, "OutputsNotFound");
    assert!(error.message.contains("is not a map of literals"), "{}", error.message);
    driver.shutdown().await;
}

/// The addresses of the decks that the events of nodes tell, by node.
fn decks(machine: &Machine) -> Vec<(String, String)> {
    let told = |event: ExecutionEvent| match event {
        ExecutionEvent::Node(event) if !event.deck_uri.is_empty() => {
            Some((event.id?.node_id, event.deck_uri))
        }
        _ => None,
    };
    machine.sink.events().into_iter().filter_map(told).collect()
}

#[tokio::test]
async fn a_failed_task_shows_the_deck_that_it_left() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let leaves = "echo why > $out/deck.html; exit 3";
    for (name, script) in [("with", leaves), ("without", "exit 3")] {
        let flow = Flow::chain(&[script]).decks().retries(1);
        driver.start(machine.workflow(name, flow).await).await.unwrap();
        machine.sink.wait_for(name, "run FAILED").await;
    }
    // One that does not say that it makes decks.
    driver.start(machine.workflow("silent", Flow::chain(&[leaves])).await).await.unwrap();
    machine.sink.wait_for("silent", "run FAILED").await;
    let deck = machine.storage.uri(&["metadata", "propeller", "p-d-with", "n0", "data", "1", "deck.html"]);
    assert_eq!(decks(&machine), [("n0".to_owned(), deck)]);
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
