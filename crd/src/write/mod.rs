//! A compiled closure as the graph of an object.
//!
//! Start reading at [`write`]; `node` writes one node, `reference` the keys by which nodes name tasks and
//! workflows, `strip` leaves out what types say for readers only.

mod duration;
mod node;
mod reference;
mod strip;

use std::collections::BTreeMap;

use aileron_idl::core::connection_set::IdList;
use aileron_idl::core::workflow_metadata::OnFailurePolicy;
use aileron_idl::core::{CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, VariableMap};
use aileron_idl::json::{self, JsonError, Style};
use prost::{Message, Name};
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use node::DEPTH;
use node::{NodeSpec, Tasks};

/// Why a closure cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A part of it is missing, which a compiled closure has.
    #[error("the closure has no {0}")]
    Missing(&'static str),
    /// Branches or arrays lie in each other deeper than anything is read.
    #[error("node `{0}` has more than {depth} levels of nodes inside", depth = node::DEPTH)]
    TooDeep(String),
    /// A message has no JSON form.
    #[error(transparent)]
    Json(#[from] JsonError),
}

/// The graph of an object: its fields of the same names.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The workflow.
    pub spec: Value,
    /// The tasks by key.
    pub tasks: Map<String, Value>,
    /// The sub-workflows by key.
    pub sub_workflows: Map<String, Value>,
}

/// Writes a closure as Flyte's control plane does.
///
/// What Flyte leaves out is left out: the declared inputs, the texts of variables, and the hints of types
/// that only editors and pages read.
///
/// # Errors
/// When it is no compiled closure.
pub fn write(closure: &CompiledWorkflowClosure) -> Result<Graph, WriteError> {
    let tasks: Tasks<'_> = closure.tasks.iter().filter_map(|task| task.template.as_ref()).collect();
    let primary = closure.primary.as_ref().ok_or(WriteError::Missing("workflow"))?;
    let mut sub_workflows = Map::new();
    for workflow in &closure.sub_workflows {
        let id = workflow.template.as_ref().and_then(|template| template.id.as_ref());
        let key = reference::key(id.ok_or(WriteError::Missing("id of a sub-workflow"))?);
        sub_workflows.insert(key, spec(workflow, &tasks)?);
    }
    Ok(Graph { spec: spec(primary, &tasks)?, tasks: templates(&closure.tasks)?, sub_workflows })
}

fn templates(tasks: &[CompiledTask]) -> Result<Map<String, Value>, WriteError> {
    let mut written = Map::new();
    for template in tasks.iter().filter_map(|task| task.template.as_ref()) {
        let id = template.id.as_ref().ok_or(WriteError::Missing("id of a task"))?;
        let mut template = template.clone();
        template.interface.iter_mut().for_each(strip::interface);
        written.insert(reference::key(id), message(&template)?);
    }
    Ok(written)
}

/// A workflow of an object.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkflowSpec {
    id: String,
    nodes: BTreeMap<String, NodeSpec>,
    /// The same as the edges downwards, for readers of old objects.
    connections: BTreeMap<String, Vec<String>>,
    edges: Edges,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_failure: Option<NodeSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    output_bindings: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_failure_policy: Option<&'static str>,
}

#[derive(Serialize)]
struct Edges {
    downstream: BTreeMap<String, Vec<String>>,
    upstream: BTreeMap<String, Vec<String>>,
}

fn spec(workflow: &CompiledWorkflow, tasks: &Tasks<'_>) -> Result<Value, WriteError> {
    let template = workflow.template.as_ref().ok_or(WriteError::Missing("template"))?;
    let id = template.id.as_ref().ok_or(WriteError::Missing("id"))?;
    let connections = workflow.connections.clone().unwrap_or_default();
    let edges = Edges { downstream: lists(connections.downstream), upstream: lists(connections.upstream) };
    let mut nodes = BTreeMap::new();
    for each in &template.nodes {
        node::flatten(each, tasks, &mut nodes)?;
    }
    let failure = template.failure_node.as_ref();
    let policy = template.metadata.as_ref().map(|metadata| metadata.on_failure());
    let spec = WorkflowSpec {
        id: format!("{}:{}:{}", id.project, id.domain, id.name),
        nodes,
        connections: edges.downstream.clone(),
        edges,
        on_failure: failure.map(|failure| node::alone(failure, tasks)).transpose()?,
        outputs: outputs(template.interface.as_ref().and_then(|interface| interface.outputs.as_ref()))?,
        output_bindings: template.outputs.iter().map(message).collect::<Result<_, _>>()?,
        on_failure_policy: policy
            .filter(|policy| *policy != OnFailurePolicy::FailImmediately)
            .map(|policy| policy.as_str_name()),
    };
    Ok(serde_json::to_value(spec).map_err(JsonError::from)?)
}

fn outputs(declared: Option<&VariableMap>) -> Result<Option<Value>, WriteError> {
    let Some(declared) = declared else { return Ok(None) };
    let mut declared = declared.clone();
    strip::variables(&mut declared);
    Ok(Some(message(&declared)?))
}

fn lists(ids: BTreeMap<String, IdList>) -> BTreeMap<String, Vec<String>> {
    ids.into_iter().map(|(id, list)| (id, list.ids)).collect()
}

/// A part that is protobuf's JSON.
fn message<M: Message + Name>(message: &M) -> Result<Value, WriteError> {
    Ok(json::to_value(message, Style::Compact)?)
}
