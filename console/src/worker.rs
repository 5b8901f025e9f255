//! The workbench in a worker of its own: questions go out, answers come back.
//!
//! A question is sent when it is asked, not when its answer is waited for, and answers come in the order of questions:
//! who needs several asks for all of them first. What the workbench has compiled it keeps, so that a verdict and its
//! closure cost one compilation. What is going to be asked for can be announced, and is made meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use aileron_compiler::layout::{Layout, Metrics};
use js_sys::{Array, Float32Array, Function, Object, Promise, Reflect, Uint8Array};
use prost::Message;
use serde::de::DeserializeOwned;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageEvent;

use crate::model::scene::METRICS;
use crate::model::scene::layouts::Wanted;
use crate::model::workbench::Problem;

/// The folder of the worker's files. The build names it after their content, so that browsers may keep
/// them for ever.
const FOLDER: &str = match option_env!("AILERON_WORKBENCH") {
    Some(folder) => folder,
    None => "workbench",
};

/// The paths of the worker's files, which it loads by itself.
pub(crate) fn files() -> [String; 3] {
    ["worker.js", "aileron_workbench.js", "aileron_workbench_bg.wasm"]
        .map(|file| format!("/console/{FOLDER}/{file}"))
}

/// Who waits for the answer to a question: what to call with it, and with a problem.
type Waiting = Rc<RefCell<HashMap<u32, (Function, Function)>>>;

/// A worker that runs the workbench. Dropping it ends it.
pub(crate) struct Worker {
    worker: web_sys::Worker,
    waiting: Waiting,
    count: Cell<u32>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

impl Worker {
    /// Starts a worker; what is asked before it is ready waits.
    pub(crate) fn start() -> Result<Self, Problem> {
        let worker =
            web_sys::Worker::new(&format!("/console/{FOLDER}/worker.js")).map_err(|error| crashed(&error))?;
        let waiting = Waiting::default();
        let whose = waiting.clone();
        let heard =
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| hear(&whose, &event.data()));
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Ok(Self { worker, waiting, count: Cell::new(0), _heard: heard })
    }

    /// Asks for an answer that is JSON.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        call: &'static str,
        given: &[JsValue],
    ) -> impl Future<Output = Result<T, Problem>> + use<T> {
        let answer = self.call(call, given);
        async move {
            let text = answer.await?.as_string().unwrap_or_default();
            serde_json::from_str(&text).map_err(|error| unreadable(call, &error))
        }
    }

    /// Asks for an answer that is an encoded message.
    pub(crate) fn message<M: Message + Default>(
        &self,
        call: &'static str,
        given: &[JsValue],
    ) -> impl Future<Output = Result<M, Problem>> + use<M> {
        let answer = self.call(call, given);
        async move {
            let bytes = Uint8Array::new(&answer.await?).to_vec();
            M::decode(bytes.as_slice()).map_err(|error| unreadable(call, &error))
        }
    }

    /// Asks for an answer as it is.
    pub(crate) fn call(
        &self,
        call: &'static str,
        given: &[JsValue],
    ) -> impl Future<Output = Result<JsValue, Problem>> + use<> {
        let answer = self.asked(call, given);
        async move { answer.await.map_err(|problem| told(&problem)) }
    }

    /// The same with the problem as it comes: who does not tell it need not read it.
    fn asked(
        &self,
        call: &'static str,
        given: &[JsValue],
    ) -> impl Future<Output = Result<JsValue, JsValue>> + use<> {
        let id = self.count.replace(self.count.get().wrapping_add(1));
        let answer = Promise::new(&mut |answer, problem| {
            self.waiting.borrow_mut().insert(id, (answer, problem));
        });
        let sent = self.send(id.into(), call, given);
        async move {
            sent?;
            JsFuture::from(answer).await
        }
    }

    /// Has a workflow laid out; nothing if the answer is of another one.
    pub(crate) async fn lay_out(&self, wanted: &Wanted) -> Result<Option<Layout>, JsValue> {
        let workflow = wanted.workflow().map(Message::encode_to_vec).unwrap_or_default();
        let [larger, sizes] = sizes(&wanted.sizes);
        let packed =
            self.asked("lay_out", &[Uint8Array::from(workflow.as_slice()).into(), larger, sizes]).await?;
        Ok(wanted.read(&Float32Array::new(&packed).to_vec()))
    }

    /// The same of the workflow of an entity, which the workbench has compiled.
    pub(crate) async fn lay_out_entity(&self, id: u32, wanted: &Wanted) -> Result<Option<Layout>, JsValue> {
        let [larger, sizes] = sizes(&wanted.sizes);
        let packed = self.asked("lay_out_entity", &[id.into(), larger, sizes]).await?;
        Ok(wanted.read(&Float32Array::new(&packed).to_vec()))
    }

    /// Says that this is going to be asked for.
    pub(crate) fn announce_layout(&self, id: u32) {
        let [_, sizes] = sizes(&[]);
        // A question that nobody waits for; what is wrong is told when the layout is asked for.
        let _ = self.send(JsValue::UNDEFINED, "foresee", &[id.into(), sizes]);
    }

    fn send(&self, id: JsValue, call: &str, given: &[JsValue]) -> Result<(), JsValue> {
        let given = given.iter().collect::<Array>().into();
        self.worker.post_message(&object(&[("id", id), ("call", call.into()), ("arguments", given)]))
    }
}

/// The nodes that are larger than others, and all sizes, as the workbench takes them.
fn sizes(larger: &[(String, f32, f32)]) -> [JsValue; 2] {
    let ids: String = larger.iter().flat_map(|(id, ..)| [id.as_str(), "\n"]).collect();
    let Metrics { node_width, node_height, rank_gap, node_gap, edge_gap } = METRICS;
    let mut sizes = vec![node_width, node_height, rank_gap, node_gap, edge_gap];
    sizes.extend(larger.iter().flat_map(|(_, width, height)| [*width, *height]));
    [ids.into(), Float32Array::from(sizes.as_slice()).into()]
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // A plain object takes any field.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

fn field(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined())
}

fn hear(waiting: &Waiting, message: &JsValue) {
    let id = field(message, "id").and_then(|id| id.as_f64()).map(|id| id as u32);
    let Some((answer, problem)) = id.and_then(|id| waiting.borrow_mut().remove(&id)) else { return };
    // Settling a promise cannot fail.
    let _ = match field(message, "answer") {
        Some(value) => answer.call1(&JsValue::NULL, &value),
        None => problem.call1(&JsValue::NULL, message),
    };
}

/// What the worker, or the browser, says instead of an answer.
pub(crate) fn told(message: &JsValue) -> Problem {
    let problem = field(message, "problem").and_then(|text| serde_json::from_str(&text.as_string()?).ok());
    problem.unwrap_or_else(|| crashed(&field(message, "crashed").unwrap_or_else(|| message.clone())))
}

/// An answer that is not what was asked for.
fn unreadable(call: &str, error: &dyn std::error::Error) -> Problem {
    Problem { code: "Answer".to_owned(), message: error.to_string(), ..crashed(&JsValue::from_str(call)) }
}

fn crashed(error: &JsValue) -> Problem {
    let said =
        error.as_string().or_else(|| error.dyn_ref::<js_sys::Error>().map(|error| error.message().into()));
    Problem {
        code: "Crashed".to_owned(),
        place: "workbench".to_owned(),
        message: said.unwrap_or_else(|| "the workbench's worker ended".to_owned()),
        hint: "reload the page; if it happens again with the same file, report it".to_owned(),
    }
}
