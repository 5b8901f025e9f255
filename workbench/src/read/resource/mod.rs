//! The custom resource of one execution, as `kubectl get flyteworkflow -o json|yaml` prints it.
//!
//! Start reading at [`read`]; `status` reads phases. How the object holds a closure is known to its own crate.

mod status;

use aileron_crd::ReadError;
use aileron_idl::core::{CompiledWorkflowClosure, LiteralMap};
use aileron_idl::json;
use serde_json::{Map, Value};

use super::Found;
use crate::document::Document;
use crate::kind::Kind;
use crate::problem::{Problem, Reason};

pub use status::{Report, Status};

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
    Ok(Found {
        place: place.to_owned(),
        kind: Kind::FlyteWorkflow,
        also: Vec::new(),
        notes,
        document,
        original: None,
    })
}

fn resource(value: &Value) -> Result<Resource, Reason> {
    let spec = value.get("spec").filter(|spec| spec.get("nodes").is_some());
    let Some(spec) = spec else { return Err(elsewhere(value)) };
    let none = Map::new();
    let map = |field: &str| value.get(field).and_then(Value::as_object).unwrap_or(&none);
    let inputs = inputs(value.get("inputs").filter(|inputs| !inputs.is_null()))?;
    let closure = aileron_crd::read(spec, map("tasks"), map("subWorkflows"), &inputs).map_err(reason)?;
    Ok(Resource { closure, inputs, status: status::read(value) })
}

fn inputs(value: Option<&Value>) -> Result<LiteralMap, Reason> {
    let Some(value) = value else { return Ok(LiteralMap::default()) };
    json::from_value(value)
        .map_err(|error| Reason::Resource { part: "inputs".to_owned(), why: error.to_string() })
}

fn reason(error: ReadError) -> Reason {
    match error {
        ReadError::Part { part, why } => Reason::Resource { part, why },
        both @ ReadError::Both { .. } => Reason::Resource { part: "spec".to_owned(), why: both.to_string() },
    }
}

/// A large closure is stored beside the resource.
fn elsewhere(value: &Value) -> Reason {
    match value.get("workflowClosureReference").and_then(Value::as_str) {
        Some(uri) => Reason::Elsewhere { uri: uri.to_owned() },
        None => Reason::Resource { part: "spec".to_owned(), why: "it has no nodes".to_owned() },
    }
}
