//! Connectors' tasks in a cluster: no object is made of them, and their jobs outlive the propeller.

use aileron_idl::core::task_execution::Phase;
use aileron_idl::core::{TaskTemplate, TypedInterface, VariableMap};
use aileron_propeller::connectors::Connectors;
use aileron_propeller::kubernetes::Settings;

use crate::flow::Flow;
use crate::harness::Room;
use crate::played::Played;

fn task() -> TaskTemplate {
    let none = || Some(VariableMap::default());
    let interface = Some(TypedInterface { inputs: none(), outputs: none() });
    TaskTemplate { r#type: "played".into(), interface, ..TaskTemplate::default() }
}

fn settings(room: &Room, connectors: &Connectors) -> Settings {
    Settings { connectors: Some(connectors.clone()), ..room.settings() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connectors_job_outlives_the_propeller_and_no_object_is_made() {
    let room = Room::new().await;
    let (played, connectors) = Played::serve().await;
    let controller = room.work_with(settings(&room, &connectors)).await;
    room.launch("elsewhere", &Flow::of(task(), 0)).await;
    room.wait_for("elsewhere", "n0/0 RUNNING").await;
    controller.kill();
    let controller = room.work_with(settings(&room, &connectors)).await;
    let before = played.looks();
    room.until("the job is looked at again", async || played.looks() > before + 2).await;
    played.end_all(Phase::Succeeded);
    room.wait_for("elsewhere", "run SUCCEEDED").await;
    assert_eq!(played.phases().len(), 1, "one job was made");
    assert!(room.pod_uids("elsewhere").await.is_empty());
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connectors_job_ends_with_its_execution_and_its_failure_is_told() {
    let room = Room::new().await;
    let (played, connectors) = Played::serve().await;
    let controller = room.work_with(settings(&room, &connectors)).await;
    room.launch("ended", &Flow::of(task(), 0)).await;
    room.wait_for("ended", "n0/0 RUNNING").await;
    room.delete("ended").await;
    room.wait_for("ended", "run ABORTED").await;
    room.until("its job is ended", async || played.phases().is_empty()).await;
    room.launch("failing", &Flow::of(task(), 0)).await;
    room.wait_for("failing", "n0/0 RUNNING").await;
    played.end_all(Phase::Failed);
    room.wait_for("failing", "run FAILED").await;
    assert_eq!(room.attempt_errors("failing"), ["USER TaskFailedWithError"]);
    controller.stop().await;
}
