//! One node of a spec, as protobuf's JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{fields, reference};

/// How deep branches may be in branches and array nodes in array nodes.
const DEPTH: usize = 32;

/// Nodes by id, from which arms of branches are taken.
pub(super) type Pool<'a> = BTreeMap<&'a str, &'a Value>;

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
pub(super) fn node(from: &Value, pool: &Pool<'_>) -> Value {
    nested(from, pool, DEPTH)
}

fn nested(from: &Value, pool: &Pool<'_>, levels: usize) -> Value {
    let mut to = Map::new();
    set(&mut to, "id", from.get("id"));
    set(&mut to, "inputs", from.get("inputBindings"));
    to.insert("metadata".to_owned(), metadata(from));
    let Some(levels) = levels.checked_sub(1) else { return Value::Object(to) };
    if let Some(task) = from.get("task") {
        let overrides = overrides(from.get("resources"));
        let target = json!({ "referenceId": reference::json(task), "overrides": overrides });
        to.insert("taskNode".to_owned(), target);
    } else if let Some(workflow) = from.get("workflow") {
        to.insert("workflowNode".to_owned(), child(workflow));
    } else if let Some(branch) = from.get("branch") {
        let block = if_else(branch, pool, levels);
        to.insert("branchNode".to_owned(), json!({ "ifElse": block }));
    } else if let Some(gate) = from.get("gate") {
        let mut gate = gate.clone();
        gate.as_object_mut().and_then(|gate| gate.remove("kind"));
        to.insert("gateNode".to_owned(), gate);
    } else if let Some(array) = from.get("array") {
        to.insert("arrayNode".to_owned(), array_node(array, pool, levels));
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
    set(&mut to, "interruptible", from.get("interruptible"));
    if let Some(attempts) = from.pointer("/retry/minAttempts").and_then(Value::as_u64) {
        to.insert("retries".to_owned(), json!({ "retries": attempts.saturating_sub(1) }));
    }
    if let Some(seconds) = from.get("executionDeadline").and_then(Value::as_str).and_then(seconds) {
        to.insert("timeout".to_owned(), json!(format!("{seconds}s")));
    }
    Value::Object(to)
}

/// Whole seconds of a duration such as `1h2m3s`; fractions are left out.
fn seconds(text: &str) -> Option<u64> {
    let (mut whole, mut number) = (0_u64, String::new());
    for letter in text.chars() {
        let unit = match letter {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => {
                number.push(letter);
                continue;
            }
        };
        let amount: u64 = number.split('.').next()?.parse().ok()?;
        whole = whole.checked_add(amount.checked_mul(unit)?)?;
        number.clear();
    }
    Some(whole)
}

/// `{limits: {cpu: "1"}}` of Kubernetes as the overrides of a task node.
fn overrides(resources: Option<&Value>) -> Value {
    let list = |part: &str| -> Vec<Value> {
        let amounts = fields(resources.and_then(|resources| resources.get(part)));
        amounts.filter_map(|(name, value)| Some(json!({ "name": amount(name)?, "value": value }))).collect()
    };
    let (requests, limits) = (list("requests"), list("limits"));
    match requests.is_empty() && limits.is_empty() {
        true => Value::Null,
        false => json!({ "resources": { "requests": requests, "limits": limits } }),
    }
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
        (None, Some(sub)) => json!({ "subWorkflowRef": reference::json(sub) }),
        (None, None) => json!({}),
    }
}

fn if_else(branch: &Value, pool: &Pool<'_>, levels: usize) -> Value {
    let arm = |id: &Value| {
        let found = id.as_str().and_then(|id| pool.get(id));
        found.map_or_else(|| json!({ "id": id }), |node| nested(node, pool, levels))
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

fn array_node(array: &Value, pool: &Pool<'_>, levels: usize) -> Value {
    let mut to = Map::new();
    let inner = array.get("SubNodeSpec").map(|inner| nested(inner, pool, levels));
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
        assert_eq!(seconds("1h2m3s"), Some(3723));
        assert_eq!(seconds("3m0s"), Some(180));
        assert_eq!(seconds("1.5s"), Some(1));
        assert_eq!(seconds("s"), None);
    }
}
