//! The custom resource of one execution, as `kubectl get flyteworkflow -o json|yaml` prints it.
//!
//! It holds the closure in another shape: nodes by id, arms of branches among them, identifiers as text,
//! and no declared inputs. What can be had again is: the inputs get the types that their first use or
//! their values have.
//!
//! Start reading at [`read`]; `workflow` makes a workflow of a spec, `node` a node, `status` reads phases.

mod node;
mod reference;
mod status;
mod workflow;

use aileron_idl::core::{CompiledTask, CompiledWorkflowClosure, LiteralMap, TaskTemplate};
use aileron_idl::json;
use prost::{Message, Name};
use serde_json::Value;

use super::Found;
use crate::document::Document;
use crate::kind::Kind;
use crate::problem::{Problem, Reason};

pub use status::{NodePhase, Status, WorkflowPhase};

/// What a custom resource holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Resource {
    /// What the propeller runs.
    pub(crate) closure: CompiledWorkflowClosure,
    /// What it was launched with.
    pub(crate) inputs: LiteralMap,
    /// How far it is.
    pub(crate) status: Status,
}

/// Whether an object is such a resource.
pub(super) fn is_resource(value: &Value) -> bool {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    text("apiVersion").starts_with("flyte.lyft.com/") && text("kind").eq_ignore_ascii_case("flyteworkflow")
}

/// Reads one.
pub(super) fn read(value: &Value, place: &str) -> Result<Found, Problem> {
    let resource = resource(value).map_err(|reason| reason.at(place))?;
    let notes =
        vec!["compiled by Flyte: inputs have the types of their uses, and their order is lost".to_owned()];
    let document = Document::Resource(Box::new(resource));
    Ok(Found { place: place.to_owned(), kind: Kind::FlyteWorkflow, also: Vec::new(), notes, document })
}

fn resource(value: &Value) -> Result<Resource, Reason> {
    let spec = value.get("spec").filter(|spec| spec.get("nodes").is_some());
    let Some(spec) = spec else { return Err(elsewhere(value)) };
    let inputs = value.get("inputs").map(|inputs| message::<LiteralMap>(inputs, "inputs")).transpose()?;
    let inputs = inputs.unwrap_or_default();
    let mut tasks = Vec::new();
    for (key, task) in fields(value.get("tasks")) {
        let template = message::<TaskTemplate>(task, &format!("tasks.{key}"))?;
        tasks.push(CompiledTask { template: Some(template) });
    }
    let id = spec.get("id").and_then(Value::as_str).map(reference::of_workflow);
    let primary = workflow::workflow(spec, id, "spec", &tasks, Some(&inputs))?;
    let mut sub_workflows = Vec::new();
    for (key, spec) in fields(value.get("subWorkflows")) {
        let id = Some(reference::identifier(key));
        sub_workflows.push(workflow::workflow(spec, id, &format!("subWorkflows.{key}"), &tasks, None)?);
    }
    let launch_plans = Vec::new();
    let closure = CompiledWorkflowClosure { primary: Some(primary), sub_workflows, tasks, launch_plans };
    Ok(Resource { closure, inputs, status: status::read(value.get("status")) })
}

/// A large closure is stored beside the resource.
fn elsewhere(value: &Value) -> Reason {
    match value.get("workflowClosureReference").and_then(Value::as_str) {
        Some(uri) => Reason::Elsewhere { uri: uri.to_owned() },
        None => Reason::Resource { part: "spec".to_owned(), why: "it has no nodes".to_owned() },
    }
}

/// The fields of an object; none, if it is not one.
fn fields(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// A part that is protobuf's JSON already.
fn message<M: Message + Name + Default>(value: &Value, part: &str) -> Result<M, Reason> {
    json::from_slice(value.to_string().as_bytes())
        .map_err(|error| Reason::Resource { part: part.to_owned(), why: error.to_string() })
}
