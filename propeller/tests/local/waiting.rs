//! Nodes that wait: for time, for someone's word, for another execution.

use std::time::{Duration, Instant};

use aileron_idl::admin::execution_closure::OutputResult;
use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::workflow_execution::Phase;
use aileron_idl::core::{
    ApproveCondition, ExecutionError, Literal, Primitive, Scalar, SignalCondition, SleepCondition,
    execution_error, literal, primitive, scalar,
};
use aileron_propeller::local::{LocalDriver, Settings};

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, integer, until};

fn signal() -> Condition {
    let output_variable_name = "o0".into();
    Condition::Signal(SignalCondition { signal_id: "s".into(), output_variable_name, r#type: None })
}

fn approve() -> Condition {
    Condition::Approve(ApproveCondition { signal_id: "s".into() })
}

fn boolean(value: bool) -> Literal {
    let primitive = Primitive { value: Some(primitive::Value::Boolean(value)) };
    let scalar = Scalar { value: Some(scalar::Value::Primitive(primitive)) };
    Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
}

#[tokio::test]
async fn a_sleep_lasts_as_long_as_it_says_and_over_a_restart() {
    let machine = Machine::new();
    let duration = Some(prost_types::Duration { seconds: 0, nanos: 700_000_000 });
    let sleep = Condition::Sleep(SleepCondition { duration });
    let flow = Flow::default().gate("n0", sleep, "start-node").shell("n1", PASS_ON, "start-node");
    let driver = machine.open().await;
    let began = Instant::now();
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "n0 RUNNING").await;
    driver.shutdown().await;
    drop(driver);
    let driver = machine.open().await;
    machine.sink.wait_for("e", "n0 SUCCEEDED").await;
    assert!(began.elapsed() >= Duration::from_millis(700), "{:?}", began.elapsed());
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    driver.shutdown().await;
}

#[tokio::test]
async fn a_sleep_can_be_aborted() {
    let machine = Machine::new();
    let duration = Some(prost_types::Duration { seconds: 1000, nanos: 0 });
    let sleep = Condition::Sleep(SleepCondition { duration });
    let driver = machine.open().await;
    driver.start(machine.workflow("e", Flow::default().gate("n0", sleep, "start-node")).await).await.unwrap();
    machine.sink.wait_for("e", "n0 RUNNING").await;
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    machine.sink.wait_for("e", "run ABORTED").await;
    driver.shutdown().await;
}

#[tokio::test]
async fn a_signals_value_is_the_gates_output() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = Flow::default().gate("n0", signal(), "start-node").shell("n1", PASS_ON, "n0");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "n0 RUNNING").await;
    machine.control.set_signal("s", integer(41).literals["o0"].clone());
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.outputs("e").await, integer(41));
    driver.shutdown().await;
}

#[tokio::test]
async fn an_approval_lets_the_inputs_pass_and_a_rejection_fails() {
    for (word, line) in [(true, "run SUCCEEDED"), (false, "run FAILED")] {
        let machine = Machine::new();
        let driver = machine.open().await;
        let flow = Flow::default().gate("n0", approve(), "start-node").shell("n1", PASS_ON, "n0");
        driver.start(machine.workflow("e", flow).await).await.unwrap();
        machine.control.set_signal("s", boolean(word));
        machine.sink.wait_for("e", line).await;
        if word {
            assert_eq!(machine.outputs("e").await, integer(7));
        } else {
            assert_eq!(machine.sink.run_error().code, "ReceivedRejectSignal");
        }
        driver.shutdown().await;
    }
}

fn launching(plan: &str) -> Flow {
    Flow::default().launch("n0", plan, "start-node")
}

#[tokio::test]
async fn a_child_execution_fails_its_node_as_it_failed() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", launching("plan")).await).await.unwrap();
    machine.sink.wait_for("e", "n0 RUNNING").await;
    assert_eq!(machine.control.names(), ["e-n0-0"]);
    let error = ExecutionError {
        code: "Deep".into(),
        message: "inside".into(),
        kind: execution_error::ErrorKind::User.into(),
        ..Default::default()
    };
    machine.control.end("e-n0-0", Phase::Failed, Some(OutputResult::Error(error)));
    machine.sink.wait_for("e", "run FAILED").await;
    assert_eq!(
        (machine.sink.run_error().code, machine.sink.run_error().message),
        ("Deep".into(), "inside".into())
    );
    driver.shutdown().await;
}

#[tokio::test]
async fn an_abort_ends_the_child_too() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", launching("plan")).await).await.unwrap();
    machine.sink.wait_for("e", "n0 RUNNING").await;
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    machine.sink.wait_for("e", "run ABORTED").await;
    assert!(machine.control.has_ended("e-n0-0"));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_child_is_found_again_after_a_restart() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", launching("plan")).await).await.unwrap();
    machine.sink.wait_for("e", "n0 RUNNING").await;
    driver.shutdown().await;
    drop(driver);
    assert!(!machine.control.has_ended("e-n0-0"));
    let driver = machine.open().await;
    until("the child is asked for again", || machine.control.names().len() == 2).await;
    assert_eq!(machine.control.names(), ["e-n0-0", "e-n0-0"]);
    machine.control.end("e-n0-0", Phase::Aborted, None);
    machine.sink.wait_for("e", "run FAILED").await;
    assert_eq!(machine.sink.run_error().code, "RemoteChildWorkflowExecutionFailed");
    driver.shutdown().await;
}

#[tokio::test]
async fn a_launch_plan_that_is_gone_is_told() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", launching("gone")).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.run_error();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("LaunchPlanExecutionFailed", "no such plan"));
    driver.shutdown().await;
}

#[tokio::test]
async fn a_node_whose_code_panics_fails_with_what_the_panic_says() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", launching("stumbling")).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.run_error();
    assert_eq!(error.code, "RetriesExhausted|InternalError");
    assert!(error.message.contains("the control plane stumbles"), "{}", error.message);
    driver.shutdown().await;
}

#[tokio::test]
async fn a_launch_plan_that_launches_itself_comes_to_an_end() {
    let machine = Machine::new();
    let settings = Settings { max_nesting: 3, ..machine.settings() };
    let driver = LocalDriver::open(settings, machine.sink.clone(), machine.control.clone()).await.unwrap();
    let mut names = vec!["e".to_owned()];
    driver.start(machine.workflow("e", launching("itself")).await).await.unwrap();
    for level in 1..=3 {
        until("the next is launched", || machine.control.names().len() == level).await;
        let request = machine.control.launched.lock().unwrap()[level - 1].clone();
        let mut child = machine.workflow(&request.name, launching("itself")).await;
        child.execution_config.nesting_level = request.spec.unwrap().metadata.unwrap().nesting;
        names.push(request.name);
        driver.start(child).await.unwrap();
    }
    for (deepest_first, name) in names.iter().rev().enumerate() {
        machine.sink.wait_for(name, "run FAILED").await;
        let error = machine.sink.run_error();
        assert_eq!(error.code, "ExecutionNestingTooDeep", "{deepest_first}");
        assert!(error.message.starts_with(&format!("node n0 of execution {} would launch", names[3])));
        assert!(error.message.contains("deeper than the 3 levels allowed; if launch plan itself launches"));
        machine.control.end(name, Phase::Failed, Some(OutputResult::Error(error)));
    }
    assert_eq!(machine.control.names().len(), 3);
    driver.shutdown().await;
}
