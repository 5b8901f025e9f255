//! How a job stands, read.

use std::collections::BTreeMap;

use aileron_engine::{ErrorKind, Failure};
use aileron_idl::core::TaskLog;
use aileron_idl::core::task_log::MessageFormat;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::answer::nonsense;
use crate::web::{CallError, Phase, Resource};

/// What is read of a job.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Job {
    pub(super) job_id: String,
    status: String,
    status_reason: Option<String>,
    container: Option<Container>,
    #[serde(deserialize_with = "or_default")]
    attempts: Vec<Try>,
    array_properties: Option<Array>,
    #[serde(deserialize_with = "or_default")]
    is_cancelled: bool,
    #[serde(deserialize_with = "or_default")]
    is_terminated: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    exit_code: Option<i64>,
    reason: Option<String>,
    log_stream_name: Option<String>,
}

/// One of Batch's own tries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Try {
    container: Option<Container>,
    status_reason: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Array {
    size: Option<u32>,
    status_summary: Option<BTreeMap<String, u32>>,
}

/// What is null is not there.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Where pages about jobs are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pages<'a> {
    pub(super) region: &'a str,
    pub(super) log_group: &'a str,
}

impl Job {
    /// Whether it is an array that failed: which of its jobs did, it does not say.
    pub(super) fn is_failed_array(&self) -> bool {
        self.array().is_some() && self.status == "FAILED"
    }

    fn array(&self) -> Option<&Array> {
        self.array_properties.as_ref().filter(|array| array.size.is_some())
    }

    /// How many jobs of the array are in a state.
    fn count(&self, state: &str) -> u32 {
        let summary = self.array().and_then(|array| array.status_summary.as_ref());
        summary.and_then(|summary| summary.get(state)).copied().unwrap_or_default()
    }

    /// Reads it; `child` is a job of an array that failed.
    pub(super) fn read(&self, pages: Pages<'_>, child: Option<&Job>) -> Result<Resource, CallError> {
        // An array is pending while its jobs run.
        let runs = ["RUNNING", "SUCCEEDED", "FAILED"].iter().any(|state| self.count(state) > 0);
        let phase = match self.status.as_str() {
            "PENDING" if runs => Phase::Running,
            "SUBMITTED" | "PENDING" | "RUNNABLE" => Phase::Queued,
            "STARTING" => Phase::Initializing,
            "RUNNING" => Phase::Running,
            "SUCCEEDED" => Phase::Succeeded(None),
            "FAILED" => Phase::Failed(self.failure(child)),
            other => {
                return Err(nonsense("DescribeJobs", &format!("with a status `{other}` that there is not")));
            }
        };
        let message = match self.status_reason.as_deref() {
            Some(reason) => format!("{}: {reason}", self.status),
            None => self.status.clone(),
        };
        Ok(Resource {
            phase,
            message,
            links: self.links(pages),
            info: Some(aileron_idl::json::structure(&self.info())),
        })
    }

    fn info(&self) -> Map<String, Value> {
        let mut info = Map::new();
        info.insert("jobId".to_owned(), json!(self.job_id));
        info.insert("status".to_owned(), json!(self.status));
        if self.attempts.len() > 1 {
            info.insert("attempts".to_owned(), json!(self.attempts.len()));
        }
        if let Some(array) = self.array() {
            info.insert("arraySize".to_owned(), json!(array.size));
            info.insert("statusSummary".to_owned(), json!(array.status_summary));
        }
        info
    }

    fn links(&self, Pages { region, log_group }: Pages<'_>) -> Vec<TaskLog> {
        let console = format!("https://{region}.console.aws.amazon.com");
        let link = |name: &str, uri: String| TaskLog {
            name: name.to_owned(),
            uri,
            message_format: MessageFormat::Json.into(),
            ..TaskLog::default()
        };
        let job = format!("{console}/batch/home?region={region}#jobs/detail/{}", self.job_id);
        let stream = self.container.as_ref().and_then(|container| container.log_stream_name.as_deref());
        let logs = stream.filter(|stream| !stream.is_empty()).map(|stream| {
            let (group, stream) = (twice_encoded(log_group), twice_encoded(stream));
            let place = format!("logsV2:log-groups/log-group/{group}/log-events/{stream}");
            link("CloudWatch Logs", format!("{console}/cloudwatch/home?region={region}#{place}"))
        });
        [link("AWS Batch Job", job)].into_iter().chain(logs).collect()
    }

    /// Whose fault a failure is. What the task wrote of its own end counts before it.
    fn failure(&self, child: Option<&Job>) -> Failure {
        if let Some(child) = child {
            let failure = child.failure(None);
            let message = format!("{} of the array: {}", child.job_id, failure.message);
            return Failure { message, ..failure };
        }
        let container =
            self.attempts.last().and_then(|last| last.container.as_ref()).or(self.container.as_ref());
        let of_last = self.attempts.last().and_then(|last| last.status_reason.as_deref());
        let reason = self.status_reason.as_deref().or(of_last).unwrap_or_default();
        let of_container = container.and_then(|container| container.reason.as_deref()).unwrap_or_default();
        let exit_code = container.and_then(|container| container.exit_code);
        let (code, kind, recoverable) = meaning(self, reason, of_container);
        let mut said: Vec<String> = [reason, of_container].map(str::to_owned).into();
        said.extend(exit_code.map(|code| format!("exit code {code}")));
        said.retain(|text| !text.is_empty());
        let message = if said.is_empty() { "AWS Batch gives no reason".to_owned() } else { said.join("; ") };
        Failure { kind, recoverable, ..Failure::system(code, message) }
    }
}

/// Code, whose fault, and whether another attempt may help.
fn meaning(job: &Job, reason: &str, of_container: &str) -> (&'static str, ErrorKind, bool) {
    let says = |text: &str| reason.contains(text) || of_container.contains(text);
    if job.is_cancelled || job.is_terminated {
        return ("TaskAborted", ErrorKind::User, false);
    }
    if says("OutOfMemory") {
        return ("OOMKilled", ErrorKind::User, true);
    }
    if says("attempt duration exceeded timeout") {
        return ("TimeoutExceeded", ErrorKind::User, true);
    }
    if says("CannotPullContainer") || says("CannotPullImage") {
        return ("ImagePullFailed", ErrorKind::User, true);
    }
    // The machine went, or could not be made ready.
    let of_host = [
        "Host EC2",
        "Task failed to start",
        "ResourceInitializationError",
        "DockerTimeoutError",
        "SpotInterruption",
    ];
    if of_host.into_iter().any(says) {
        return ("Interrupted", ErrorKind::System, true);
    }
    ("TaskFailedWithError", ErrorKind::User, true)
}

/// As CloudWatch's pages have it in their addresses: encoded, and the percent signs by `$25`.
fn twice_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("$25{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: Pages<'static> = Pages { region: "eu-west-1", log_group: "/aws/batch/job" };

    fn read(job: Value) -> String {
        let job: Job = serde_json::from_value(job).unwrap();
        match job.read(PAGES, None) {
            Ok(Resource { phase: Phase::Failed(failure), .. }) => {
                let again = if failure.recoverable { "again" } else { "never again" };
                format!("{} {}, {again}: {}", failure.kind.text(), failure.code, failure.message)
            }
            Ok(resource) => format!("{:?} ({})", resource.phase, resource.message),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn every_status_has_its_phase() {
        for (status, expected) in [
            ("SUBMITTED", "Queued (SUBMITTED)"),
            ("PENDING", "Queued (PENDING)"),
            ("RUNNABLE", "Queued (RUNNABLE)"),
            ("STARTING", "Initializing (STARTING)"),
            ("RUNNING", "Running (RUNNING)"),
            ("SUCCEEDED", "Succeeded(None) (SUCCEEDED)"),
        ] {
            assert_eq!(read(json!({"status": status})), expected);
        }
        assert!(read(json!({"status": "DREAMING"})).contains("BatchProtocolError"));
        assert!(read(json!({})).contains("BatchProtocolError"));
        let nulls = json!({"status": "RUNNING", "attempts": null, "isTerminated": null, "container": null, "arrayProperties": null});
        assert_eq!(read(nulls), "Running (RUNNING)");
        let stuck =
            json!({"status": "RUNNABLE", "statusReason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"});
        assert_eq!(read(stuck), "Queued (RUNNABLE: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT)");
    }

    #[test]
    fn an_array_runs_as_soon_as_one_of_its_jobs_does() {
        let array = |running: u32| json!({"status": "PENDING", "arrayProperties": {"size": 3, "statusSummary": {"RUNNING": running, "RUNNABLE": 3 - running}}});
        assert_eq!(read(array(0)), "Queued (PENDING)");
        assert_eq!(read(array(1)), "Running (PENDING)");
    }

    #[test]
    fn a_failure_says_whose_fault_it_is() {
        let failed = |reason: &str, of_container: &str, exit_code: Option<i64>| {
            let container = json!({"exitCode": exit_code, "reason": of_container});
            let last = json!({"container": container, "statusReason": reason});
            read(json!({"status": "FAILED", "statusReason": reason, "attempts": [last]}))
        };
        for (reason, of_container, exit_code, expected) in [
            (
                "Essential container in task exited",
                "",
                Some(3),
                "USER TaskFailedWithError, again: Essential container in task exited; exit code 3",
            ),
            (
                "Essential container in task exited",
                "OutOfMemoryError: Container killed due to memory usage",
                Some(137),
                "USER OOMKilled, again: ",
            ),
            ("Host EC2 (instance i-0) terminated.", "", None, "SYSTEM Interrupted, again: "),
            (
                "Task failed to start",
                "CannotPullContainerError: no such image",
                None,
                "USER ImagePullFailed, again: ",
            ),
            (
                "Task failed to start",
                "ResourceInitializationError: no secrets",
                None,
                "SYSTEM Interrupted, again: ",
            ),
            ("Job attempt duration exceeded timeout", "", None, "USER TimeoutExceeded, again: "),
            ("", "", None, "USER TaskFailedWithError, again: AWS Batch gives no reason"),
        ] {
            let found = failed(reason, of_container, exit_code);
            assert!(found.starts_with(expected), "{found}");
        }
        let ended = json!({"status": "FAILED", "isTerminated": true, "statusReason": "not needed"});
        assert_eq!(read(ended), "USER TaskAborted, never again: not needed");
    }

    #[test]
    fn pages_show_the_job_and_its_log() {
        let job = json!({"jobId": "j", "status": "RUNNING", "container": {"logStreamName": "d/default/1a"}});
        let job: Job = serde_json::from_value(job).unwrap();
        let links = job.read(PAGES, None).unwrap().links;
        let links: Vec<_> = links.iter().map(|link| (link.name.as_str(), link.uri.as_str())).collect();
        assert_eq!(
            links,
            [
                (
                    "AWS Batch Job",
                    "https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1#jobs/detail/j"
                ),
                (
                    "CloudWatch Logs",
                    "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Fbatch$252Fjob/log-events/d$252Fdefault$252F1a"
                ),
            ]
        );
    }
}
