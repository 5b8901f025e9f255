//! Every row of the table from a pod's status to its phase.

#![expect(clippy::needless_pass_by_value, reason = "a case writes its status where it is used")]

use aileron_engine::Timestamp;
use kube::api::DynamicObject;
use serde_json::{Value, json};

use super::super::super::config::Config;
use super::super::super::{Phase, Report};
use super::observe;

/// A minute after the pods below were made.
const NOW: &str = "2026-01-01T00:01:00Z";
const MADE: &str = "2026-01-01T00:00:00Z";
const STARTED: &str = "2026-01-01T00:00:10Z";
const ENDED: &str = "2026-01-01T00:00:40Z";

fn at(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap();
    Timestamp(i64::try_from(at.as_nanosecond()).unwrap())
}

fn pod(status: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "namespace": "ns", "creationTimestamp": MADE,
            "annotations": {"primary_container_name": "main"}},
        "spec": {"containers": [{"name": "main"}, {"name": "side"}]},
        "status": status,
    })
}

fn seen_by(pod: Value, config: &Config, now: &str) -> Report {
    let object: DynamicObject = serde_json::from_value(pod).unwrap();
    observe(&object, config, at(now))
}

/// The phase in a line, and what is waited for.
fn told(report: &Report) -> String {
    let phase = match &report.phase {
        Phase::Queued => "queued".to_owned(),
        Phase::Initializing => "initializing".to_owned(),
        Phase::Running { .. } => "running".to_owned(),
        Phase::Succeeded { .. } => "succeeded".to_owned(),
        Phase::Failed { failure, clean_up, .. } => {
            let again = if failure.recoverable { "" } else { " for good" };
            let clean_up = if *clean_up { ", cleaned up" } else { "" };
            format!("failed{again}: {} {}{clean_up}", failure.kind.text(), failure.code)
        }
    };
    let again =
        report.look_again.map(|again| format!(", again in {} s", (again.0 - at(NOW).0) / 1_000_000_000));
    format!("{phase}{}", again.unwrap_or_default())
}

fn check(status: Value, expected: &str) {
    let report = seen_by(pod(status.clone()), &Config::default(), NOW);
    assert_eq!(told(&report), expected, "{status:#}");
}

fn terminated(name: &str, code: i32, reason: &str) -> Value {
    json!({"name": name, "state": {"terminated":
        {"exitCode": code, "reason": reason, "startedAt": STARTED, "finishedAt": ENDED}}})
}

fn ready_is_false(waiting: &str) -> Value {
    json!({"phase": "Pending",
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": MADE},
            {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "containers with unready \
             status: [main]", "lastTransitionTime": MADE}],
        "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": waiting, "message": "why"}}}]})
}

#[test]
fn a_pod_that_succeeded() {
    check(
        json!({"phase": "Succeeded", "containerStatuses": [terminated("main", 0, "Completed")]}),
        "succeeded",
    );
    check(
        json!({"phase": "Succeeded", "containerStatuses": [terminated("main", 0, "Completed"),
            terminated("side", 137, "OOMKilled")]}),
        "failed: USER OOMKilled",
    );
    check(
        json!({"phase": "Succeeded", "initContainerStatuses": [terminated("init", 137, "OOMKilled")]}),
        "failed: USER OOMKilled",
    );
}

#[test]
fn a_pod_that_failed() {
    let failed = |reason: &str, containers: Value| json!({"phase": "Failed", "reason": reason, "containerStatuses": containers});
    for reason in ["Shutdown", "Terminated", "NodeShutdown", "NodeAffinity"] {
        check(failed(reason, json!([])), "failed: SYSTEM Interrupted");
    }
    for code in [137, 247] {
        check(failed("", json!([terminated("main", code, "Error")])), "failed: SYSTEM Interrupted");
        check(failed("", json!([terminated("side", code, "Error")])), "failed: USER Interrupted");
    }
    check(failed("", json!([])), "failed: SYSTEM Interrupted");
    check(failed("", json!([terminated("main", 137, "OOMKilled")])), "failed: USER OOMKilled");
    check(failed("NodeShutdown", json!([terminated("main", 137, "OOMKilled")])), "failed: SYSTEM OOMKilled");
    check(failed("Evicted", json!([])), "failed: USER Evicted");
    check(
        failed("DeadlineExceeded", json!([terminated("main", 1, "Error")])),
        "failed: USER DeadlineExceeded",
    );
    check(failed("", json!([terminated("main", 3, "Error")])), "failed: USER Error");
    let restarted = json!([{"name": "main", "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
        "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]);
    check(failed("", restarted), "failed: USER OOMKilled");
}

#[test]
fn a_pod_that_was_disrupted() {
    for (reason, expected) in [
        ("PreemptionByScheduler", "failed: SYSTEM Interrupted"),
        ("DeletionByTaintManager", "failed: SYSTEM Interrupted"),
        ("EvictionByEvictionAPI", "failed: SYSTEM Interrupted"),
        ("DeletionByPodGC", "failed: SYSTEM Interrupted"),
        ("TerminationByKubelet", "failed: USER Evicted"),
    ] {
        check(
            json!({"phase": "Failed", "reason": "Evicted",
                "conditions": [{"type": "DisruptionTarget", "status": "True", "reason": reason}]}),
            expected,
        );
    }
}

#[test]
fn a_pod_that_is_pending() {
    check(json!({"phase": "Pending"}), "queued");
    check(json!({}), "queued");
    check(
        json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
            "message": "0/1 nodes are available"}]}),
        "queued",
    );
    for reason in ["ErrImagePull", "ContainerCreating", "PodInitializing"] {
        check(ready_is_false(reason), "initializing");
    }
    check(ready_is_false("CreateContainerError"), "initializing, again in 120 s");
    check(ready_is_false("ImagePullBackOff"), "initializing, again in 120 s");
    check(
        ready_is_false("CreateContainerConfigError"),
        "failed for good: USER ContainersNotReady|CreateContainerConfigError, cleaned up",
    );
    check(
        ready_is_false("InvalidImageName"),
        "failed for good: USER ContainersNotReady|InvalidImageName, cleaned up",
    );
    for reason in ["RunContainerError", "CrashLoopBackOff", "RegistryUnavailable"] {
        check(ready_is_false(reason), &format!("failed: SYSTEM ContainersNotReady|{reason}, cleaned up"));
    }
}

#[test]
fn what_is_waited_for_too_long() {
    let late = "2026-01-01T00:03:00Z";
    let seen = |status| told(&seen_by(pod(status), &Config::default(), late));
    assert_eq!(
        seen(ready_is_false("ImagePullBackOff")),
        "failed: USER ContainersNotReady|ImagePullBackOff, cleaned up"
    );
    assert_eq!(
        seen(ready_is_false("CreateContainerError")),
        "failed for good: USER ContainersNotReady|CreateContainerError, cleaned up"
    );
    let impatient = Config { pod_pending_timeout: std::time::Duration::from_secs(90), ..Config::default() };
    let seen = |status, now| told(&seen_by(pod(status), &impatient, now));
    assert_eq!(seen(ready_is_false("ContainerCreating"), NOW), "initializing, again in 30 s");
    assert_eq!(seen(ready_is_false("ContainerCreating"), late), "failed: USER PodPendingTimeout, cleaned up");
}

#[test]
fn an_init_container_whose_image_is_not_there() {
    let status = json!({"phase": "Pending", "startTime": MADE,
        "initContainerStatuses": [{"name": "init", "state": {"waiting": {"reason": "ImagePullBackOff"}}}],
        "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": "PodInitializing"}}}]});
    check(status.clone(), "initializing, again in 120 s");
    let report = seen_by(pod(status), &Config::default(), "2026-01-01T00:04:00Z");
    assert_eq!(told(&report), "failed: USER ContainersNotReady|ImagePullBackOff, cleaned up");
}

#[test]
fn a_pod_that_runs() {
    let running = |main: Value| json!({"phase": "Running", "containerStatuses": [main]});
    check(running(json!({"name": "main", "state": {"running": {"startedAt": STARTED}}})), "running");
    check(running(json!({"name": "main", "state": {"waiting": {"reason": "x"}}})), "running");
    check(running(json!({"name": "side"})), "running");
    check(running(terminated("main", 0, "Completed")), "succeeded");
    check(running(terminated("main", 137, "OOMKilled")), "failed: USER OOMKilled");
    check(running(terminated("main", 137, "Error")), "failed: SYSTEM Error");
    check(running(terminated("main", 5, "Error")), "failed: USER Error");
}

#[test]
fn a_pod_without_the_container_that_counts() {
    let mut missing = pod(json!({"phase": "Running", "containerStatuses": []}));
    missing["spec"]["containers"] = json!([{"name": "other"}]);
    let report = seen_by(missing, &Config::default(), NOW);
    assert_eq!(told(&report), "failed for good: USER PrimaryContainerNotFound");
    let unnamed = |containers: Value| {
        let mut pod = pod(json!({"phase": "Running", "containerStatuses": containers}));
        pod["metadata"]["annotations"] = json!({});
        told(&seen_by(pod, &Config::default(), NOW))
    };
    assert_eq!(unnamed(json!([terminated("a", 0, ""), {"name": "b"}])), "running");
    assert_eq!(unnamed(json!([terminated("a", 0, ""), terminated("b", 0, "")])), "succeeded");
}

#[test]
fn a_pod_that_someone_deletes() {
    let deleted = |status: Value| {
        let mut pod = pod(status);
        pod["metadata"]["deletionTimestamp"] = NOW.into();
        told(&seen_by(pod, &Config::default(), NOW))
    };
    assert_eq!(deleted(json!({"phase": "Running"})), "failed: SYSTEM UnexpectedObjectDeletion");
    assert_eq!(
        deleted(json!({"phase": "Succeeded", "containerStatuses": [terminated("main", 0, "Completed")]})),
        "succeeded"
    );
}

#[test]
fn the_times_of_an_end_are_the_containers() {
    let status = json!({"phase": "Succeeded", "containerStatuses": [terminated("main", 0, "Completed")]});
    let Phase::Succeeded { since, at: end } = seen_by(pod(status), &Config::default(), NOW).phase else {
        panic!()
    };
    assert_eq!((since, end), (at(STARTED), at(ENDED)));
}

#[test]
fn any_status_gives_a_report() {
    for status in [
        json!(null),
        json!(7),
        json!({"phase": 3}),
        json!({"containerStatuses": "none"}),
        json!({"phase": "New"}),
    ] {
        let report = seen_by(pod(status.clone()), &Config::default(), NOW);
        assert!(!report.phase.is_terminal(), "{status}");
    }
}
