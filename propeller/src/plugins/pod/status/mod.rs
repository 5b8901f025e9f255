//! How a pod stands, by its status.
//!
//! The codes, whose fault a failure is and what is waited for how long are Flyte's, but in three points where
//! it blames the wrong one or waits for ever: an image of an init container counts as one of the pod's; a
//! container that ended with a code of its own is the user's failure, also when the pod gives no reason; and a
//! pod that Kubernetes says it disrupted (`DisruptionTarget`) was interrupted by the platform.

use std::time::Duration;

use aileron_engine::{ErrorKind, Failure, Timestamp};
use k8s_openapi::api::core::v1::{
    ContainerState, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, PodCondition, PodStatus,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use kube::api::DynamicObject;

use super::super::config::Config;
use super::super::{Phase, Report};
use super::PRIMARY;

const OOM_KILLED: &str = "OOMKilled";
const INTERRUPTED: &str = "Interrupted";
/// Reasons of a pod whose node went away.
const NODE_GONE: [&str; 4] = ["Shutdown", "Terminated", "NodeShutdown", "NodeAffinity"];
/// Reasons of the condition `DisruptionTarget` that are not the pod's own fault.
const DISRUPTED: [&str; 4] =
    ["PreemptionByScheduler", "DeletionByTaintManager", "EvictionByEvictionAPI", "DeletionByPodGC"];
/// Exit codes of what was killed.
const KILLED: [i32; 2] = [137, 247];

/// Why a container that waits does so.
enum Waiting {
    /// It comes along.
    Preparing,
    /// It may still come, until this long after it began to wait.
    Failing { grace: Duration, failure: Failure },
}

/// How a pod stands at an instant.
pub(crate) fn observe(object: &DynamicObject, config: &Config, now: Timestamp) -> Report {
    let status = match serde_json::from_value::<PodStatus>(object.data["status"].clone()) {
        Ok(status) => status,
        Err(error) => {
            let reason = format!("the pod's status cannot be read: {error}");
            return Report { reason, ..Report::of(Phase::Queued) };
        }
    };
    let pod = Seen { object, status, config, now };
    let report = pod.report();
    match object.metadata.deletion_timestamp {
        Some(_) if !report.phase.is_terminal() => pod.being_deleted(),
        _ => report,
    }
}

struct Seen<'a> {
    object: &'a DynamicObject,
    status: PodStatus,
    config: &'a Config,
    now: Timestamp,
}

impl Seen<'_> {
    fn report(&self) -> Report {
        match self.status.phase.as_deref() {
            Some("Succeeded") => self.succeeded(),
            Some("Failed") => self.pod_failed(),
            Some("Pending") | None | Some("") => self.pending(),
            _ => self.running(),
        }
    }

    fn succeeded(&self) -> Report {
        let killed = self.statuses().find_map(|status| {
            let ended = ended(status)?;
            ended
                .reason
                .as_deref()
                .is_some_and(|reason| reason.contains(OOM_KILLED))
                .then_some((status, ended))
        });
        match killed {
            Some((status, ended)) => self.failed(user(OOM_KILLED, how(status, ended))),
            None => self.well(),
        }
    }

    fn well(&self) -> Report {
        let (since, at) = self.span();
        Report::of(Phase::Succeeded { since, at })
    }

    fn pod_failed(&self) -> Report {
        let reason = self.status.reason.as_deref().filter(|reason| !reason.is_empty());
        let primary = self.primary();
        let ends: Vec<_> = self.statuses().filter_map(|status| Some((status, last_end(status)?))).collect();
        let is_primary = |status: &ContainerStatus| primary.is_some_and(|name| name == status.name);
        let killed =
            |(_, ended): &&(&ContainerStatus, &ContainerStateTerminated)| KILLED.contains(&ended.exit_code);
        let oom = ends.iter().any(|(_, ended)| ended.reason.as_deref() == Some(OOM_KILLED));
        let primary_killed = ends.iter().filter(killed).any(|(status, _)| is_primary(status));
        let own_end = ends.iter().find(|(_, ended)| ended.exit_code != 0).map(|(_, ended)| ended);
        let by_platform = self.disrupted()
            || reason.is_some_and(|reason| NODE_GONE.contains(&reason))
            || primary_killed && !oom
            || reason.is_none() && own_end.is_none();
        let code = match (oom, reason, own_end) {
            (true, ..) => OOM_KILLED,
            _ if by_platform || ends.iter().any(|end| killed(&end)) => INTERRUPTED,
            (_, Some(reason), _) => reason,
            (_, None, end) => end.and_then(|end| end.reason.as_deref()).unwrap_or("Error"),
        };
        let message = self.told(&ends);
        self.failed(if by_platform { Failure::system(code, message) } else { user(code, message) })
    }

    /// The pod's own words, then those of its containers.
    fn told(&self, ends: &[(&ContainerStatus, &ContainerStateTerminated)]) -> String {
        let own = self.status.message.clone().filter(|message| !message.is_empty());
        let own = own.unwrap_or_else(|| "Pod failed. No message received from kubernetes.".to_owned());
        ends.iter().fold(own, |text, (status, ended)| format!("{text}\r\n{}", how(status, ended)))
    }

    fn disrupted(&self) -> bool {
        self.condition("DisruptionTarget").is_some_and(|condition| {
            condition.status == "True"
                && condition.reason.as_deref().is_some_and(|reason| DISRUPTED.contains(&reason))
        })
    }

    fn pending(&self) -> Report {
        let report = self.preparation();
        let timeout = self.config.pod_pending_timeout;
        if timeout.is_zero() || report.phase.is_terminal() {
            return report;
        }
        let since = self
            .conditions()
            .filter_map(|condition| condition.last_transition_time.as_ref())
            .map(instant)
            .max();
        let due = after(since.or_else(|| self.begun()).unwrap_or(self.now), timeout);
        if self.now >= due {
            let message = format!("the pod is pending for longer than {timeout:?}: {}", report.reason);
            return self.cleaned_up(user("PodPendingTimeout", message));
        }
        let look_again = Some(report.look_again.map_or(due, |at| at.min(due)));
        Report { look_again, ..report }
    }

    fn preparation(&self) -> Report {
        if let Some(condition) =
            self.condition("PodScheduled").filter(|condition| condition.status == "False")
        {
            return Report { reason: words(condition), ..Report::of(Phase::Queued) };
        }
        let init = self.status.init_container_statuses.iter().flatten();
        let waiting = init.chain(self.status.container_statuses.iter().flatten()).filter_map(|status| {
            let waiting = status.state.as_ref()?.waiting.as_ref()?;
            Some((status, waiting, self.waiting(waiting)))
        });
        let mut look_again: Option<Timestamp> = None;
        let mut reasons = Vec::new();
        for (status, waiting, meaning) in waiting {
            reasons.push(wait_of(status, waiting));
            if let Waiting::Failing { grace, failure } = meaning {
                let due = after(self.unready_since(), grace);
                if self.now >= due {
                    return self.cleaned_up(failure);
                }
                look_again = Some(look_again.map_or(due, |at| at.min(due)));
            }
        }
        let phase = if reasons.is_empty() { Phase::Queued } else { Phase::Initializing };
        Report { reason: reasons.join("; "), look_again, ..Report::of(phase) }
    }

    /// What it means that a container waits for this reason.
    fn waiting(&self, waiting: &ContainerStateWaiting) -> Waiting {
        let reason = waiting.reason.as_deref().unwrap_or_default();
        let code = format!("ContainersNotReady|{reason}");
        let message = self.unready(waiting);
        let permanent = || Failure { recoverable: false, ..user(&code, message.clone()) };
        let (grace, failure) = match reason {
            "" | "ErrImagePull" | "ContainerCreating" | "PodInitializing" => return Waiting::Preparing,
            "CreateContainerError" => (self.config.create_container_error_grace_period, permanent()),
            "CreateContainerConfigError" => {
                (self.config.create_container_config_error_grace_period, permanent())
            }
            "InvalidImageName" => (Duration::ZERO, permanent()),
            "ImagePullBackOff" => (self.config.image_pull_backoff_grace_period, user(&code, message)),
            _ => (Duration::ZERO, Failure::system(code, message)),
        };
        Waiting::Failing { grace, failure }
    }

    fn unready(&self, waiting: &ContainerStateWaiting) -> String {
        let condition = self.condition("Ready").and_then(|condition| condition.message.clone());
        let own = waiting.message.clone().unwrap_or_default();
        condition.map_or(own.clone(), |condition| format!("{condition}|{own}"))
    }

    fn unready_since(&self) -> Timestamp {
        let condition = self.condition("Ready").and_then(|condition| condition.last_transition_time.as_ref());
        condition.map(instant).or_else(|| self.begun()).unwrap_or(self.now)
    }

    fn running(&self) -> Report {
        let Some(primary) = self.primary() else { return self.all_containers() };
        let found = self.status.container_statuses.iter().flatten().find(|status| status.name == primary);
        let Some(status) = found else { return self.primary_not_told(primary) };
        let Some(ended) = ended(status) else {
            let since = status.state.as_ref().and_then(started).or_else(|| self.begun()).unwrap_or(self.now);
            return Report::of(Phase::Running { since });
        };
        let reason = ended.reason.as_deref().filter(|reason| !reason.is_empty());
        match ended.exit_code {
            _ if reason.is_some_and(|reason| reason.contains(OOM_KILLED)) => {
                self.failed(user(OOM_KILLED, how(status, ended)))
            }
            0 => self.well(),
            code if KILLED.contains(&code) => {
                self.failed(Failure::system(reason.unwrap_or(INTERRUPTED), how(status, ended)))
            }
            _ => self.failed(user(reason.unwrap_or("Error"), how(status, ended))),
        }
    }

    fn primary_not_told(&self, primary: &str) -> Report {
        let spec = self.object.data["spec"]["containers"].as_array().cloned().unwrap_or_default();
        if spec.is_empty() || spec.iter().any(|container| container["name"] == primary) {
            return Report::of(Phase::Running { since: self.begun().unwrap_or(self.now) });
        }
        let message = format!("the pod's primary container `{primary}` is not among its containers");
        self.failed(Failure { recoverable: false, ..user("PrimaryContainerNotFound", message) })
    }

    /// Without a primary container the pod is done when all are.
    fn all_containers(&self) -> Report {
        let mut statuses = self.statuses().peekable();
        let done = statuses.peek().is_some()
            && statuses.all(|status| ended(status).is_some_and(|ended| ended.exit_code == 0));
        let running = || Report::of(Phase::Running { since: self.begun().unwrap_or(self.now) });
        if done { self.well() } else { running() }
    }

    fn being_deleted(&self) -> Report {
        let message =
            format!("pod `{}` is being deleted by someone else while it runs", self.object.name_any());
        let (since, at) = (self.first_start(), self.now);
        let failure = Failure::system("UnexpectedObjectDeletion", message);
        Report::of(Phase::Failed { since, at, failure, clean_up: false })
    }

    fn failed(&self, failure: Failure) -> Report {
        let at = self.span().1;
        Report::of(Phase::Failed { since: self.first_start(), at, failure, clean_up: false })
    }

    fn cleaned_up(&self, failure: Failure) -> Report {
        let reason = failure.message.clone();
        Report { reason, ..Report::of(Phase::Failed { since: None, at: self.now, failure, clean_up: true }) }
    }

    fn primary(&self) -> Option<&str> {
        self.object.annotations().get(PRIMARY).map(String::as_str)
    }

    fn statuses(&self) -> impl Iterator<Item = &ContainerStatus> {
        let init = self.status.init_container_statuses.iter().flatten();
        init.chain(self.status.container_statuses.iter().flatten())
    }

    fn conditions(&self) -> impl Iterator<Item = &PodCondition> {
        self.status.conditions.iter().flatten()
    }

    fn condition(&self, name: &str) -> Option<&PodCondition> {
        self.conditions().find(|condition| condition.type_ == name)
    }

    fn begun(&self) -> Option<Timestamp> {
        let created = self.object.metadata.creation_timestamp.as_ref();
        self.status.start_time.as_ref().or(created).map(instant)
    }

    fn first_start(&self) -> Option<Timestamp> {
        self.statuses().filter_map(|status| started(status.state.as_ref()?)).min()
    }

    /// When its first container started and its last one ended.
    fn span(&self) -> (Timestamp, Timestamp) {
        let finished = |status| instant_of(ended(status)?.finished_at.as_ref());
        let at = self.statuses().filter_map(finished).max().unwrap_or(self.now);
        (self.first_start().or_else(|| self.begun()).unwrap_or(at).min(at), at)
    }
}

fn ended(status: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    status.state.as_ref()?.terminated.as_ref()
}

/// The last end of a container, which may have been started again.
fn last_end(status: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    status.last_state.as_ref().and_then(|state| state.terminated.as_ref()).or_else(|| ended(status))
}

fn started(state: &ContainerState) -> Option<Timestamp> {
    let running = state.running.as_ref().and_then(|running| running.started_at.as_ref());
    let ended = state.terminated.as_ref().and_then(|ended| ended.started_at.as_ref());
    instant_of(running.or(ended))
}

pub(crate) fn instant(time: &Time) -> Timestamp {
    Timestamp(i64::try_from(time.0.as_nanosecond()).unwrap_or(i64::MAX))
}

pub(crate) fn after(at: Timestamp, grace: Duration) -> Timestamp {
    at.plus_nanos(i64::try_from(grace.as_nanos()).unwrap_or(i64::MAX))
}

fn instant_of(time: Option<&Time>) -> Option<Timestamp> {
    time.map(instant)
}

fn words(condition: &PodCondition) -> String {
    let text = |found: &Option<String>| found.clone().unwrap_or_default();
    format!("{}:{}", text(&condition.reason), text(&condition.message))
}

fn wait_of(status: &ContainerStatus, waiting: &ContainerStateWaiting) -> String {
    let reason = waiting.reason.as_deref().unwrap_or("waiting");
    match waiting.message.as_deref().filter(|message| !message.is_empty()) {
        Some(message) => format!("[{}] {reason}: {message}", status.name),
        None => format!("[{}] {reason}", status.name),
    }
}

fn how(status: &ContainerStatus, ended: &ContainerStateTerminated) -> String {
    let (name, code) = (&status.name, ended.exit_code);
    if code == 0 {
        return format!("[{name}] terminated with ExitCode 0.");
    }
    let text = |found: &Option<String>| found.clone().unwrap_or_default();
    let (reason, message) = (text(&ended.reason), text(&ended.message));
    format!("[{name}] terminated with exit code ({code}). Reason [{reason}]. Message: \n{message}.")
}

fn user(code: &str, message: String) -> Failure {
    Failure { kind: ErrorKind::User, ..Failure::system(code, message) }
}

#[cfg(test)]
mod cases;
