//! How runs end: their events, their objects and their pods.

use kube::ResourceExt;

use crate::flow::{ENDLESS, Flow, How, SLOW};
use crate::harness::Room;

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_runs_in_pods_and_its_object_says_so() {
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("chain", &Flow::chain(3, How::default())).await;
    let lines = room.wait_for("chain", "run SUCCEEDED").await;
    for node in ["n0", "n1", "n2"] {
        for line in ["QUEUED", "RUNNING", "SUCCEEDED"] {
            assert!(lines.contains(&format!("{node} {line}")), "{node} {line} in {lines:#?}");
        }
        assert!(lines.contains(&format!("{node}/0 SUCCEEDED")), "{lines:#?}");
    }
    let object = room.ended("chain").await;
    assert_eq!(object.data["status"]["phase"], 3);
    assert_eq!(object.data["status"]["message"], "5 nodes done, 0 under way");
    assert_eq!(object.finalizers(), [""; 0]);
    let pod = room.pods().get("chain-n1-0").await.unwrap();
    assert_eq!(pod.labels()["execution-id"], "chain");
    assert_eq!(pod.owner_references()[0].uid, object.uid().unwrap());
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_have_flytes_codes_and_use_the_right_budget() {
    let room = Room::new().await;
    let controller = room.work().await;
    let failing = |code| [("instant-node/exit-code", "1"), ("instant-node/reason", code)];
    let (error, oom) = (failing("Error"), failing("OOMKilled"));
    room.launch("error", &Flow::one(How { says: &error, retries: 1, ..Default::default() })).await;
    room.launch("oom", &Flow::one(How { says: &oom, ..Default::default() })).await;
    room.wait_for("error", "run FAILED").await;
    room.wait_for("oom", "run FAILED").await;
    assert_eq!(room.attempt_errors("error"), ["USER Error"; 2]);
    assert_eq!(room.run_error("error").code, "RetriesExhausted|Error");
    assert_eq!(room.attempt_errors("oom"), ["USER OOMKilled"]);
    let object = room.ended("error").await;
    assert_eq!(object.data["status"]["phase"], 5);
    assert_eq!(object.data["status"]["error"]["code"], "RetriesExhausted|Error");
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_ends_the_attempt_after_its_grace() {
    let room = Room::new().await;
    let mut settings = room.settings();
    // A pod knows when it began to the second only.
    settings.plugins.image_pull_backoff_grace_period = std::time::Duration::from_secs(3);
    let controller = room.work_with(settings).await;
    let says = [("instant-node/waiting-reason", "ImagePullBackOff")];
    room.launch("image", &Flow::one(How { says: &says, ..Default::default() })).await;
    room.wait_for("image", "run FAILED").await;
    assert_eq!(room.attempt_errors("image"), ["USER ContainersNotReady|ImagePullBackOff"]);
    let reasons = room.reasons("image");
    assert!(reasons.iter().any(|reason| reason.contains("ImagePullBackOff")), "{reasons:?}");
    room.until("the pod is deleted", async || room.pod_uids("image").await.is_empty()).await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_object_aborts_its_run_and_leaves_no_pod() {
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("gone", &Flow::fan_out(3, How { says: &ENDLESS, ..Default::default() })).await;
    for node in 0..3 {
        room.wait_for("gone", &format!("n{node}/0 RUNNING")).await;
    }
    room.delete("gone").await;
    let lines = room.wait_for("gone", "run ABORTED").await;
    for node in 0..3 {
        assert!(lines.contains(&format!("n{node}/0 ABORTED")), "{lines:#?}");
    }
    room.until("the object is gone", async || room.workflows().get_opt("gone").await.unwrap().is_none())
        .await;
    room.until("the pods are gone", async || room.pod_uids("gone").await.is_empty()).await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wide_fan_out_is_written_rarely_and_small() {
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("wide", &Flow::fan_out(200, How::default())).await;
    room.wait_for("wide", "run SUCCEEDED").await;
    let object = room.ended("wide").await;
    assert_eq!(room.pod_uids("wide").await.len(), 200);
    assert!(object.metadata.generation.unwrap() < 100, "{:?}", object.metadata.generation);
    assert!(serde_json::to_string(&object).unwrap().len() < 8 << 10);
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_of_ended_attempts_go_where_the_platform_says_so() {
    let room = Room::new().await;
    let mut settings = room.settings();
    settings.plugins.delete_resource_on_finalize = true;
    let controller = room.work_with(settings.clone()).await;
    room.launch("tidy", &Flow::chain(3, How { says: &SLOW, ..Default::default() })).await;
    room.wait_for("tidy", "n1/0 RUNNING").await;
    room.until("the first pod is gone", async || !room.pod_uids("tidy").await.contains_key("tidy-n0-0"))
        .await;
    // Whoever goes on finds in the object's state what no pod tells any more.
    controller.kill();
    let controller = room.work_with(settings).await;
    let lines = room.wait_for("tidy", "run SUCCEEDED").await;
    assert_eq!(lines.iter().filter(|line| *line == "n0/0 RUNNING").count(), 1, "{lines:#?}");
    assert_eq!(room.attempt_errors("tidy"), [""; 0]);
    room.ended("tidy").await;
    room.until("all pods are gone", async || room.pod_uids("tidy").await.is_empty()).await;
    controller.stop().await;
}
