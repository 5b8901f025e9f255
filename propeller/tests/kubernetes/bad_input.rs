//! What users and administrators do to objects: each ends in a phase, a reason and a message, and is not looked at
//! over and over.

use aileron_idl::core::{Container, TaskTemplate, task_template};
use k8s_openapi::api::core::v1::{Pod, ResourceQuota};
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::flow::{ENDLESS, Flow, How, SLOW};
use crate::harness::Room;

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_nonsense_fails_and_says_why() {
    let room = Room::new().await;
    let controller = room.work().await;
    let mut object = room.object("nonsense", &Flow::one(How::default())).await;
    object["executionConfig"] = json!({"MaxParallelism": "as many as there are"});
    room.create(object).await;
    room.wait_for("nonsense", "run FAILED").await;
    let error = room.run_error("nonsense");
    assert_eq!((error.code.as_str(), error.kind().as_str_name()), ("BadSpecificationError", "USER"));
    assert!(error.message.contains("as many as there are"), "{}", error.message);
    let object = room.ended("nonsense").await;
    assert_eq!(object.data["status"]["phase"], 5);
    assert!(
        object.data["status"]["message"]
            .as_str()
            .unwrap()
            .contains("no flyteworkflow that this version can read")
    );
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_whose_closure_is_not_there_fails() {
    let room = Room::new().await;
    let controller = room.work().await;
    let mut object = room.object("lost", &Flow::one(How::default())).await;
    object["workflowClosureReference"] = json!(room.storage.uri(&["closures", "nothing"]));
    room.create(object).await;
    room.wait_for("lost", "run FAILED").await;
    assert_eq!(room.run_error("lost").code, "BadSpecificationError");
    assert_eq!(room.ended("lost").await.data["status"]["phase"], 5);
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_edited_while_it_runs_goes_on_as_it_began() {
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("edited", &Flow::chain(3, How { says: &SLOW, ..Default::default() })).await;
    room.wait_for("edited", "n0/0 RUNNING").await;
    let patch =
        json!({"executionId": {"name": "another"}, "spec": {"nodes": 7}, "workflowClosureReference": "x"});
    room.workflows().patch("edited", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    room.wait_for("edited", "run SUCCEEDED").await;
    room.ended("edited").await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_of_a_later_version_is_refused_and_named() {
    let room = Room::new().await;
    let object = room.object("future", &Flow::one(How::default())).await;
    room.create(object).await;
    let status = json!({"status": {"phase": 1, "checkpoint": {"version": 99, "state": "?"}}});
    let merge = Patch::Merge(&status);
    room.workflows().patch("future", &PatchParams::default(), &merge).await.unwrap();
    let controller = room.work().await;
    room.wait_for("future", "run FAILED").await;
    let error = room.run_error("future");
    assert!(
        error.message.contains("a later version of the propeller (form 99; this one knows 1)"),
        "{}",
        error.message
    );
    controller.stop().await;
}

/// Child executions have their parent's label.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_object_takes_its_pods_and_leaves_its_childrens() {
    let room = Room::new().await;
    let controller = room.work().await;
    let endless = Flow::one(How { says: &ENDLESS, ..Default::default() });
    room.launch("parent", &endless).await;
    let mut child = room.object("child", &endless).await;
    child["metadata"]["labels"]["execution-id"] = json!("parent");
    room.create(child).await;
    for name in ["parent", "child"] {
        room.wait_for(name, "n0/0 RUNNING").await;
        room.until("its state is kept", async || {
            !room.workflows().get(name).await.unwrap().data["status"]["checkpoint"].is_null()
        })
        .await;
    }
    controller.stop().await;
    let status = json!({"status": {"checkpoint": {"version": 99}}});
    room.workflows().patch("parent", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
    let uid = room.pods().get("child-n0-0").await.unwrap().uid();

    let controller = room.work().await;
    room.wait_for("parent", "run FAILED").await;
    room.until("its pod goes", async || room.pods().get_opt("parent-n0-0").await.unwrap().is_none()).await;
    let childs = room.pods().get("child-n0-0").await.unwrap();
    assert_eq!((childs.uid(), childs.metadata.deletion_timestamp), (uid, None));
    room.delete("child").await;
    room.wait_for("child", "run ABORTED").await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_a_user_deletes_is_the_platforms_failure() {
    let room = Room::new().await;
    let controller = room.work().await;
    room.launch("deleted", &Flow::one(How { says: &ENDLESS, ..Default::default() })).await;
    room.wait_for("deleted", "n0/0 RUNNING").await;
    room.pods().delete("deleted-n0-0", &DeleteParams::default()).await.unwrap();
    room.wait_for("deleted", "n0/1 RUNNING").await;
    let errors = room.attempt_errors("deleted");
    let expected = ["SYSTEM UnexpectedObjectDeletion", "SYSTEM ResourceDeletedExternally"];
    assert!(errors.len() == 1 && expected.contains(&errors[0].as_str()), "{errors:?}");
    room.delete("deleted").await;
    room.wait_for("deleted", "run ABORTED").await;
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_pod_of_the_same_name_is_left_alone() {
    let room = Room::new().await;
    let stranger: Pod = serde_json::from_value(json!({
        "metadata": {"name": "taken-n0-0", "labels": {"who": "stranger"},
            "annotations": {"instant-node/run-ms": "600000"}},
        "spec": {"containers": [{"name": "c", "image": "registry.local/c:1"}]},
    }))
    .unwrap();
    let uid = room.pods().create(&PostParams::default(), &stranger).await.unwrap().uid();
    let controller = room.work().await;
    room.launch("taken", &Flow::one(How::default())).await;
    room.wait_for("taken", "run FAILED").await;
    let error = room.run_error("taken");
    assert_eq!(error.code, "ObjectNameTaken");
    assert!(error.message.contains("belongs to someone else (who=stranger)"), "{}", error.message);
    assert_eq!(room.pods().get("taken-n0-0").await.unwrap().uid(), uid);
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_waited_for_and_costs_no_retry() {
    let room = Room::new().await;
    quota(&room, "1").await;
    let controller = room.work().await;
    room.launch("quota", &Flow::fan_out(2, How { says: &SLOW, cpu: Some("1"), ..Default::default() })).await;
    room.until("one waits", async || {
        room.reasons("quota").iter().any(|reason| reason.contains("exceeded quota"))
    })
    .await;
    let status = json!({"status": {"used": {"requests.cpu": "0"}}});
    quotas(&room).patch_status("q", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
    room.wait_for("quota", "run SUCCEEDED").await;
    assert_eq!(room.attempt_errors("quota"), [""; 0]);
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_more_than_the_whole_quota_fails_at_once() {
    let room = Room::new().await;
    quota(&room, "1").await;
    let controller = room.work().await;
    room.launch("large", &Flow::one(How { cpu: Some("3"), retries: 3, ..Default::default() })).await;
    room.wait_for("large", "run FAILED").await;
    assert_eq!(room.attempt_errors("large"), ["USER ResourceRequestsExceedLimits"]);
    controller.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_larger_than_the_cluster_takes_fails_at_once_and_says_so() {
    let room = Room::new().await;
    let controller = room.work().await;
    // More than its database takes, and more than the API server does.
    for (name, size) in [("large", 2 << 20), ("larger", 4 << 20)] {
        let container =
            Container { image: "i:1".into(), args: vec!["x".repeat(size)], ..Container::default() };
        let task = TaskTemplate {
            r#type: "container".into(),
            target: Some(task_template::Target::Container(container)),
            ..TaskTemplate::default()
        };
        room.launch(name, &Flow::of(task, 3)).await;
        room.until("it has an end", async || {
            let reasons = room.reasons(name);
            assert!(reasons.is_empty(), "it is waited for: {reasons:?}");
            !room.attempt_errors(name).is_empty()
        })
        .await;
        room.wait_for(name, "run FAILED").await;
        assert_eq!(room.attempt_errors(name), ["USER EntityTooLarge"]);
        assert!(room.run_error(name).message.contains("Kubernetes refused the task's object"));
        assert!(room.pod_uids(name).await.is_empty());
    }
    controller.stop().await;
}

/// A quota of processors. The cluster has no controller that counts what quotas have used, so its part is played here.
async fn quota(room: &Room, cpu: &str) {
    let quota: ResourceQuota = serde_json::from_value(json!({
        "metadata": {"name": "q"}, "spec": {"hard": {"requests.cpu": cpu}},
    }))
    .unwrap();
    quotas(room).create(&PostParams::default(), &quota).await.unwrap();
    let status = json!({"status": {"hard": {"requests.cpu": cpu}, "used": {"requests.cpu": "0"}}});
    quotas(room).patch_status("q", &PatchParams::default(), &Patch::Merge(&status)).await.unwrap();
}

fn quotas(room: &Room) -> Api<ResourceQuota> {
    Api::namespaced(room.client.clone(), &room.namespace)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_without_the_right_to_make_pods_says_so() {
    use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
    let room = Room::new().await;
    let user = "limited";
    let role: Role = serde_json::from_value(json!({
        "metadata": {"name": "limited"},
        "rules": [
            {"apiGroups": ["flyte.lyft.com"], "resources": ["*"], "verbs": ["*"]},
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "delete"]},
        ],
    }))
    .unwrap();
    let binding: RoleBinding = serde_json::from_value(json!({
        "metadata": {"name": "limited"},
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}],
        "roleRef": {"kind": "Role", "name": "limited", "apiGroup": "rbac.authorization.k8s.io"},
    }))
    .unwrap();
    let params = PostParams::default();
    Api::<Role>::namespaced(room.client.clone(), &room.namespace).create(&params, &role).await.unwrap();
    Api::<RoleBinding>::namespaced(room.client.clone(), &room.namespace)
        .create(&params, &binding)
        .await
        .unwrap();
    let controller = room.work_as(Some(user), room.settings()).await;
    room.launch("forbidden", &Flow::one(How::default())).await;
    room.wait_for("forbidden", "run FAILED").await;
    assert_eq!(room.attempt_errors("forbidden"), ["USER RuntimeFailure"]);
    let message = room.run_error("forbidden").message;
    assert!(message.contains("cannot create resource \"pods\""), "{message}");
    controller.stop().await;
}
