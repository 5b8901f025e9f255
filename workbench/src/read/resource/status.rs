//! How far an execution is.

use std::collections::BTreeMap;

use aileron_crd::{NodePhase, WorkflowPhase};
use serde::Serialize;
use serde_json::Value;

/// The phases in a resource's status.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Status {
    /// The execution's; absent before the propeller has seen it, or if it is of an unknown number.
    pub phase: Option<WorkflowPhase>,
    /// Those of the nodes that have one, by id.
    pub nodes: BTreeMap<String, NodePhase>,
}

pub(super) fn read(status: Option<&Value>) -> Status {
    let number = |value: &Value| value.get("phase").map_or(Some(0), Value::as_u64);
    let nodes = status.and_then(|status| status.get("nodeStatus")?.as_object()).into_iter().flatten();
    let nodes = nodes.filter_map(|(id, status)| Some((id.clone(), NodePhase::of(number(status)?)?)));
    Status { phase: status.and_then(number).and_then(WorkflowPhase::of), nodes: nodes.collect() }
}
