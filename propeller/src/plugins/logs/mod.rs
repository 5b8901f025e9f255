//! Links to logs that the platform keeps elsewhere, by templates.

pub mod settings;
mod uri;

use std::collections::BTreeMap;

use aileron_idl::core::TaskLog;
use jiff::{SignedDuration, Timestamp as Instant};
use k8s_openapi::api::core::v1::Pod;
use kube::api::DynamicObject;

use super::pod::PRIMARY;
use crate::container::environment::Identity;
use settings::{LogSettings, Scheme, Template};

/// Names in a task's configuration the dynamic links that it has.
const LINK_TYPE: &str = "link_type";
/// As Flyte calls links to logs of the user's own container.
const OF_USER: &str = " (User)";
/// Until when a pod may log that has not ended.
const OPEN_END: SignedDuration = SignedDuration::from_hours(24);

/// An attempt whose logs are linked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogView<'a> {
    /// The attempt's object, which need not say of what kind it is.
    pub(crate) object: &'a DynamicObject,
    pub(crate) is_pod: bool,
    pub(crate) identity: Identity<'a>,
    /// The node's id among all of the execution's.
    pub(crate) node_id: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) generated_name: &'a str,
    /// The task's configuration.
    pub(crate) config: &'a BTreeMap<String, String>,
}

/// The links of an attempt, of which those are left out that ask for what is not known yet.
pub(crate) fn links(settings: &LogSettings, view: &LogView<'_>) -> Vec<TaskLog> {
    let named = view.config.get(LINK_TYPE).map(String::as_str).unwrap_or_default();
    let templates = settings.templates(named);
    if templates.is_empty() {
        return Vec::new();
    }
    let pod = if view.is_pod { view.object.clone().try_parse::<Pod>().ok() } else { None };
    let fits = |template: &&Template| template.scheme == Scheme::TaskExecution || pod.is_some();
    templates.iter().filter(fits).filter_map(|template| link(template, view, pod.as_ref())).collect()
}

fn link(template: &Template, view: &LogView<'_>, pod: Option<&Pod>) -> Option<TaskLog> {
    let suffix = if template.scheme == Scheme::Pod { OF_USER } else { "" };
    let name = format!("{}{suffix}", template.display_name);
    let known = |variable: &'static str| {
        let found = match variable {
            "logName" => Some(name.clone()),
            _ => of_attempt(variable, view).or_else(|| of_pod(variable, pod?)),
        };
        found.filter(|text| !text.is_empty())
    };
    let render = |uri: &uri::TemplateUri| uri.render(known, |key| view.config.get(key));
    Some(TaskLog {
        uri: template.template_uris.iter().find_map(render)?,
        name,
        message_format: template.message_format,
        show_while_pending: template.show_while_pending,
        hide_once_finished: template.hide_once_finished,
        ..TaskLog::default()
    })
}

fn of_attempt(variable: &str, view: &LogView<'_>) -> Option<String> {
    let Identity { execution, task, attempt, .. } = view.identity;
    Some(match variable {
        "namespace" => view.namespace.to_owned(),
        "taskProject" => task.project.clone(),
        "taskDomain" => task.domain.clone(),
        "taskID" => task.name.clone(),
        "taskVersion" => task.version.clone(),
        "taskRetryAttempt" => attempt.to_string(),
        "nodeID" => view.node_id.to_owned(),
        "executionName" => execution.name.clone(),
        "executionProject" => execution.project.clone(),
        "executionDomain" => execution.domain.clone(),
        "generatedName" => view.generated_name.to_owned(),
        _ => return None,
    })
}

fn of_pod(variable: &str, pod: &Pod) -> Option<String> {
    let (meta, spec, status) = (&pod.metadata, pod.spec.as_ref(), pod.status.as_ref());
    let primary = || {
        let named = meta.annotations.as_ref().and_then(|annotations| annotations.get(PRIMARY)).cloned();
        named.or_else(|| Some(spec?.containers.first()?.name.clone()))
    };
    let container = || {
        let primary = primary()?;
        status?.container_statuses.iter().flatten().find(|container| container.name == primary)
    };
    let start = || {
        let started = status.and_then(|status| status.start_time.as_ref());
        Some(started.or(meta.creation_timestamp.as_ref())?.0)
    };
    let finish = || {
        let ended = container().and_then(|container| {
            Some(container.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref()?.0)
        });
        ended.or_else(|| start()?.checked_add(OPEN_END).ok())
    };
    let rfc3339 = |at: Instant| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    match variable {
        "podName" => meta.name.clone(),
        "podUID" => meta.uid.clone(),
        "containerName" => primary(),
        "containerId" => {
            let id = container()?.container_id.clone()?;
            id.rsplit('/').next().map(str::to_owned)
        }
        "hostname" => spec?.hostname.clone(),
        "nodeName" => spec?.node_name.clone(),
        "podRFC3339StartTime" => start().map(rfc3339),
        "podRFC3339FinishTime" => finish().map(rfc3339),
        "podUnixStartTime" => start().map(|at| at.as_second().to_string()),
        "podUnixFinishTime" => finish().map(|at| at.as_second().to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aileron_crd::ExecutionId;
    use aileron_idl::core::Identifier;
    use serde_json::{Value, json};

    use super::*;

    fn found(settings: &Value, object: Value) -> Vec<(String, String)> {
        let settings: LogSettings = serde_json::from_value(settings.clone()).unwrap();
        let is_pod = object["kind"] == "Pod";
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        let execution =
            ExecutionId { project: "p".into(), domain: "d".into(), name: "aqzcpcv9fg8hm8skpwgx".into() };
        let id = Identifier {
            project: "p".into(),
            domain: "d".into(),
            name: "t".into(),
            version: "v".into(),
            ..Identifier::default()
        };
        let config = BTreeMap::from([
            ("link_type".to_owned(), "vscode, wandb".to_owned()),
            ("port".to_owned(), "8080".to_owned()),
        ]);
        let identity = Identity { execution: &execution, workflow: &id, task: &id, attempt: 2, item: None };
        let view = LogView {
            object: &object,
            is_pod,
            identity,
            node_id: "n0",
            namespace: "flytesnacks-development",
            generated_name: "aqzcpcv9fg8hm8skpwgx-n0-2",
            config: &config,
        };
        links(&settings, &view).into_iter().map(|link| (link.name, link.uri)).collect()
    }

    fn pod() -> Value {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "aqzcpcv9fg8hm8skpwgx-n0-0", "uid": "u"},
            "spec": {"containers": [{"name": "c"}], "nodeName": "node-1"},
            "status": {
                "startTime": "2026-01-01T00:00:00Z",
                "containerStatuses": [{
                    "name": "c", "containerID": "containerd://abc", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                    "state": {"terminated": {"exitCode": 0, "finishedAt": "2026-01-01T00:01:00Z"}},
                }],
            },
        })
    }

    fn one(name: &str, uri: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), uri.to_owned())]
    }

    #[test]
    fn the_dashboards_link_is_as_recorded() {
        let settings = json!({"kubernetes-enabled": true, "kubernetes-url": "http://localhost:30082"});
        let recorded = "http://localhost:30082/#!/log/flytesnacks-development/aqzcpcv9fg8hm8skpwgx-n0-0/pod?namespace=flytesnacks-development";
        assert_eq!(found(&settings, pod()), one("Kubernetes Logs (User)", recorded));
    }

    #[test]
    fn every_variable_has_its_value() {
        let all =
            uri::NAMES.iter().filter(|name| **name != "hostname").map(|name| format!("{{{{ .{name} }}}}"));
        let all = all.collect::<Vec<_>>().join("|");
        let settings = json!({"templates": [{"displayName": "All", "templateUris": [all]}]});
        let expected = "All (User)|aqzcpcv9fg8hm8skpwgx-n0-0|u|flytesnacks-development|c|abc|node-1|2026-01-01T00:00:00Z|\
            2026-01-01T00:01:00Z|1767225600|1767225660|p|d|t|v|2|n0|aqzcpcv9fg8hm8skpwgx|p|d|aqzcpcv9fg8hm8skpwgx-n0-2";
        assert_eq!(found(&settings, pod()), one("All (User)", expected));
    }

    #[test]
    fn the_first_address_counts_that_is_known_and_none_is_no_link() {
        let template = |uris: &[&str]| json!({"templates": [{"displayName": "L", "messageFormat": "json", "templateUris": uris}]});
        let settings = template(&["h/{{.hostname}}", "n/{{.nodeName}}"]);
        assert_eq!(found(&settings, pod()), one("L (User)", "n/node-1"));
        assert_eq!(found(&template(&["h/{{.hostname}}"]), pod()), []);
    }

    #[test]
    fn a_job_has_links_of_its_attempt_alone_and_those_that_the_task_names() {
        let job = json!({"apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": {"name": "j"}});
        let settings = json!({
            "cloudwatch-enabled": true,
            "templates": [{"displayName": "T", "scheme": "TaskExecution", "templateUris": ["t/{{.executionName}}/{{.taskRetryAttempt}}"]}],
            "dynamic-log-links": [
                {"vscode": {"displayName": "V", "scheme": "TaskExecution", "linkType": "ide", "templateUris": ["v:{{ .taskConfig.port }}"]}},
                {"neptune": {"displayName": "N", "scheme": "TaskExecution", "templateUris": ["n"]}},
            ],
        });
        let expected = [("T", "t/aqzcpcv9fg8hm8skpwgx/2"), ("V", "v:8080")];
        let expected: Vec<_> =
            expected.iter().map(|(name, uri)| ((*name).to_owned(), (*uri).to_owned())).collect();
        assert_eq!(found(&settings, job), expected);
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        for (settings, expected) in [
            (json!({"templates": [{"templateUris": ["{{ .pod }}"]}]}), "asks for `pod`"),
            (json!({"templates": [{"messageFormat": "xml"}]}), "write unknown, csv or json"),
            (json!({"templates": [{"scheme": "Node"}]}), "unknown variant `Node`"),
            (json!({"kubernetes-adress": ""}), "unknown field"),
        ] {
            let error = serde_json::from_value::<LogSettings>(settings).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
