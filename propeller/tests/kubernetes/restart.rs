//! Controllers, control planes and watches come and go: nothing is lost, and nothing runs twice.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::flow::{Flow, How, SLOW};
use crate::harness::Room;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_controllers_runs_go_on_with_their_pods() {
    let room = Room::new().await;
    let flow = Flow::chain(4, How { says: &SLOW, ..Default::default() });
    room.launch("killed", &flow).await;
    for node in 0..3 {
        let controller = room.work().await;
        room.wait_for("killed", &format!("n{node}/0 RUNNING")).await;
        controller.kill();
    }
    let before = room.pod_uids("killed").await;
    let controller = room.work().await;
    room.wait_for("killed", "run SUCCEEDED").await;
    room.ended("killed").await;
    let after = room.pod_uids("killed").await;
    assert_eq!(after.len(), 4, "{after:?}");
    assert!(before.iter().all(|(name, uid)| after.get(name) == Some(uid)), "{before:?} {after:?}");
    assert_eq!(room.attempt_errors("killed"), [""; 0]);
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_while_the_control_plane_is_away_and_is_told_after() {
    let room = Room::new().await;
    room.sink.is_away.store(true, Ordering::SeqCst);
    let controller = room.work().await;
    room.launch("away", &Flow::chain(3, How::default())).await;
    room.until("all pods are there", async || room.pod_uids("away").await.len() == 3).await;
    let object = room.workflows().get("away").await.unwrap();
    assert!(object.data["status"]["stoppedAt"].is_null(), "no state is kept whose events nobody got");
    room.sink.is_away.store(false, Ordering::SeqCst);
    let lines = room.wait_for("away", "run SUCCEEDED").await;
    let at = |line: &str| lines.iter().position(|known| known == line).unwrap();
    assert!(at("n0 SUCCEEDED") < at("n1 QUEUED") && at("n1 SUCCEEDED") < at("n2 QUEUED"), "{lines:#?}");
    room.ended("away").await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_whose_events_are_not_taken_holds_no_other_up_and_loses_none() {
    let room = Room::new().await;
    *room.sink.held.lock().unwrap() = Some("held");
    let controller = room.work().await;
    room.launch("held", &Flow::chain(3, How::default())).await;
    room.launch("free", &Flow::chain(3, How::default())).await;
    room.wait_for("free", "run SUCCEEDED").await;
    room.ended("free").await;
    room.until("all pods are there", async || room.pod_uids("held").await.len() == 3).await;
    let object = room.workflows().get("held").await.unwrap();
    assert!(object.data["status"]["stoppedAt"].is_null(), "no state is kept whose events nobody got");
    *room.sink.held.lock().unwrap() = None;
    let lines = room.wait_for("held", "run SUCCEEDED").await;
    let free = room.wait_for("free", "run SUCCEEDED").await;
    // How often an attempt's waiting is told depends on when one looks.
    let of_nodes =
        |lines: Vec<String>| lines.into_iter().filter(|line| !line.contains('/')).collect::<Vec<_>>();
    assert_eq!(of_nodes(lines), of_nodes(free), "nothing is lost, told twice or out of its order");
    room.ended("held").await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_dies_before_anything_was_told_tells_it_later() {
    let room = Room::new().await;
    room.sink.is_away.store(true, Ordering::SeqCst);
    let controller = room.work().await;
    room.launch("untold", &Flow::chain(3, How::default())).await;
    room.until("all pods are there", async || room.pod_uids("untold").await.len() == 3).await;
    controller.kill();
    room.sink.is_away.store(false, Ordering::SeqCst);
    let before = room.pod_uids("untold").await;
    let controller = room.work().await;
    let lines = room.wait_for("untold", "run SUCCEEDED").await;
    for node in 0..3 {
        assert_eq!(
            lines.iter().filter(|line| **line == format!("n{node}/0 SUCCEEDED")).count(),
            1,
            "{lines:#?}"
        );
    }
    assert_eq!(room.pod_uids("untold").await, before);
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_old_runs_are_removed() {
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("old", &Flow::one(How::default())).await;
    room.ended("old").await;
    controller.stop().await;
    let long_ago = serde_json::json!({"metadata": {"labels": {"completed-time": "2020-01-01.00"}}});
    let merge = kube::api::Patch::Merge(&long_ago);
    room.workflows().patch("old", &Default::default(), &merge).await.unwrap();
    let settings =
        aileron_propeller::kubernetes::Settings { keep_ended: Duration::from_secs(3600), ..room.settings() };
    let controller = room.work_with(settings).await;
    room.until("the old object is gone", async || room.workflows().get_opt("old").await.unwrap().is_none())
        .await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_too_large_for_its_object_is_gone_on_from_in_the_store() {
    let room = Room::new().await;
    let settings = aileron_propeller::kubernetes::Settings { inline_state: 100, ..room.settings() };
    let controller = room.work_with(settings.clone()).await;
    room.launch("large", &Flow::chain(4, How { says: &SLOW, ..Default::default() })).await;
    room.wait_for("large", "n1/0 RUNNING").await;
    room.until("its state lies in the store", async || {
        let object = room.workflows().get("large").await.unwrap();
        let checkpoint = &object.data["status"]["checkpoint"];
        checkpoint["stateUri"].is_string() && checkpoint["state"].is_null()
    })
    .await;
    controller.kill();
    let controller = room.work_with(settings).await;
    let lines = room.wait_for("large", "run SUCCEEDED").await;
    assert_eq!(lines.iter().filter(|line| *line == "n0/0 RUNNING").count(), 1, "{lines:#?}");
    room.ended("large").await;
    assert_eq!(room.pod_uids("large").await.len(), 4);
    assert_eq!(room.attempt_errors("large"), [""; 0]);
    controller.stop().await;
}
