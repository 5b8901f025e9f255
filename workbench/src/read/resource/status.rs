//! How far an execution is.

use std::collections::BTreeMap;

use aileron_crd::{NodePhase, WorkflowPhase};
use aileron_idl::admin::{NodeExecution, NodeExecutionClosure, node_execution_closure};
use aileron_idl::core::node_execution;
use prost_types::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The phases in a resource's status.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Status {
    /// The execution's; absent before the propeller has seen it, or if it is of an unknown number.
    pub phase: Option<WorkflowPhase>,
    /// Those of the nodes that have one, by id; inside of a node behind its own: `n1/n0`.
    pub nodes: BTreeMap<String, NodePhase>,
    /// What else the propeller says of nodes, likewise; of most it says nothing.
    pub reports: BTreeMap<String, Report>,
    /// What it says of the execution.
    pub report: Report,
    /// Fields that every resource has and this one lacks.
    pub lacks: Vec<&'static str>,
}

/// What the propeller says of a node or an execution besides its phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Attempts so far, if there was more than one.
    pub attempts: Option<u64>,
    /// When it started, as it is written.
    pub started: Option<String>,
    /// When it ended, likewise.
    pub stopped: Option<String>,
    /// The error's code.
    pub code: Option<String>,
    /// The error's message, or what the propeller says otherwise.
    pub message: Option<String>,
}

/// Fields of a resource without which a propeller does not run it.
const FIELDS: [&str; 9] = [
    "metadata",
    "acceptedAt",
    "executionId",
    "executionConfig",
    "rawOutputDataConfig",
    "spec",
    "tasks",
    "workflowMeta",
    "status",
];
/// How deep nodes are looked for inside of nodes.
const DEEPEST: usize = 32;

/// Reads the status of a resource.
pub(super) fn read(resource: &Value) -> Status {
    let status = resource.get("status");
    let lacks = FIELDS.into_iter().filter(|field| resource.get(field).is_none()).collect();
    let phase = status.and_then(number).and_then(WorkflowPhase::of);
    let report = status.map(Report::of).unwrap_or_default();
    let mut read = Status { phase, report, lacks, ..Status::default() };
    read.add(status.and_then(|status| status.get("nodeStatus")), "", 0);
    read
}

/// A phase that is not written is the first one.
fn number(value: &Value) -> Option<u64> {
    value.get("phase").map_or(Some(0), Value::as_u64)
}

impl Status {
    fn add(&mut self, nodes: Option<&Value>, inside: &str, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for (id, status) in nodes.and_then(Value::as_object).into_iter().flatten() {
            let path = if inside.is_empty() { id.clone() } else { format!("{inside}/{id}") };
            if let Some(phase) = number(status).and_then(NodePhase::of) {
                self.nodes.insert(path.clone(), phase);
            }
            let report = Report::of(status);
            if report != Report::default() {
                self.reports.insert(path.clone(), report);
            }
            self.add(status.get("subNodeStatus"), &path, depth + 1);
        }
    }
}

impl Status {
    /// Of the nodes that a server lists. Those that were not asked for by the workflow's own id, the nodes of
    /// dynamic tasks and the like, keep theirs.
    pub(crate) fn of_nodes(nodes: &[NodeExecution]) -> Self {
        let mut status = Self::default();
        for node in nodes {
            let (Some(id), Some(closure)) = (&node.id, &node.closure) else { continue };
            let spec = node.metadata.as_ref().map(|metadata| metadata.spec_node_id.clone());
            let path = spec.filter(|spec| !spec.is_empty()).unwrap_or_else(|| id.node_id.clone());
            status.nodes.extend(of_server(closure.phase).map(|phase| (path.clone(), phase)));
            let report = Report::of_server(closure);
            if report != Report::default() {
                status.reports.insert(path, report);
            }
        }
        status
    }
}

/// The propeller's phase that is the server's; what was aborted has none of its own here.
fn of_server(number: i32) -> Option<NodePhase> {
    use node_execution::Phase;
    Some(match Phase::try_from(number).ok()? {
        Phase::Undefined => NodePhase::NotYetStarted,
        Phase::Queued => NodePhase::Queued,
        Phase::Running => NodePhase::Running,
        Phase::DynamicRunning => NodePhase::DynamicRunning,
        Phase::Succeeded => NodePhase::Succeeded,
        Phase::Failing => NodePhase::Failing,
        Phase::Failed | Phase::Aborted => NodePhase::Failed,
        Phase::Skipped => NodePhase::Skipped,
        Phase::TimedOut => NodePhase::TimedOut,
        Phase::Recovered => NodePhase::Recovered,
    })
}

impl Report {
    fn of_server(closure: &NodeExecutionClosure) -> Self {
        let stopped = closure.started_at.as_ref().zip(closure.duration.as_ref()).map(|(from, span)| {
            let mut end = Timestamp {
                seconds: from.seconds.saturating_add(span.seconds),
                nanos: from.nanos.saturating_add(span.nanos),
            };
            end.normalize();
            end.to_string()
        });
        let error = match &closure.output_result {
            Some(node_execution_closure::OutputResult::Error(error)) => Some(error),
            _ => None,
        };
        Self {
            attempts: None,
            started: closure.started_at.as_ref().map(Timestamp::to_string),
            stopped,
            code: error.map(|error| error.code.clone()),
            message: error.map(|error| error.message.clone()),
        }
    }

    fn of(status: &Value) -> Self {
        let text = |value: Option<&Value>| {
            value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let error = status.get("error");
        let message = error.and_then(|error| error.get("message"));
        Self {
            attempts: status.get("attempts").and_then(Value::as_u64).filter(|count| *count > 0),
            started: text(status.get("startedAt")),
            stopped: text(status.get("stoppedAt")),
            code: text(error.and_then(|error| error.get("code"))),
            message: text(message.or(status.get("reason")).or(status.get("message"))),
        }
    }
}
