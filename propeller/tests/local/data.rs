//! What runs sees and leaves: data, environment, events, logs.

use aileron_crd::ExecutionEvent;
use aileron_idl::event::{NodeExecutionEvent, TaskExecutionEvent, node_execution_event};
use aileron_propeller::local::logs::AttemptId;
use expect_test::expect;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, integer};

#[tokio::test]
async fn a_chain_hands_its_data_on_and_tells_every_step() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = Flow::chain(&[PASS_ON, PASS_ON]);
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    let lines = machine.sink.wait_for("e", "run SUCCEEDED").await;
    expect![[r#"
        run RUNNING
        start-node SUCCEEDED
        n0 QUEUED
        n0/0 QUEUED
        n0/0 RUNNING
        n0 RUNNING
        n0/0 SUCCEEDED
        n0 SUCCEEDED
        n1 QUEUED
        n1/0 QUEUED
        n1/0 RUNNING
        n1 RUNNING
        n1/0 SUCCEEDED
        n1 SUCCEEDED
        end-node QUEUED
        end-node SUCCEEDED
        run SUCCEEDING
        run SUCCEEDED"#]]
    .assert_eq(&lines.join("\n"));
    assert_eq!(machine.outputs("e").await, integer(7));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_task_sees_its_contract_and_nothing_of_the_server() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let seen = machine.file("seen");
    let script = format!("env | grep -v '^_=\\|^OLDPWD=' | sort > {}; {PASS_ON}", seen.display());
    driver.start(machine.workflow("e", Flow::chain(&[&script])).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    let seen = std::fs::read_to_string(seen).unwrap();
    let names = seen
        .lines()
        .filter(|line| !line.starts_with("PWD=") && !line.starts_with("TMPDIR="))
        .collect::<Vec<_>>()
        .join("\n");
    expect![[r#"
        FLYTE_ATTEMPT_NUMBER=0
        FLYTE_INTERNAL_EXECUTION_DOMAIN=d
        FLYTE_INTERNAL_EXECUTION_ID=e
        FLYTE_INTERNAL_EXECUTION_PROJECT=p
        FLYTE_INTERNAL_EXECUTION_WORKFLOW=p:d:flow
        FLYTE_INTERNAL_TASK_DOMAIN=d
        FLYTE_INTERNAL_TASK_NAME=n0
        FLYTE_INTERNAL_TASK_PROJECT=p
        FLYTE_INTERNAL_TASK_VERSION=v
        PATH=/usr/bin:/bin
        _F_L_MAX_SIZE_MB=1000
        _F_L_MIN_SIZE_MB=10"#]]
    .assert_eq(&names);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_success_leaves_the_log_alone() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let script = format!("echo told; touch in_work $TMPDIR/in_tmp; {PASS_ON}");
    driver.start(machine.workflow("e", Flow::chain(&[&script])).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    driver.shutdown().await;
    let attempt = machine.attempt("e", "n0", 0);
    assert_eq!(std::fs::read_to_string(attempt.join("task.log")).unwrap(), "told\n");
    assert!(!attempt.join("work").exists());
    assert_eq!(std::fs::read_dir(machine.file("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_log_can_be_read_while_it_grows() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let go = machine.file("go");
    let script =
        format!("echo one; until [ -e {} ]; do sleep 0.01; done; echo two >&2; {PASS_ON}", go.display());
    driver.start(machine.workflow("e", Flow::chain(&[&script])).await).await.unwrap();
    let (logs, id) = (driver.logs(), AttemptId { execution: execution("e"), node: "n0".into(), attempt: 0 });
    let mut read = String::new();
    loop {
        let chunk = match logs.read(&id, read.len() as u64).await {
            Ok(chunk) => chunk,
            Err(_) => continue,
        };
        read.push_str(&String::from_utf8(chunk.bytes).unwrap());
        if read == "one\n" {
            assert!(!chunk.complete);
            std::fs::write(&go, "").unwrap();
        }
        if chunk.complete {
            break;
        }
    }
    assert_eq!(read, "one\ntwo\n");
    driver.shutdown().await;
}

#[tokio::test]
async fn task_events_carry_names_logs_and_data() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", Flow::chain(&[PASS_ON])).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    let shown: Vec<_> =
        machine.sink.events().iter().filter_map(|event| shown(event, machine.storage.root())).collect();
    expect![[r#"
        start-node () in: - out: ROOT/metadata/propeller/p-d-e/start-node/data/0/outputs.pb checkpoint: -
        n0 (task_n0) in: ROOT/metadata/propeller/p-d-e/n0/data/inputs.pb out: - checkpoint: ROOT/data/p/d/e/ri/e-n0-0/_flytecheckpoints
        e-n0-0 container logs: []
        e-n0-0 container logs: ["http://here/logs/p/d/e/n0/0"]
        n0 (task_n0) in: ROOT/metadata/propeller/p-d-e/n0/data/inputs.pb out: - checkpoint: ROOT/data/p/d/e/ri/e-n0-0/_flytecheckpoints
        e-n0-0 container logs: ["http://here/logs/p/d/e/n0/0"]
        n0 (task_n0) in: ROOT/metadata/propeller/p-d-e/n0/data/inputs.pb out: ROOT/metadata/propeller/p-d-e/n0/data/0/outputs.pb checkpoint: ROOT/data/p/d/e/ri/e-n0-0/_flytecheckpoints
        end-node () in: ROOT/metadata/propeller/p-d-e/end-node/data/inputs.pb out: - checkpoint: -
        end-node () in: ROOT/metadata/propeller/p-d-e/end-node/data/inputs.pb out: - checkpoint: -"#]]
    .assert_eq(&shown.join("\n"));
    driver.shutdown().await;
}

fn shown(event: &ExecutionEvent, root: &str) -> Option<String> {
    let text = match event {
        ExecutionEvent::Workflow(_) => return None,
        ExecutionEvent::Node(event) => shown_node(event),
        ExecutionEvent::Task(event) => shown_task(event),
    };
    Some(text.replace(root, "ROOT"))
}

fn shown_node(event: &NodeExecutionEvent) -> String {
    let input = match &event.input_value {
        Some(node_execution_event::InputValue::InputUri(uri)) => uri,
        _ => "-",
    };
    let output = match &event.output_result {
        Some(node_execution_event::OutputResult::OutputUri(uri)) => uri,
        _ => "-",
    };
    let checkpoint = match &event.target_metadata {
        Some(node_execution_event::TargetMetadata::TaskNodeMetadata(metadata)) => &metadata.checkpoint_uri,
        _ => "-",
    };
    format!("{} ({}) in: {input} out: {output} checkpoint: {checkpoint}", event.spec_node_id, event.node_name)
}

fn shown_task(event: &TaskExecutionEvent) -> String {
    let metadata = event.metadata.as_ref().unwrap();
    let logs: Vec<_> = event.logs.iter().map(|log| log.uri.as_str()).collect();
    format!("{} {} logs: {logs:?}", metadata.generated_name, metadata.plugin_identifier)
}
