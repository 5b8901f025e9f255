//! The page's hold on its worker: what was dropped so far, and how more is added.

use std::collections::BTreeMap;
use std::rc::Rc;

use aileron_compiler::layout::Layout;
use js_sys::{Function, Promise, Uint8Array};
use leptos::prelude::*;
use prost::Message;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::model::scene::layouts::Wanted;
use crate::model::workbench::{Added, Compilation, Entity, Parameter, Problem, Shelf};
use crate::worker::{Worker, told};

/// A file that was dropped, as long as it may have to be read again.
#[derive(Clone, Debug)]
pub(super) struct Dropped {
    pub(super) name: String,
    pub(super) bytes: Uint8Array,
}

/// A file, or an entry of one, that could not be read.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    pub(super) problem: Problem,
    /// The file, if a limit refused it that the reader may lift.
    pub(super) file: Option<Dropped>,
}

/// The workbench as the page's parts see it.
#[derive(Clone, Copy)]
pub(super) struct Bench {
    worker: StoredValue<Result<Rc<Worker>, Problem>, LocalStorage>,
    /// The end of the last turn that was taken.
    last: StoredValue<Option<Promise>, LocalStorage>,
    pub(super) shelf: RwSignal<Shelf>,
    pub(super) troubles: RwSignal<Vec<Trouble>, LocalStorage>,
    /// The names of files that were read and can be read again, in their order.
    pub(super) files: RwSignal<Vec<String>>,
    /// How many files are being read.
    pub(super) reading: RwSignal<usize>,
    /// Inputs that were dropped on something to launch, as they would be typed.
    pub(super) given: RwSignal<BTreeMap<String, String>>,
    /// Values that were dropped on what gave them, and how far the execution of a workflow is.
    pub(super) overlay: RwSignal<Overlay>,
}

/// A turn that was taken.
pub(super) struct Turn(Option<Function>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(end) = &self.0 {
            // A promise's own function cannot fail.
            let _ = end.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Entities that belong to the one that is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Overlay {
    pub(super) outputs: Option<u32>,
    pub(super) nodes: Option<u32>,
}

impl Bench {
    pub(super) fn start() -> Self {
        Self {
            worker: StoredValue::new_local(Worker::start().map(Rc::new)),
            last: StoredValue::new_local(None),
            shelf: RwSignal::default(),
            troubles: RwSignal::new_local(Vec::new()),
            files: RwSignal::default(),
            reading: RwSignal::new(0),
            given: RwSignal::default(),
            overlay: RwSignal::default(),
        }
    }

    /// Asks the workbench for an answer that is JSON.
    pub(super) async fn ask<T: DeserializeOwned>(self, call: &str, given: &[JsValue]) -> Result<T, Problem> {
        let worker = self.worker.get_value()?;
        worker.ask(call, given).await
    }

    /// Asks the workbench for an answer that is a message.
    pub(super) async fn message<M: Message + Default>(
        self,
        call: &str,
        given: &[JsValue],
    ) -> Result<M, Problem> {
        let worker = self.worker.get_value()?;
        worker.message(call, given).await
    }

    /// Asks for an answer as it is.
    pub(super) async fn call(self, call: &str, given: &[JsValue]) -> Result<JsValue, Problem> {
        let worker = self.worker.get_value()?;
        worker.call(call, given).await
    }

    /// Has a workflow laid out by the worker. Without an answer there is no drawing, and what is wrong is told elsewhere.
    pub(super) async fn lay_out(self, wanted: &Wanted) -> Option<Layout> {
        let laid_out = match self.worker.get_value() {
            Ok(worker) => worker.lay_out(wanted).await.map_err(|problem| told(&problem)),
            Err(problem) => Err(problem),
        };
        laid_out.unwrap_or_else(|problem| {
            self.complain(vec![problem]);
            None
        })
    }

    /// Waits until whoever came before has ended their turn; one's own ends when what is answered is dropped.
    pub(super) async fn turn(self) -> Turn {
        let mut end = None;
        let mine = Promise::new(&mut |resolve, _reject| end = Some(resolve));
        if let Some(before) = self.last.try_update_value(|last| last.replace(mine)).flatten() {
            // A promise that is only resolved cannot fail.
            let _ = JsFuture::from(before).await;
        }
        Turn(end)
    }

    /// Reads a file and has everything compiled that it concerns. Answers what to look at first: nothing if
    /// it belongs to `open`, which is looked at.
    pub(super) async fn add(self, file: Dropped, open: Option<u32>) -> Option<u32> {
        self.reading.update(|count| *count += 1);
        let name = file.name.clone();
        let first = self.read(file, open).await;
        self.reading.update(|count| *count -= 1);
        self.files.update(|files| {
            // Of a name the newest content is kept, and that once.
            files.retain(|known| *known != name);
            files.push(name);
        });
        first
    }

    /// Reads a file again, without limits.
    pub(super) async fn insist(self, file: Dropped, open: Option<u32>) -> Option<u32> {
        let name = file.name.clone();
        self.troubles.update(|all| all.retain(|one| one.file.as_ref().is_none_or(|file| file.name != name)));
        if let Ok(worker) = self.worker.get_value() {
            // It answers nothing; what follows it sees the limits lifted.
            let _ = worker.call("lift_limits", &[]).await;
        }
        self.add(file, open).await
    }

    async fn read(self, file: Dropped, open: Option<u32>) -> Option<u32> {
        let given = [file.bytes.clone().into(), file.name.as_str().into()];
        match self.ask::<Added>("add", &given).await {
            Ok(added) => {
                self.complain(added.skipped);
                let mut stale = Vec::new();
                let first = self.shelf.with_untracked(|shelf| shelf.first_choice(&added.entities));
                let belongs = self.belongs(&added.entities, open).await;
                self.shelf.update(|shelf| stale = shelf.add(added.entities));
                self.judge(stale).await;
                first.filter(|_| !belongs)
            }
            Err(problem) if self.is_typed(&problem, &file, open).await => None,
            Err(problem) => {
                let file = problem.is_limit().then_some(file);
                self.troubles.update(|all| all.push(Trouble { problem, file }));
                None
            }
        }
    }

    /// Whether what was dropped is something of the entity that is open: its inputs, its outputs, or how far
    /// its execution is. Then it is shown there.
    async fn belongs(self, entities: &[Entity], open: Option<u32>) -> bool {
        let ([entity], Some(open)) = (entities, open) else { return false };
        match entity.kind.as_str() {
            "NodeExecutionList" => {
                self.overlay.update(|overlay| overlay.nodes = Some(entity.id));
                true
            }
            "LiteralMap" => {
                match self.ask::<String>("suits", &[open.into(), entity.id.into()]).await.as_deref() {
                    Ok("Inputs") => {
                        let values: Result<BTreeMap<String, serde_json::Value>, _> =
                            self.ask("values", &[entity.id.into()]).await;
                        let text = |value: serde_json::Value| {
                            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
                        };
                        let typed = values.unwrap_or_default().into_iter();
                        self.given.set(typed.map(|(name, value)| (name, text(value))).collect());
                        true
                    }
                    Ok("Outputs") => {
                        self.overlay.update(|overlay| overlay.outputs = Some(entity.id));
                        true
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether a file that is of no known kind holds inputs of the entity that is open, as people write them.
    async fn is_typed(self, problem: &Problem, file: &Dropped, open: Option<u32>) -> bool {
        let Some(open) = open.filter(|_| problem.code == "Unrecognised") else { return false };
        let given = [file.bytes.clone().into(), file.name.as_str().into()];
        let Ok(typed) = self.ask::<BTreeMap<String, String>>("typed", &given).await else { return false };
        let known: Vec<Parameter> = self.ask("parameters", &[open.into()]).await.unwrap_or_default();
        let is_known = |name: &String| known.iter().any(|one| one.name == *name);
        let belongs = !typed.is_empty() && typed.keys().all(is_known);
        if belongs {
            self.given.set(typed);
        }
        belongs
    }

    fn complain(self, problems: Vec<Problem>) {
        let troubles = problems.into_iter().map(|problem| Trouble { problem, file: None });
        self.troubles.update(|all| all.extend(troubles));
    }

    async fn judge(self, ids: Vec<u32>) {
        for id in ids {
            match self.ask::<Compilation>("compile", &[id.into()]).await {
                Ok(verdict) => self.shelf.update(|shelf| shelf.judge(id, verdict)),
                Err(problem) => self.complain(vec![problem]),
            }
        }
    }
}
