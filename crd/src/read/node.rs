//! One node of a spec, as protobuf's JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::fields;
use super::reference::{self, Keys};
use crate::write::DEPTH;

/// Nodes by id, from which arms of branches are taken.
pub(super) type Pool<'a> = BTreeMap<&'a str, &'a Value>;

/// What is needed to read a node.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// The nodes of its workflow.
    pub(super) pool: &'a Pool<'a>,
    /// The tasks of the object.
    pub(super) keys: &'a Keys<'a>,
}

/// The ids of nodes that are arms of branches, and thus not on the workflow's own level.
pub(super) fn arms(pool: &Pool<'_>) -> BTreeSet<String> {
    let branches = pool.values().filter_map(|node| node.get("branch"));
    branches.flat_map(arm_ids).map(str::to_owned).collect()
}

fn arm_ids(branch: &Value) -> Vec<&str> {
    let others = branch.get("elseIf").and_then(Value::as_array).into_iter().flatten();
    let blocks = branch.get("if").into_iter().chain(others);
    let then = blocks.filter_map(|block| block.get("then")?.as_str());
    then.chain(branch.get("else").and_then(Value::as_str)).collect()
}

/// The node with everything inside it.
pub(super) fn node(from: &Value, around: Around<'_>) -> Value {
    nested(from, around, DEPTH)
}

fn nested(from: &Value, around: Around<'_>, levels: usize) -> Value {
    let mut to = Map::new();
    set(&mut to, "id", from.get("id"));
    set(&mut to, "inputs", from.get("inputBindings"));
    set(&mut to, "outputAliases", from.get("outputAlias"));
    to.insert("metadata".to_owned(), metadata(from));
    let Some(levels) = levels.checked_sub(1) else { return Value::Object(to) };
    if let Some(task) = from.get("task") {
        let target = json!({ "referenceId": around.keys.task(task), "overrides": overrides(from) });
        to.insert("taskNode".to_owned(), target);
    } else if let Some(workflow) = from.get("workflow") {
        to.insert("workflowNode".to_owned(), child(workflow));
    } else if let Some(branch) = from.get("branch") {
        let block = if_else(branch, around, levels);
        to.insert("branchNode".to_owned(), json!({ "ifElse": block }));
    } else if let Some(gate) = from.get("gate") {
        let mut gate = gate.clone();
        gate.as_object_mut().and_then(|gate| gate.remove("kind"));
        to.insert("gateNode".to_owned(), gate);
    } else if let Some(array) = from.get("array") {
        to.insert("arrayNode".to_owned(), array_node(array, around, levels));
    }
    Value::Object(to)
}

fn set(to: &mut Map<String, Value>, field: &str, value: Option<&Value>) {
    if let Some(value) = value.filter(|value| !value.is_null()) {
        to.insert(field.to_owned(), value.clone());
    }
}

fn metadata(from: &Value) -> Value {
    let mut to = Map::new();
    set(&mut to, "name", from.get("name"));
    for same in ["interruptible", "cacheable", "cacheVersion", "cacheSerializable"] {
        set(&mut to, same, from.get(same));
    }
    if let Some(attempts) = from.pointer("/retry/minAttempts").and_then(Value::as_u64) {
        to.insert("retries".to_owned(), json!({ "retries": attempts.saturating_sub(1) }));
    }
    if let Some(seconds) = from.get("executionDeadline").and_then(Value::as_str).and_then(seconds) {
        to.insert("timeout".to_owned(), json!(format!("{seconds}s")));
    }
    Value::Object(to)
}

/// Seconds of a duration such as `1h2m3.5s`, with at most nine digits after the point.
fn seconds(text: &str) -> Option<String> {
    let (mut nanos, mut number) = (0_u64, String::new());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let unit: u64 = match letter {
            'h' => 3_600_000_000_000,
            'm' if letters.next_if_eq(&'s').is_some() => 1_000_000,
            'm' => 60_000_000_000,
            'µ' | 'μ' | 'u' => letters.next_if_eq(&'s').map(|_| 1_000)?,
            'n' => letters.next_if_eq(&'s').map(|_| 1)?,
            's' => 1_000_000_000,
            _ => {
                number.push(letter);
                continue;
            }
        };
        nanos = nanos.checked_add(times(&number, unit)?)?;
        number.clear();
    }
    let (whole, part) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    number.is_empty().then(|| if part == 0 { whole.to_string() } else { format!("{whole}.{part:09}") })
}

/// A decimal number of units, in whole nanoseconds.
fn times(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let digits = fraction.get(..fraction.len().min(9))?;
    let part = if digits.is_empty() { 0 } else { digits.parse::<u64>().ok()? };
    let scale = 10_u64.checked_pow(u32::try_from(digits.len()).ok()?)?;
    whole.checked_add(u64::try_from(u128::from(part) * u128::from(unit) / u128::from(scale)).ok()?)
}

/// What a task node says otherwise than its task; null, if it says nothing.
fn overrides(from: &Value) -> Value {
    let mut to = Map::new();
    set(&mut to, "resources", resources(from.get("resources")).as_ref());
    set(&mut to, "extendedResources", from.get("extendedResources"));
    set(&mut to, "containerImage", from.get("containerImage"));
    set(&mut to, "podTemplate", from.get("podTemplate"));
    if to.is_empty() { Value::Null } else { Value::Object(to) }
}

/// `{limits: {cpu: "1"}}` of Kubernetes.
fn resources(resources: Option<&Value>) -> Option<Value> {
    let list = |part: &str| -> Vec<Value> {
        let amounts = fields(resources.and_then(|resources| resources.get(part)));
        amounts.filter_map(|(name, value)| Some(json!({ "name": amount(name)?, "value": value }))).collect()
    };
    let (requests, limits) = (list("requests"), list("limits"));
    let said = !requests.is_empty() || !limits.is_empty();
    said.then(|| json!({ "requests": requests, "limits": limits }))
}

fn amount(name: &str) -> Option<&'static str> {
    match name {
        "cpu" => Some("CPU"),
        "memory" => Some("MEMORY"),
        "ephemeral-storage" => Some("EPHEMERAL_STORAGE"),
        "storage" => Some("STORAGE"),
        gpu if gpu.ends_with("/gpu") => Some("GPU"),
        _ => None,
    }
}

fn child(workflow: &Value) -> Value {
    match (workflow.get("launchPlanRefId"), workflow.get("subWorkflowRef")) {
        (Some(plan), _) => json!({ "launchplanRef": plan }),
        (None, Some(sub)) => json!({ "subWorkflowRef": reference::sub_workflow(sub) }),
        (None, None) => json!({}),
    }
}

fn if_else(branch: &Value, around: Around<'_>, levels: usize) -> Value {
    let arm = |id: &Value| {
        let found = id.as_str().and_then(|id| around.pool.get(id));
        found.map_or_else(|| json!({ "id": id }), |node| nested(node, around, levels))
    };
    let block = |block: &Value| {
        let then = block.get("then").map(arm);
        json!({ "condition": block.get("condition"), "thenNode": then })
    };
    let mut to = Map::new();
    to.insert("case".to_owned(), branch.get("if").map_or(Value::Null, block));
    let others = branch.get("elseIf").and_then(Value::as_array).into_iter().flatten();
    to.insert("other".to_owned(), others.map(block).collect());
    if let Some(id) = branch.get("else").filter(|id| id.is_string()) {
        to.insert("elseNode".to_owned(), arm(id));
    } else {
        set(&mut to, "error", branch.get("elseFail"));
    }
    Value::Object(to)
}

fn array_node(array: &Value, around: Around<'_>, levels: usize) -> Value {
    let mut to = Map::new();
    let inner = array.get("SubNodeSpec").map(|inner| nested(inner, around, levels));
    to.insert("node".to_owned(), inner.unwrap_or_default());
    set(&mut to, "parallelism", array.get("Parallelism"));
    set(&mut to, "boundInputs", array.get("BoundInputs"));
    match array.get("MinSuccesses").filter(|count| !count.is_null()) {
        Some(count) => set(&mut to, "minSuccesses", Some(count)),
        None => set(&mut to, "minSuccessRatio", array.get("MinSuccessRatio")),
    }
    Value::Object(to)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_are_read_in_seconds() {
        let read = |text| seconds(text).unwrap_or_else(|| "none".to_owned());
        assert_eq!(read("1h2m3s"), "3723");
        assert_eq!(read("3m0s"), "180");
        assert_eq!(read("1.5s"), "1.500000000");
        assert_eq!(read("1.5ms"), "0.001500000");
        for wrong in ["s", "1", "1x", "99999999999h"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
