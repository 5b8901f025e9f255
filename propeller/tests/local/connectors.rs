//! Tasks that connectors run, on one machine.

use aileron_idl::core::task_execution::Phase;
use aileron_propeller::local::{LocalDriver, Settings};

use crate::flow::Flow;
use crate::harness::{Machine, until};
use crate::played::Played;

#[tokio::test]
async fn each_item_of_a_map_is_a_job_of_its_own_with_its_own_inputs() {
    let (machine, (played, connectors)) = (Machine::new(), Played::serve().await);
    let settings = Settings { connectors: Some(connectors), ..machine.settings() };
    let driver = LocalDriver::open(settings, machine.sink.clone(), machine.control.clone()).await.unwrap();
    let flow = Flow::default().map("n0", "never run here", 0, 1.0, "start-node").typed("played").targetless();
    let workflow = machine.workflow("e", flow).await;
    machine.give_list("e", [4, 5, 6]).await;
    driver.start(workflow).await.unwrap();
    until("all jobs are there", || played.phases().len() == 3).await;
    played.end_all(Phase::Succeeded);
    machine.sink.wait_for("e", "run SUCCEEDED").await;
    assert_eq!(machine.output_list("e").await, [Some(4), Some(5), Some(6)]);
    driver.shutdown().await;
}
