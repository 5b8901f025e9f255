//! What tasks may use, and how much of their logs is kept.

use aileron_idl::core::execution_error::ErrorKind;
use aileron_propeller::local::logs::AttemptId;
use aileron_propeller::local::{LocalDriver, TaskLimits};

use crate::flow::{Flow, PASS_ON};
use crate::harness::{Machine, execution, integer, until};

/// Keeps 200 MB in memory, as a line that does not end.
const EAT: &str = "head -c 200000000 /dev/zero | tail -n 1 > /dev/null || exit 9";

async fn open(machine: &Machine, limits: TaskLimits) -> LocalDriver {
    let mut settings = machine.settings();
    settings.task_limits = limits;
    LocalDriver::open(settings, machine.sink.clone(), machine.control.clone()).await.unwrap()
}

#[tokio::test]
async fn a_task_that_wants_more_memory_than_it_asks_for_is_told_how_to_ask() {
    let machine = Machine::new();
    let driver = open(&machine, TaskLimits::Asked).await;
    let flow = Flow::chain(&[&format!("{EAT}; {PASS_ON}")]).memory("32Mi");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run FAILED").await;
    let error = machine.sink.attempt_error(0);
    assert_eq!((error.kind(), error.code.as_str()), (ErrorKind::User, "OOMKilled"), "{}", error.message);
    assert!(error.message.contains("more memory than the 32Mi"), "{}", error.message);
    assert!(error.message.contains("limits=Resources(mem="), "{}", error.message);
    driver.shutdown().await;
}

#[tokio::test]
async fn who_is_held_to_nothing_may_use_what_is_there() {
    let machine = Machine::new();
    let driver = open(&machine, TaskLimits::Off).await;
    let flow = Flow::chain(&[&format!("{EAT}; {PASS_ON}")]).memory("32Mi");
    driver.start(machine.workflow("e", flow).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.outputs("e").await, integer(7));
    driver.shutdown().await;
}

#[tokio::test]
async fn of_a_long_log_beginning_and_end_are_read() {
    const MOST: u64 = 64 << 10;
    let machine = Machine::new();
    let mut settings = machine.settings();
    settings.task_log_size = MOST;
    let driver = LocalDriver::open(settings, machine.sink.clone(), machine.control.clone()).await.unwrap();
    let script = format!("echo first; yes 'and so on' | head -n 100000; echo last; {PASS_ON}");
    driver.start(machine.workflow("e", Flow::chain(&[&script])).await).await.unwrap();
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    let log = machine.attempt("e", "n0", 0).join("task.log");
    until("the log is cut", || std::fs::read(&log).is_ok_and(|log| log.contains(&0))).await;
    let id = AttemptId { execution: execution("e"), node: "n0".into(), attempt: 0 };
    let (mut text, mut offset) = (Vec::new(), 0);
    loop {
        let chunk = driver.logs().read(&id, offset).await.unwrap();
        text.extend(chunk.bytes);
        offset = chunk.next_offset;
        if chunk.complete {
            break;
        }
    }
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("first\nand so on\n") && text.ends_with("and so on\nlast\n"));
    assert!(text.contains("what stood here is gone") && text.len() as u64 <= MOST + 8192, "{}", text.len());
    driver.shutdown().await;
}
