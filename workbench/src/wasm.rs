//! The workspace for a page's worker: bytes and texts in, bytes and JSON out.
//!
//! A problem is thrown as the JSON text of [`Problem`]: `{code, place, message, hint}`.

use std::collections::BTreeMap;

use aileron_compiler::layout::{Metrics, Sizes, layout_sized};
use aileron_idl::core::CompiledWorkflow;
use prost::Message;
use serde::Serialize;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{EntityId, Limits, Problem, Workspace, practice, view};

/// A [`Workspace`] that JavaScript holds.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Workbench(Workspace);

#[wasm_bindgen]
impl Workbench {
    /// An empty workspace with the default limits.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lifts the limits for what is added from now on: the user was told and insists.
    pub fn lift_limits(&mut self) {
        self.0.set_limits(Limits::none());
    }

    /// Reads a file: JSON of [`view::Added`].
    ///
    /// # Errors
    /// As [`Workspace::add`].
    pub fn add(&mut self, bytes: &[u8], name: &str) -> Result<String, JsError> {
        reserve(bytes.len());
        answer(self.0.add(bytes, name))
    }

    /// Every entity: a JSON list of [`view::Entity`].
    ///
    /// # Errors
    /// None that is known.
    pub fn entities(&self) -> Result<String, JsError> {
        answer(Ok(self.0.entities()))
    }

    /// The compiler's verdict: JSON of [`view::Compilation`].
    ///
    /// # Errors
    /// As [`Workspace::compile`].
    pub fn compile(&self, id: EntityId) -> Result<String, JsError> {
        answer(self.0.compile(id).map(|verdict| view::Compilation::from(verdict.as_ref())))
    }

    /// The closure: an encoded `core.CompiledWorkflowClosure`.
    ///
    /// # Errors
    /// As [`Workspace::compile`].
    pub fn closure(&self, id: EntityId) -> Result<Vec<u8>, JsError> {
        self.0.compile(id).map(|verdict| verdict.closure.encode_to_vec()).map_err(|problem| thrown(&problem))
    }

    /// The pictures: a JSON list of [`view::Picture`].
    ///
    /// # Errors
    /// As [`Workspace::layout`].
    pub fn layout(&self, id: EntityId) -> Result<String, JsError> {
        answer(self.0.layout(id))
    }

    /// The layout of an encoded `core.CompiledWorkflow`, packed as numbers. `larger` are the ids, a line each, of nodes that
    /// are larger than others; `sizes` the sizes and distances of the rest, in the order of [`Metrics`], and then the
    /// width and height of each of those.
    ///
    /// # Errors
    /// What is no such message, or too few sizes.
    pub fn lay_out(&self, workflow: &[u8], larger: &str, sizes: &[f32]) -> Result<Vec<f32>, JsError> {
        let workflow = CompiledWorkflow::decode(workflow)?;
        let (metrics, sizes) = measures(larger, sizes)?;
        Ok(layout_sized(&workflow, &metrics, &sizes).pack())
    }

    /// The layout of an entity's workflow, as [`Workbench::lay_out`] makes it.
    ///
    /// # Errors
    /// As [`Workspace::compile`], or too few sizes.
    pub fn lay_out_entity(&self, id: EntityId, larger: &str, sizes: &[f32]) -> Result<Vec<f32>, JsError> {
        let (metrics, sizes) = measures(larger, sizes)?;
        let laid_out = self.0.lay_out(id, &metrics, &sizes).map_err(|problem| thrown(&problem))?;
        Ok(laid_out.pack())
    }

    /// Makes what [`Workbench::lay_out_entity`] is going to be asked for.
    ///
    /// # Errors
    /// As there.
    pub fn foresee(&self, id: EntityId, sizes: &[f32]) -> Result<(), JsError> {
        let (metrics, _) = measures("", sizes)?;
        self.0.foresee(id, &metrics).map_err(|problem| thrown(&problem))
    }

    /// Does with a workflow of so many nodes what is done with a file that is dropped, and forgets it: see [`practice`].
    ///
    /// # Errors
    /// None that is known.
    pub fn practise(nodes: usize) -> Result<(), JsError> {
        let mut workbench = Self::new();
        workbench.add(&practice::closure(nodes), "practice.pb")?;
        workbench.compile(0)?;
        workbench.closure(0)?;
        let Metrics { node_width, node_height, rank_gap, node_gap, edge_gap } = Metrics::default();
        workbench.lay_out_entity(0, "", &[node_width, node_height, rank_gap, node_gap, edge_gap])?;
        Ok(())
    }

    /// The inputs of a launch: a JSON list of [`view::Parameter`].
    ///
    /// # Errors
    /// As [`Workspace::parameters`].
    pub fn parameters(&self, id: EntityId) -> Result<String, JsError> {
        answer(self.0.parameters(id))
    }

    /// Checks inputs, given as a JSON object of what was typed for each: JSON of [`view::Launch`].
    ///
    /// # Errors
    /// As [`Workspace::validate`]; text that is not such an object.
    pub fn validate(&self, id: EntityId, typed: &str) -> Result<String, JsError> {
        let typed: BTreeMap<String, String> = serde_json::from_str(typed)?;
        answer(self.0.validate(id, &typed))
    }

    /// Checks dropped inputs: JSON of [`view::Launch`].
    ///
    /// # Errors
    /// As [`Workspace::validate_values`].
    pub fn validate_values(&self, id: EntityId, values: EntityId) -> Result<String, JsError> {
        answer(self.0.validate_values(id, values))
    }

    /// What differs: JSON of [`view::Diff`].
    ///
    /// # Errors
    /// As [`Workspace::diff`].
    pub fn diff(&self, before: EntityId, after: EntityId) -> Result<String, JsError> {
        answer(self.0.diff(before, after))
    }

    /// The phases of a custom resource: JSON of [`crate::Status`].
    ///
    /// # Errors
    /// As [`Workspace::status`].
    pub fn status(&self, id: EntityId) -> Result<String, JsError> {
        answer(self.0.status(id))
    }

    /// Values as an encoded `core.LiteralMap`.
    ///
    /// # Errors
    /// As [`Workspace::literals`].
    pub fn literals(&self, id: EntityId) -> Result<Vec<u8>, JsError> {
        self.0.literals(id).map(Message::encode_to_vec).map_err(|problem| thrown(&problem))
    }

    /// What values are to an entity: JSON of [`view::Suits`].
    ///
    /// # Errors
    /// As [`Workspace::suits`].
    pub fn suits(&self, id: EntityId, values: EntityId) -> Result<String, JsError> {
        answer(self.0.suits(id, values))
    }

    /// An entity as protobuf's JSON.
    ///
    /// # Errors
    /// As [`Workspace::json`].
    pub fn json(&self, id: EntityId) -> Result<String, JsError> {
        self.0.json(id).map(|value| format!("{value:#}")).map_err(|problem| thrown(&problem))
    }

    /// An entity as it was dropped.
    ///
    /// # Errors
    /// As [`Workspace::original`].
    pub fn original(&self, id: EntityId) -> Result<Option<Vec<u8>>, JsError> {
        self.0.original(id).map(|bytes| bytes.map(<[u8]>::to_vec)).map_err(|problem| thrown(&problem))
    }

    /// Inputs that were written as JSON or YAML: a JSON object of names and texts.
    ///
    /// # Errors
    /// As [`Workspace::typed`].
    pub fn typed(&self, bytes: &[u8], name: &str) -> Result<String, JsError> {
        answer(self.0.typed(bytes, name))
    }

    /// Inputs, outputs or an error, as JSON.
    ///
    /// # Errors
    /// As [`Workspace::values`].
    pub fn values(&self, id: EntityId) -> Result<String, JsError> {
        answer(self.0.values(id))
    }
}

/// What an entity and its verdict take in memory, over its bytes.
const ROOM: usize = 7;

/// Grows the memory at once by what a file is going to take: by itself it grows by a page at a time, each of which
/// costs a browser as much as decoding a page does. What is not used is never touched, so it takes up nothing.
fn reserve(file: usize) {
    let mut room = Vec::<u8>::new();
    // A browser that gives less gives it by pages, or says that there is none.
    if room.try_reserve_exact(ROOM.saturating_mul(file)).is_ok() {
        std::hint::black_box(&room);
    }
}

/// Sizes as they come: see [`Workbench::lay_out`].
fn measures<'a>(larger: &'a str, sizes: &[f32]) -> Result<(Metrics, Sizes<'a>), JsError> {
    let Some((&[node_width, node_height, rank_gap, node_gap, edge_gap], sizes)) = sizes.split_first_chunk()
    else {
        return Err(JsError::new("five metrics are wanted"));
    };
    let metrics = Metrics { node_width, node_height, rank_gap, node_gap, edge_gap };
    let sizes = larger.lines().zip(sizes.chunks_exact(2)).map(|(id, size)| (id, (size[0], size[1])));
    Ok((metrics, sizes.collect()))
}

fn answer(result: Result<impl Serialize, Problem>) -> Result<String, JsError> {
    let value = result.map_err(|problem| thrown(&problem))?;
    Ok(serde_json::to_string(&value)?)
}

fn thrown(problem: &Problem) -> JsError {
    JsError::new(&serde_json::to_string(problem).unwrap_or_else(|_| problem.to_string()))
}
