//! What the objects of all operators have in common: how they are made, and what holds for any status.

use aileron_engine::{ErrorKind, Failure, Timestamp};
use aileron_idl::core::K8sObjectMetadata;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::ResourceExt;
use kube::api::{ApiResource, DynamicObject, TypeMeta};
use serde_json::Value;

use super::config::Config;
use super::pod::stamp;
use super::pod::status::{after, instant};
use super::{Phase, Report, TaskView};

/// What a failure of the job itself is called.
const FAILED: &str = "DownstreamSystemError";
/// Longest message of an operator's that is passed on.
const MESSAGE: usize = 4 << 10;

/// The kind of an operator's objects.
pub(crate) fn kind(group: &str, version: &str, kind: &str, plural: &str) -> ApiResource {
    ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: format!("{group}/{version}"),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    }
}

/// An object of an operator's with this specification.
pub(crate) fn object(view: &TaskView<'_>, kind: &ApiResource, spec: &Value) -> DynamicObject {
    let metadata: ObjectMeta = stamp::metadata(view, &K8sObjectMetadata::default(), None);
    let types = TypeMeta { api_version: kind.api_version.clone(), kind: kind.kind.clone() };
    DynamicObject { types: Some(types), metadata, data: serde_json::json!({ "spec": spec }) }
}

/// An object's status, as its operator writes it. Whatever is missing or of another shape reads as nothing.
pub(crate) struct Status<'a> {
    pub(crate) object: &'a DynamicObject,
    pub(crate) config: &'a Config,
    pub(crate) now: Timestamp,
}

impl<'a> Status<'a> {
    /// A text in the status by its path.
    pub(crate) fn text(&self, path: &str) -> &'a str {
        self.value(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// A part of the status by its path.
    pub(crate) fn value(&self, path: &str) -> Option<&'a Value> {
        self.object.data.get("status")?.pointer(path)
    }

    /// An instant in the status by its path.
    pub(crate) fn at(&self, path: &str) -> Option<Timestamp> {
        let time: Time = serde_json::from_value(self.value(path)?.clone()).ok()?;
        Some(instant(&time))
    }

    /// When the job began, by this path of its status, or by its creation.
    pub(crate) fn since(&self, path: &str) -> Timestamp {
        self.at(path).unwrap_or_else(|| self.created())
    }

    /// It goes on.
    pub(crate) fn running(&self, since: Timestamp) -> Report {
        Report::of(Phase::Running { since })
    }

    /// It ended well.
    pub(crate) fn succeeded(&self, since: Timestamp, at: Option<Timestamp>) -> Report {
        let at = at.unwrap_or(self.now);
        Report::of(Phase::Succeeded { since: since.min(at), at })
    }

    /// It failed by what it runs: the user's fault, and worth another try.
    pub(crate) fn failed(&self, message: &str, at: Option<Timestamp>) -> Report {
        self.ended(Failure { kind: ErrorKind::User, ..Failure::system(FAILED, self.told(message)) }, at)
    }

    /// It failed as this says.
    pub(crate) fn ended(&self, failure: Failure, at: Option<Timestamp>) -> Report {
        let at = at.unwrap_or(self.now);
        Report::of(Phase::Failed { since: None, at, failure, clean_up: false })
    }

    /// The operator's words, with the object's name; its end is kept when they are long.
    pub(crate) fn told(&self, message: &str) -> String {
        let message = if message.is_empty() { "its operator gives no reason" } else { message };
        let from = message.ceil_char_boundary(message.len().saturating_sub(MESSAGE));
        let (kind, name) = (self.kind(), self.object.name_any());
        format!("{kind} `{name}` failed: {}", &message[from..])
    }

    fn kind(&self) -> &'a str {
        self.object.types.as_ref().map_or("object", |types| types.kind.as_str())
    }

    fn created(&self) -> Timestamp {
        self.object.metadata.creation_timestamp.as_ref().map_or(self.now, instant)
    }

    /// Nobody has looked at the object yet. In a while that is somebody's mistake: most often no operator runs.
    fn silent(&self) -> Report {
        let patience = self.config.operator_patience;
        if patience.is_zero() {
            return Report::of(Phase::Queued);
        }
        let due = after(self.created(), patience);
        let (kind, name) = (self.kind(), self.object.name_any());
        if self.now < due {
            let reason = format!("{kind} `{name}` waits for its operator, which has not looked at it yet");
            return Report { reason, look_again: Some(due), ..Report::of(Phase::Queued) };
        }
        let message = format!(
            "no operator has set a status of {kind} `{name}` for {patience:?}; see whether the operator of {kind} runs \
             and watches this namespace"
        );
        let failure = Failure::system("OperatorNotResponding", message);
        Report::of(Phase::Failed { since: None, at: self.now, failure, clean_up: true })
    }

    fn being_deleted(&self) -> Report {
        let (kind, name) = (self.kind(), self.object.name_any());
        let message = format!("{kind} `{name}` is being deleted by someone else while it runs");
        self.ended(Failure::system("UnexpectedObjectDeletion", message), None)
    }
}

/// How an operator's object stands, by what `read` makes of a status that is there.
pub(crate) fn observe(
    object: &DynamicObject,
    config: &Config,
    now: Timestamp,
    read: impl Fn(&Status<'_>) -> Report,
) -> Report {
    let status = Status { object, config, now };
    let is_told =
        object.data.get("status").and_then(Value::as_object).is_some_and(|status| !status.is_empty());
    let report = if is_told { read(&status) } else { status.silent() };
    match object.metadata.deletion_timestamp {
        Some(_) if !report.phase.is_terminal() => status.being_deleted(),
        _ => report,
    }
}
