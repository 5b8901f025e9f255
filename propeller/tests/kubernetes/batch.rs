//! Tasks that AWS Batch runs, in a cluster: no pod is made of them, and their jobs outlive the propeller.

use aileron_crd::ExecutionEvent;
use aileron_idl::core::{
    Container, TaskTemplate, TypedInterface, VariableMap, task_execution, task_template,
};
use aileron_propeller::kubernetes::Settings;
use serde_json::json;

use crate::fake_batch::FakeBatch;
use crate::flow::Flow;
use crate::harness::Room;

fn task() -> TaskTemplate {
    let none = || Some(VariableMap::default());
    let container = Container { image: "task:1".into(), args: vec!["run".into()], ..Container::default() };
    TaskTemplate {
        r#type: "aws-batch".into(),
        interface: Some(TypedInterface { inputs: none(), outputs: none() }),
        target: Some(task_template::Target::Container(container)),
        ..TaskTemplate::default()
    }
}

fn settings(room: &Room, fake: &FakeBatch) -> Settings {
    Settings { batch: Some(fake.batch()), ..room.settings() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_aws_batch_outlives_the_propeller_and_ends_with_its_execution() {
    let room = Room::new().await;
    let fake = FakeBatch::serve().await;
    fake.account().first = Some("RUNNING");
    let controller = room.work_with(settings(&room, &fake)).await;
    room.launch("batched", &Flow::of(task(), 0)).await;
    room.wait_for("batched", "n0/0 RUNNING").await;
    controller.kill();
    let controller = room.work_with(settings(&room, &fake)).await;
    let before = fake.count("describejobs");
    room.until("the job is looked at again", async || fake.count("describejobs") > before + 2).await;
    fake.set("job-0000", json!({"status": "SUCCEEDED"}));
    room.wait_for("batched", "run SUCCEEDED").await;
    assert_eq!(fake.count("submitjob"), 1);
    assert!(room.pod_uids("batched").await.is_empty());
    room.launch("ended", &Flow::of(task(), 0)).await;
    room.wait_for("ended", "n0/0 RUNNING").await;
    room.delete("ended").await;
    room.wait_for("ended", "run ABORTED").await;
    room.until("its job is ended", async || fake.account().jobs["job-0001"]["isTerminated"] == true).await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_after_a_restart_is_newer_than_all_before() {
    let room = Room::new().await;
    let fake = FakeBatch::serve().await;
    let controller = room.work_with(settings(&room, &fake)).await;
    let told = async |status: &str, reason: &str| {
        fake.set("job-0000", json!({"status": status, "statusReason": reason}));
        room.until("it is told", async || versions(&room).iter().any(|(told, _)| told.contains(reason)))
            .await;
    };
    room.launch("told", &Flow::of(task(), 0)).await;
    room.until("the job is there", async || fake.count("submitjob") == 1).await;
    told("RUNNABLE", "first").await;
    told("RUNNABLE", "second").await;
    controller.kill();
    let controller = room.work_with(settings(&room, &fake)).await;
    told("RUNNABLE", "third").await;
    let versions: Vec<u32> = versions(&room).into_iter().map(|(_, version)| version).collect();
    assert!(versions.is_sorted(), "whoever is told drops what is older than what it knows: {versions:?}");
    fake.set("job-0000", json!({"status": "SUCCEEDED"}));
    room.wait_for("told", "run SUCCEEDED").await;
    controller.stop().await;
}

/// What was told of the attempt while it was queued, with its version. That it is queued has none: a driver that cannot know
/// whether that was told tells it again.
fn versions(room: &Room) -> Vec<(String, u32)> {
    let told = |event: &ExecutionEvent| match event {
        ExecutionEvent::Task(event)
            if event.phase() == task_execution::Phase::Queued && event.phase_version > 0 =>
        {
            let reasons: Vec<_> = event.reasons.iter().map(|reason| reason.reason.as_str()).collect();
            Some((reasons.join(" "), event.phase_version))
        }
        _ => None,
    };
    room.events().iter().filter_map(told).collect()
}
