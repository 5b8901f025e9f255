//! Nodes inside of nodes: workflows in workflows, arms of branches, and what runs after a failure.

use aileron_crd::ExecutionEvent;
use aileron_idl::core::{LiteralMap, literal, scalar};

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, integer, is_alive, lines_of, until};

fn nested(script: &str) -> Flow {
    let inner = Flow::default().shell("i0", PASS_ON, "start-node").shell("i1", script, "i0");
    Flow::default().nest("n0", inner, "start-node").shell("n1", PASS_ON, "n0")
}

#[tokio::test]
async fn a_nested_workflow_gets_inputs_and_gives_outputs() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", nested(PASS_ON)).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    let order =
        ["n0 RUNNING", "n0-0-start-node SUCCEEDED", "n0-0-i1/0 SUCCEEDED", "n0 SUCCEEDED", "n1 QUEUED"];
    let places: Vec<_> = order.map(|line| lines.iter().position(|known| known == line)).into();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {lines:#?}");
    assert_eq!(machine.outputs("e").await, integer(7));
    let inner = ["metadata", "propeller", "p-d-e", "n0", "data", "0", "i1", "0", "outputs.pb"];
    let inner: LiteralMap = machine.storage.get_message(&machine.storage.uri(&inner)).await.unwrap();
    assert_eq!(inner, integer(7));
    driver.shutdown().await;
}

#[tokio::test]
async fn what_is_inside_names_its_parent() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", nested(PASS_ON)).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    for event in machine.sink.events() {
        let ExecutionEvent::Node(event) = event else { continue };
        let id = event.id.as_ref().unwrap().node_id.clone();
        let parent = event.parent_node_metadata.map(|parent| parent.node_id);
        let expected = id.strip_prefix("n0-0-").map(|spec| ("n0".to_owned(), spec.to_owned()));
        assert_eq!(parent, expected.as_ref().map(|(parent, _)| parent.clone()), "{id}");
        assert_eq!(event.retry_group, if expected.is_some() { "0" } else { "" }, "{id}");
        assert_eq!(event.spec_node_id, expected.map_or(id.clone(), |(_, spec)| spec));
        assert_eq!(event.is_parent, id == "n0");
    }
    driver.shutdown().await;
}

#[tokio::test]
async fn a_branch_takes_the_arm_whose_condition_holds() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let arms = [(1, "exit 1"), (7, PASS_ON)];
    let flow = Flow::default().branch("n0", &arms, "start-node").shell("n1", PASS_ON, "n0");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert!(lines.contains(&"n0-0-n0-n1/0 SUCCEEDED".to_owned()), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("n0-0-n0-n0")), "{lines:#?}");
    assert_eq!(machine.outputs("e").await, integer(7));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_branch_without_a_fitting_arm_fails_as_it_says() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = Flow::default().branch("n0", &[(1, PASS_ON)], "start-node");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.run_error();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("UserProvidedError", "no such number"));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_failure_node_is_told_what_failed_and_does_not_mend_it() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = Flow::chain(&["echo broken as asked >&2; exit 3"]).on_failure(PASS_ON);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run FAILED").await;
    assert!(lines.contains(&"fn0 SUCCEEDED".to_owned()), "{lines:#?}");
    assert!(machine.sink.run_error().message.contains("broken as asked"));
    let uri = machine.storage.uri(&["metadata", "propeller", "p-d-e", "fn0", "data", "inputs.pb"]);
    let inputs: LiteralMap = machine.storage.get_message(&uri).await.unwrap();
    let Some(literal::Value::Scalar(union)) = &inputs.literals["err"].value else { panic!("{inputs:?}") };
    let Some(scalar::Value::Union(union)) = &union.value else { panic!("{union:?}") };
    assert_eq!(union.r#type.as_ref().unwrap().structure.as_ref().unwrap().tag, "FlyteError");
    let Some(literal::Value::Scalar(error)) = &union.value.as_ref().unwrap().value else { panic!() };
    let Some(scalar::Value::Error(error)) = &error.value else { panic!("{error:?}") };
    assert!(error.message.contains("broken as asked") && error.failed_node_id == "fn0");
    driver.shutdown().await;
}

#[tokio::test]
async fn a_nested_failure_fails_the_node_around_it() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", nested("echo deep inside >&2; exit 3")).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run FAILED").await;
    for line in ["n0-0-i1 FAILED", "n0-0-end-node SKIPPED", "n0 FAILED", "n1 SKIPPED"] {
        assert!(lines.iter().any(|known| known == line), "{line} in {lines:#?}");
    }
    assert!(machine.sink.run_error().message.contains("deep inside"));
    driver.shutdown().await;
}

#[tokio::test]
async fn an_abort_reaches_what_runs_inside() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let pid = machine.file("pid");
    let script = format!("echo $$ > {}; exec sleep 1000", pid.display());
    driver.start(machine.workflow("e", nested(&script)).await).await.unwrap();
    until("the task runs", || !lines_of(&pid).is_empty()).await;
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    let lines = machine.sink.wait_for("e", "run ABORTED").await;
    assert!(lines.iter().any(|line| line == "n0-0-i1 ABORTED"), "{lines:#?}");
    assert!(lines.iter().any(|line| line == "n0 ABORTED"), "{lines:#?}");
    assert!(!is_alive(&lines_of(&pid)[0]));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_nested_workflow_goes_on_after_a_restart() {
    let machine = Machine::new();
    let (began, go) = (machine.file("began"), machine.file("go"));
    let wait = format!(
        "echo $FLYTE_ATTEMPT_NUMBER >> {}; until [ -e {} ]; do sleep 0.02; done; {PASS_ON}",
        began.display(),
        go.display()
    );
    let driver = machine.open().await;
    driver.start(machine.workflow("e", nested(&wait)).await).await.unwrap();
    until("the task runs", || lines_of(&began).len() == 1).await;
    driver.shutdown().await;
    drop(driver);
    let driver = machine.open().await;
    until("the task runs again", || lines_of(&began).len() == 2).await;
    std::fs::write(&go, "").unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.outputs("e").await, integer(7));
    driver.shutdown().await;
}
