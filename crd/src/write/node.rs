//! One node of a graph.

use std::collections::BTreeMap;

use aileron_compiler::{END_NODE, START_NODE};
use aileron_idl::core::array_node::{ParallelismOption, SuccessCriteria};
use aileron_idl::core::gate_node::Condition;
use aileron_idl::core::if_else_block::Default as Otherwise;
use aileron_idl::core::node::Target;
use aileron_idl::core::node_metadata::{
    CacheSerializableValue, CacheVersionValue, CacheableValue, InterruptibleValue,
};
use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use aileron_idl::core::task_node::Reference as TaskReference;
use aileron_idl::core::workflow_node::Reference as WorkflowReference;
use aileron_idl::core::{
    ArrayNode, BranchNode, GateNode, Identifier, IfBlock, K8sPod, Node, TaskNodeOverrides, TaskTemplate,
    WorkflowNode,
};
use aileron_idl::json::{self, Style};
use serde::Serialize;
use serde_json::Value;

use super::duration::text;
use super::{WriteError, message, reference};

/// How deep branches may be in branches and arrays in arrays.
pub(crate) const DEPTH: usize = 32;
/// What Kubernetes calls the processors of graphics.
const GPU: &str = "nvidia.com/gpu";

/// The closure's tasks by id.
pub(super) struct Tasks<'a>(BTreeMap<&'a Identifier, &'a TaskTemplate>);

impl<'a> FromIterator<&'a TaskTemplate> for Tasks<'a> {
    fn from_iter<I: IntoIterator<Item = &'a TaskTemplate>>(templates: I) -> Self {
        Tasks(templates.into_iter().filter_map(|task| Some((task.id.as_ref()?, task))).collect())
    }
}

impl Tasks<'_> {
    fn retries(&self, id: &Identifier) -> u32 {
        let metadata = self.0.get(id).and_then(|task| task.metadata.as_ref());
        metadata.and_then(|metadata| metadata.retries.as_ref()).map_or(0, |strategy| strategy.retries)
    }
}

/// A node, with everything in it but the arms of a branch, which lie beside it.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NodeSpec {
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    kind: &'static str,
    resources: Resources,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workflow: Option<Child>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<Branch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<Gate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    array: Option<Box<Array>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    input_bindings: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    output_alias: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<Retry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_deadline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_deadline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interruptible: Option<bool>,
    #[serde(flatten)]
    cache: Cache,
    #[serde(skip_serializing_if = "String::is_empty")]
    container_image: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_template: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_resources: Option<Value>,
}

/// How this use of a task is cached. Flyte's objects do not have it, and its propeller does not look.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cache {
    #[serde(skip_serializing_if = "Option::is_none")]
    cacheable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_serializable: Option<bool>,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Resources {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    requests: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    limits: BTreeMap<&'static str, String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Retry {
    min_attempts: u32,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Child {
    LaunchPlanRefId(Value),
    SubWorkflowRef(String),
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Branch {
    r#if: Arm,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    else_if: Vec<Arm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#else: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    else_fail: Option<Value>,
}

#[derive(Clone, Debug, Serialize)]
struct Arm {
    condition: Value,
    then: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Gate {
    Approve { approve: Value },
    Signal { signal: Value },
    Sleep { sleep: Value },
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Array {
    sub_node_spec: NodeSpec,
    parallelism: Option<u32>,
    min_successes: Option<u32>,
    min_success_ratio: Option<f32>,
    bound_inputs: Vec<String>,
}

/// Writes a node among others, and the arms of its branches beside it.
pub(super) fn flatten(
    node: &Node,
    tasks: &Tasks<'_>,
    into: &mut BTreeMap<String, NodeSpec>,
) -> Result<(), WriteError> {
    flatten_within(node, tasks, into, DEPTH)
}

fn flatten_within(
    node: &Node,
    tasks: &Tasks<'_>,
    into: &mut BTreeMap<String, NodeSpec>,
    levels: usize,
) -> Result<(), WriteError> {
    let levels = levels.checked_sub(1).ok_or_else(|| WriteError::TooDeep(node.id.clone()))?;
    if let Some(Target::BranchNode(branch)) = &node.target {
        for arm in arms(branch) {
            flatten_within(arm, tasks, into, levels)?;
        }
    }
    into.insert(node.id.clone(), single(node, tasks, levels)?);
    Ok(())
}

/// Writes a node that is not one of a list. One that is a branch has no place for its arms.
pub(super) fn alone(node: &Node, tasks: &Tasks<'_>) -> Result<NodeSpec, WriteError> {
    single(node, tasks, DEPTH)
}

fn single(node: &Node, tasks: &Tasks<'_>, levels: usize) -> Result<NodeSpec, WriteError> {
    let metadata = node.metadata.clone().unwrap_or_default();
    let timeout = metadata.timeout.filter(|timeout| timeout.seconds > 0 || timeout.nanos > 0);
    let own = metadata.retries.map_or(0, |strategy| strategy.retries);
    let spec = NodeSpec {
        id: node.id.clone(),
        name: metadata.name,
        input_bindings: node.inputs.iter().map(message).collect::<Result<_, _>>()?,
        output_alias: node.output_aliases.iter().map(message).collect::<Result<_, _>>()?,
        retry: retry(own),
        execution_deadline: timeout.map(|timeout| text(timeout, 1)),
        // Time in the queue counts too, which is given as much again.
        active_deadline: timeout.map(|timeout| text(timeout, 2)),
        interruptible: metadata.interruptible_value.map(|InterruptibleValue::Interruptible(is)| is),
        cache: Cache {
            cacheable: metadata.cacheable_value.map(|CacheableValue::Cacheable(is)| is),
            cache_version: metadata.cache_version_value.map(|CacheVersionValue::CacheVersion(is)| is),
            cache_serializable: metadata
                .cache_serializable_value
                .map(|CacheSerializableValue::CacheSerializable(is)| is),
        },
        ..NodeSpec::default()
    };
    match &node.target {
        None => Ok(NodeSpec { kind: bare_kind(&node.id)?, ..spec }),
        Some(Target::TaskNode(task)) => {
            let Some(TaskReference::ReferenceId(id)) = &task.reference else {
                return Err(WriteError::Missing("reference of a task node"));
            };
            let retry = spec.retry.or_else(|| retry(tasks.retries(id)));
            let spec = NodeSpec { kind: "task", task: Some(reference::key(id)), retry, ..spec };
            overridden(spec, task.overrides.as_deref())
        }
        Some(Target::WorkflowNode(child)) => {
            Ok(NodeSpec { kind: "workflow", workflow: Some(child_of(child)?), ..spec })
        }
        Some(Target::BranchNode(branch)) => {
            Ok(NodeSpec { kind: "branch", branch: Some(branch_of(branch)?), ..spec })
        }
        Some(Target::GateNode(gate)) => Ok(NodeSpec { kind: "gate", gate: Some(gate_of(gate)?), ..spec }),
        Some(Target::ArrayNode(array)) => {
            let array = Some(Box::new(array_of(array, tasks, levels)?));
            Ok(NodeSpec { kind: "array", array, ..spec })
        }
    }
}

fn retry(retries: u32) -> Option<Retry> {
    (retries > 0).then(|| Retry { min_attempts: retries.saturating_add(1) })
}

/// The two nodes that have no target.
fn bare_kind(id: &str) -> Result<&'static str, WriteError> {
    match id {
        START_NODE => Ok("start"),
        END_NODE => Ok("end"),
        _ => Err(WriteError::Missing("target of a node")),
    }
}

fn overridden(spec: NodeSpec, overrides: Option<&TaskNodeOverrides>) -> Result<NodeSpec, WriteError> {
    let Some(overrides) = overrides else { return Ok(spec) };
    let resources = overrides.resources.clone().unwrap_or_default();
    Ok(NodeSpec {
        resources: Resources {
            requests: quantities(resources.requests),
            limits: quantities(resources.limits),
        },
        container_image: overrides.container_image.clone(),
        pod_template: overrides.pod_template.as_ref().map(pod).transpose()?,
        extended_resources: overrides.extended_resources.as_ref().map(message).transpose()?,
        ..spec
    })
}

fn quantities(entries: Vec<ResourceEntry>) -> BTreeMap<&'static str, String> {
    let name = |entry: &ResourceEntry| match entry.name() {
        ResourceName::Cpu => Some("cpu"),
        ResourceName::Memory => Some("memory"),
        ResourceName::Storage => Some("storage"),
        ResourceName::EphemeralStorage => Some("ephemeral-storage"),
        ResourceName::Gpu => Some(GPU),
        ResourceName::Unknown => None,
    };
    entries.into_iter().filter_map(|entry| Some((name(&entry)?, entry.value))).collect()
}

/// A pod template by the names of its fields, as plain JSON.
fn pod(pod: &K8sPod) -> Result<Value, WriteError> {
    let Value::Object(snake) = json::to_value(pod, Style::Snake)? else { return Ok(Value::Null) };
    let said = snake.into_iter().filter(|(_, value)| !value.is_null() && value != "");
    Ok(Value::Object(said.collect()))
}

fn child_of(node: &WorkflowNode) -> Result<Child, WriteError> {
    match &node.reference {
        Some(WorkflowReference::LaunchplanRef(id)) => Ok(Child::LaunchPlanRefId(message(id)?)),
        Some(WorkflowReference::SubWorkflowRef(id)) => Ok(Child::SubWorkflowRef(reference::key(id))),
        None => Err(WriteError::Missing("reference of a workflow node")),
    }
}

fn arms(branch: &BranchNode) -> impl Iterator<Item = &Node> {
    let blocks = branch.if_else.iter();
    blocks.flat_map(|block| {
        let cases = block.case.as_deref().into_iter().chain(&block.other);
        let last = match &block.default {
            Some(Otherwise::ElseNode(node)) => Some(&**node),
            _ => None,
        };
        cases.filter_map(|case| case.then_node.as_deref()).chain(last)
    })
}

fn branch_of(branch: &BranchNode) -> Result<Branch, WriteError> {
    let block = branch.if_else.as_ref().ok_or(WriteError::Missing("cases of a branch"))?;
    let first = block.case.as_deref().ok_or(WriteError::Missing("first case of a branch"))?;
    let (otherwise, failure) = match &block.default {
        Some(Otherwise::ElseNode(node)) => (Some(node.id.clone()), None),
        Some(Otherwise::Error(error)) => (None, Some(json::to_value(error, Style::Snake)?)),
        None => (None, None),
    };
    let else_if = block.other.iter().map(arm).collect::<Result<_, _>>()?;
    Ok(Branch { r#if: arm(first)?, else_if, r#else: otherwise, else_fail: failure })
}

fn arm(block: &IfBlock) -> Result<Arm, WriteError> {
    let condition = block.condition.as_ref().ok_or(WriteError::Missing("condition of a branch"))?;
    let then = block.then_node.as_ref().ok_or(WriteError::Missing("node of a case"))?;
    Ok(Arm { condition: message(condition)?, then: then.id.clone() })
}

fn gate_of(gate: &GateNode) -> Result<Gate, WriteError> {
    match gate.condition.as_ref().ok_or(WriteError::Missing("condition of a gate"))? {
        Condition::Approve(approve) => Ok(Gate::Approve { approve: message(approve)? }),
        Condition::Signal(signal) => Ok(Gate::Signal { signal: message(signal)? }),
        Condition::Sleep(sleep) => Ok(Gate::Sleep { sleep: message(sleep)? }),
    }
}

fn array_of(array: &ArrayNode, tasks: &Tasks<'_>, levels: usize) -> Result<Array, WriteError> {
    let inner = array.node.as_ref().ok_or(WriteError::Missing("node of an array"))?;
    let levels = levels.checked_sub(1).ok_or_else(|| WriteError::TooDeep(inner.id.clone()))?;
    let (min_successes, min_success_ratio) = match array.success_criteria {
        Some(SuccessCriteria::MinSuccesses(count)) => (Some(count), None),
        Some(SuccessCriteria::MinSuccessRatio(ratio)) => (None, Some(ratio)),
        None => (None, None),
    };
    let parallelism = array.parallelism_option.map(|ParallelismOption::Parallelism(most)| most);
    let sub_node_spec = single(inner, tasks, levels)?;
    let bound_inputs = array.bound_inputs.clone();
    Ok(Array { sub_node_spec, parallelism, min_successes, min_success_ratio, bound_inputs })
}
