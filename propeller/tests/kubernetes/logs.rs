//! Links to logs that the platform keeps elsewhere.

use aileron_propeller::kubernetes::Settings;
use serde_json::json;

use crate::flow::{ENDLESS, Flow, How};
use crate::harness::Room;

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_has_the_links_that_templates_say_once_they_are_known() {
    let room = Room::new().await;
    let mut settings: Settings = room.settings();
    settings.plugins.logs = serde_json::from_value(json!({
        "kubernetes-enabled": true,
        "kubernetes-url": "http://dashboard",
        "templates": [
            {"displayName": "Search", "templateUris": ["http://logs/{{.podUID}}?from={{.podUnixStartTime}}"]},
            {"displayName": "Never", "templateUris": ["http://logs/{{.taskConfig.nothing}}"]},
        ],
    }))
    .unwrap();
    let controller = room.work_with(settings).await;
    room.launch("linked", &Flow::one(How { says: &ENDLESS, ..How::default() })).await;
    room.wait_for("linked", "n0/0 RUNNING").await;
    let uid = room.pod_uids("linked").await["linked-n0-0"].clone();
    let namespace = &room.namespace;
    let dashboard = format!("http://dashboard/#!/log/{namespace}/linked-n0-0/pod?namespace={namespace}");
    room.until("both links are told", async || {
        let logs = room.logs("linked");
        logs.contains(&dashboard)
            && logs.iter().any(|uri| uri.starts_with(&format!("http://logs/{uid}?from=")))
    })
    .await;
    assert!(!room.logs("linked").iter().any(|uri| uri.contains("nothing")));
    room.delete("linked").await;
    room.wait_for("linked", "run ABORTED").await;
    controller.stop().await;
}
