//! The graph of an object as a compiled closure.
//!
//! The object holds the closure in another shape: nodes by id, arms of branches among them, identifiers as
//! text, and no declared inputs. What can be had again is: the inputs get the types that their first use
//! or their values have.
//!
//! Start reading at [`read`]; `workflow` makes a workflow of a spec, `node` a node.

mod node;
mod reference;
mod workflow;

use aileron_idl::core::{CompiledTask, CompiledWorkflowClosure, LiteralMap, TaskTemplate};
use aileron_idl::json;
use prost::{Message, Name};
use serde_json::{Map, Value};

use crate::workflow::FlyteWorkflow;

/// Why an object cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A part of it does not have the shape it must have.
    #[error("`{part}` of the object cannot be read: {why}")]
    Part {
        /// The path of the part.
        part: String,
        /// What is wrong with it.
        why: String,
    },
    /// It has something both in itself and beside itself.
    #[error("the object has both `{inside}` and `{beside}`: only one of them can hold")]
    Both {
        /// The field that holds it.
        inside: &'static str,
        /// The field that refers to it.
        beside: &'static str,
    },
}

/// Where something of an object is.
#[derive(Clone, Debug, PartialEq)]
pub enum Held<T> {
    /// In the object.
    Here(T),
    /// In the object store, at this URI.
    At(String),
}

impl FlyteWorkflow {
    /// The closure to run.
    ///
    /// # Errors
    /// When a part of the graph has the wrong shape, or there is none, or one too many.
    pub fn graph(&self) -> Result<Held<CompiledWorkflowClosure>, ReadError> {
        let reference = &self.workflow_closure_reference;
        match (&self.spec, reference.is_empty()) {
            (Some(_), false) => Err(ReadError::Both { inside: "spec", beside: "workflowClosureReference" }),
            (None, false) => Ok(Held::At(reference.clone())),
            (None, true) => Err(part("spec", "there is none, and no `workflowClosureReference` either")),
            (Some(spec), true) => {
                let (none, inputs) = (Map::new(), self.inputs()?);
                let tasks = self.tasks.as_ref().unwrap_or(&none);
                let sub_workflows = self.sub_workflows.as_ref().unwrap_or(&none);
                read(spec, tasks, sub_workflows, &inputs).map(Held::Here)
            }
        }
    }

    /// The complete inputs.
    ///
    /// # Errors
    /// When they have the wrong shape, or are there twice.
    pub fn given_inputs(&self) -> Result<Held<LiteralMap>, ReadError> {
        match (&self.inputs, self.offloaded_inputs.is_empty()) {
            (Some(_), false) => Err(ReadError::Both { inside: "inputs", beside: "offloadedInputs" }),
            (None, false) => Ok(Held::At(self.offloaded_inputs.clone())),
            (_, true) => self.inputs().map(Held::Here),
        }
    }

    fn inputs(&self) -> Result<LiteralMap, ReadError> {
        let inputs = self.inputs.as_ref().map(|inputs| message(inputs, "inputs"));
        inputs.transpose().map(Option::unwrap_or_default)
    }
}

/// Reads a graph; `given` are the values that it is launched with.
///
/// # Errors
/// When a part of it has the wrong shape.
pub fn read(
    spec: &Value,
    tasks: &Map<String, Value>,
    sub_workflows: &Map<String, Value>,
    given: &LiteralMap,
) -> Result<CompiledWorkflowClosure, ReadError> {
    let templates = tasks.iter().map(|(key, task)| {
        let template = message::<TaskTemplate>(task, &format!("tasks.{key}"))?;
        Ok(CompiledTask { template: Some(template) })
    });
    let templates = templates.collect::<Result<Vec<_>, ReadError>>()?;
    let keys = reference::Keys::new(tasks.keys().zip(&templates));
    let id = spec.get("id").and_then(Value::as_str).map(reference::of_workflow);
    let reader = workflow::Reader { tasks: &templates, keys: &keys };
    let primary = reader.workflow(spec, id, "spec", Some(given))?;
    let mut others = Vec::new();
    for (key, spec) in sub_workflows {
        let id = Some(reference::identifier(key));
        others.push(reader.workflow(spec, id, &format!("subWorkflows.{key}"), None)?);
    }
    Ok(CompiledWorkflowClosure {
        primary: Some(primary),
        sub_workflows: others,
        tasks: templates,
        launch_plans: Vec::new(),
    })
}

/// The fields of an object; none, if it is not one.
fn fields(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

/// A part that is protobuf's JSON already.
fn message<M: Message + Name + Default>(value: &Value, path: &str) -> Result<M, ReadError> {
    json::from_value(value).map_err(|error| part(path, error.to_string()))
}

fn part(part: &str, why: impl Into<String>) -> ReadError {
    ReadError::Part { part: part.to_owned(), why: why.into() }
}
