//! Several controllers share the runs, and take over from each other.

use aileron_propeller::kubernetes::Settings;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::flow::{ENDLESS, Flow, How, SLOW};
use crate::harness::Room;

fn named(room: &Room, identity: &str, shards: u32) -> Settings {
    Settings {
        lease_namespace: Some(room.namespace.clone()),
        identity: identity.to_owned(),
        shards,
        ..room.settings()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_goes_over_to_another_controller_when_its_own_stops() {
    let room = Room::new().await;
    let first = room.work_with(named(&room, "first", 1)).await;
    room.launch("shared", &Flow::chain(4, How { says: &SLOW, ..Default::default() })).await;
    room.wait_for("shared", "n0/0 RUNNING").await;
    let second = room.work_with(named(&room, "second", 1)).await;
    first.stop().await;
    room.wait_for("shared", "run SUCCEEDED").await;
    assert_eq!(room.pod_uids("shared").await.len(), 4);
    assert_eq!(room.attempt_errors("shared"), [""; 0]);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_all_shards_are_carried() {
    let room = Room::new().await;
    let controllers =
        [room.work_with(named(&room, "a", 4)).await, room.work_with(named(&room, "b", 4)).await];
    for key in [0, 9, 17, 31] {
        let flow = Flow::one(How::default()).in_shard(key);
        room.launch(&format!("key{key}"), &flow).await;
    }
    for key in [0, 9, 17, 31] {
        room.wait_for(&format!("key{key}"), "run SUCCEEDED").await;
        let events = room.events();
        let starts = events.iter().filter(|event| match event {
            aileron_crd::ExecutionEvent::Workflow(event) => {
                event.execution_id.as_ref().is_some_and(|id| id.name == format!("key{key}"))
                    && event.phase() == aileron_idl::core::workflow_execution::Phase::Running
            }
            _ => false,
        });
        assert_eq!(starts.count(), 1, "key{key} is carried once");
    }
    for controller in controllers {
        controller.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_whose_runs_another_took_over_stops() {
    let room = Room::new().await;
    let without_lease = |identity: &str| Settings { identity: identity.to_owned(), ..room.settings() };
    let old = room.work_with(without_lease("old")).await;
    room.launch("split", &Flow::chain(5, How { says: &SLOW, ..Default::default() })).await;
    room.wait_for("split", "n0/0 RUNNING").await;
    room.until("the old one has written", async || {
        room.workflows().get("split").await.unwrap().data["status"]["checkpoint"]["writer"] == "old"
    })
    .await;
    let new = room.work_with(without_lease("new")).await;
    room.until("the old one stops", async || old.has_ended()).await;
    room.wait_for("split", "run SUCCEEDED").await;
    room.ended("split").await;
    assert_eq!(room.pod_uids("split").await.len(), 5);
    assert_eq!(room.attempt_errors("split"), [""; 0]);
    new.stop().await;
    old.kill();
}

/// As one finds it that was held up until another had carried its run to the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_another_ended_loses_no_pod() {
    let room = Room::new().await;
    let old = room.work_with(Settings { identity: "old".into(), ..room.settings() }).await;
    room.launch("ended", &Flow::one(How { says: &ENDLESS, ..Default::default() })).await;
    room.wait_for("ended", "n0/0 RUNNING").await;
    // What is told is kept a moment later.
    let kept = async || room.workflows().get("ended").await.unwrap().data["status"]["checkpoint"].is_object();
    room.until("its state is kept", kept).await;
    let ended = json!({
        "metadata": {"labels": {"termination-status": "terminated"}},
        "status": {"checkpoint": {"writer": "new"}},
    });
    room.workflows().patch("ended", &PatchParams::default(), &Patch::Merge(&ended)).await.unwrap();
    room.until("the old one stops", async || old.has_ended()).await;
    let pod = room.pods().get("ended-n0-0").await.unwrap();
    assert_eq!(pod.metadata.deletion_timestamp, None);
    old.kill();
}
