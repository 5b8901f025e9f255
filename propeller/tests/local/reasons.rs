//! What nodes wait for, asked of a driver while they do.

use aileron_idl::aileron::v1::gate_reason::Kind;
use aileron_idl::aileron::v1::waiting_node::Reason;
use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::{ApproveCondition, SleepCondition};
use aileron_propeller::local::LocalDriver;
use aileron_propeller::waiting::Page;

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, lines_of, until};

const ALL: Page = Page { first: 0, limit: 100 };

/// Each node that waits, as `NODE: REASON`.
async fn reasons(driver: &LocalDriver, page: Page) -> Vec<String> {
    let answer = driver.waiting(&execution("e"), page).await.unwrap().unwrap();
    let told =
        answer.nodes.iter().map(|node| format!("{}: {}", node.node_id, shown(node.reason.as_ref().unwrap())));
    let more = (!answer.token.is_empty()).then(|| format!("more from {}", answer.token));
    told.chain(more).collect()
}

fn shown(reason: &Reason) -> String {
    match reason {
        Reason::Upstream(upstream) => format!("{} of {}", upstream.node_ids.join(" "), upstream.count),
        Reason::Parallelism(most) => format!("parallelism {}", most.limit),
        Reason::Items(items) => format!("{} of {} items, {} go", items.waiting, items.size, items.under_way),
        Reason::Gate(gate) => format!("{:?} {}", gate.kind(), gate.signal_id),
        Reason::Sleep(sleep) => format!("sleep {}", sleep.until.is_some()),
        Reason::BackOff(pause) => format!("back-off {}", pause.until.is_some()),
        Reason::Reservation(held) => format!("held by {}", held.owner),
        Reason::Slot(_) => "slot".into(),
        other => format!("{other:?}"),
    }
}

/// A script that says that it runs and does so until it is ended.
fn lasting(machine: &Machine) -> String {
    format!("echo x >> {}; sleep 600", machine.file("running").display())
}

async fn runs(machine: &Machine) {
    until("a task runs", || !lines_of(&machine.file("running")).is_empty()).await;
}

async fn stop(driver: LocalDriver) {
    driver.abort(execution("e"), "enough".into()).await.unwrap();
    driver.shutdown().await;
}

#[tokio::test]
async fn a_node_names_those_before_it() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver
        .start(machine.workflow("e", Flow::chain(&[&lasting(&machine), PASS_ON, PASS_ON])).await)
        .await
        .unwrap();
    runs(&machine).await;
    let expected = ["n1: n0 of 1", "n2: n1 of 1", "end-node: n0 n1 n2 of 3"];
    assert_eq!(reasons(&driver, ALL).await, expected);
    assert_eq!(reasons(&driver, Page { first: 0, limit: 1 }).await, ["n1: n0 of 1", "more from 3"]);
    assert_eq!(reasons(&driver, Page { first: 3, limit: 1 }).await, ["n2: n1 of 1", "more from 4"]);
    assert_eq!(reasons(&driver, Page { first: 4, limit: 1 }).await, ["end-node: n0 n1 n2 of 3"]);
    stop(driver).await;
}

#[tokio::test]
async fn a_node_waits_for_parallelism_another_for_a_slot() {
    let machine = Machine::with_slots(1);
    let driver = machine.open().await;
    let mut workflow = machine.workflow("e", Flow::fan_out(3, &lasting(&machine))).await;
    workflow.execution_config.max_parallelism = 2;
    driver.start(workflow).await.unwrap();
    runs(&machine).await;
    let mut told = reasons(&driver, ALL).await;
    // Which of the first two runs is the machine's to say.
    told.sort_unstable();
    assert!(told[1] == "n0: slot" || told[1] == "n1: slot", "{told:?}");
    assert_eq!(
        (told[0].as_str(), &told[2..]),
        ("end-node: n0 n1 n2 of 3", &["n2: parallelism 2".into()][..])
    );
    stop(driver).await;
}

#[tokio::test]
async fn a_gate_names_its_signal_and_a_sleep_its_end() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let approve = Condition::Approve(ApproveCondition { signal_id: "ok".into() });
    let duration = Some(prost_types::Duration { seconds: 600, nanos: 0 });
    let sleep = Condition::Sleep(SleepCondition { duration });
    let flow = Flow::default().gate("n0", approve, "start-node").gate("n1", sleep, "start-node");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "n0 RUNNING").await;
    machine.sink.wait_for("e", "n1 RUNNING").await;
    let approval = format!("n0: {:?} ok", Kind::Approval);
    assert_eq!(reasons(&driver, ALL).await, [&approval, "n1: sleep true", "end-node: n0 n1 of 2"]);
    stop(driver).await;
}

#[tokio::test]
async fn a_node_that_backs_off_says_until_when() {
    let machine = Machine::new();
    let driver = machine.open().await;
    driver.start(machine.workflow("e", Flow::chain(&["kill -9 $$"])).await).await.unwrap();
    machine.sink.wait_for("e", "n0/2 FAILED").await;
    assert_eq!(reasons(&driver, ALL).await, ["n0: back-off true", "end-node: n0 of 1"]);
    stop(driver).await;
}

#[tokio::test]
async fn an_array_says_how_many_items_are_still_to_begin() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = Flow::default().map("n0", &lasting(&machine), 2, 1.0, "start-node");
    let workflow = machine.workflow("e", flow).await;
    machine.give_list("e", [1, 2, 3, 4, 5]).await;
    driver.start(workflow).await.unwrap();
    runs(&machine).await;
    let told = reasons(&driver, ALL).await;
    assert_eq!(told[0], "n0: 3 of 5 items, 2 go", "{told:?}");
    stop(driver).await;
}

#[tokio::test]
async fn a_node_names_who_computes_the_same() {
    let machine = Machine::new();
    let driver = machine.open().await;
    let flow = || Flow::chain(&[&lasting(&machine)]).cached(true);
    driver.start(machine.workflow("first", flow()).await).await.unwrap();
    runs(&machine).await;
    driver.start(machine.workflow("e", flow()).await).await.unwrap();
    machine.sink.wait_for("e", "n0 QUEUED").await;
    // It is told as queued in the round in which it is known to be held.
    assert_eq!(reasons(&driver, ALL).await[0], "n0: held by first-n0-0");
    driver.abort(execution("first"), "enough".into()).await.unwrap();
    stop(driver).await;
}

#[tokio::test]
async fn a_run_that_has_ended_is_not_known() {
    let machine = Machine::new();
    let driver = machine.open().await;
    assert!(driver.waiting(&execution("e"), ALL).await.unwrap().is_none());
    driver.start(machine.workflow("e", Flow::chain(&[PASS_ON])).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    let known = driver.waiting(&execution("e"), ALL).await.unwrap();
    assert!(known.is_none_or(|page| page.nodes.is_empty()));
    driver.shutdown().await;
}
