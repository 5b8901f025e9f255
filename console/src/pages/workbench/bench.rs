//! The page's hold on its worker: what was dropped so far, and how more is added.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;

use aileron_compiler::layout::Layout;
use aileron_idl::core::CompiledWorkflowClosure;
use js_sys::{Function, Promise, Uint8Array};
use leptos::prelude::*;
use prost::Message;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::model::scene::layouts::{MOST, Wanted};
use crate::model::sorted;
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
    /// The closure that will be asked for next.
    ahead: StoredValue<Option<(u32, Asked)>, LocalStorage>,
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

/// A closure that was asked for.
type Asked = Pin<Box<dyn Future<Output = Result<CompiledWorkflowClosure, Problem>>>>;

/// Who is told what to look at first.
pub(super) type Choose = Option<Callback<Option<u32>>>;

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
            ahead: StoredValue::new_local(None),
            shelf: RwSignal::default(),
            troubles: RwSignal::new_local(Vec::new()),
            files: RwSignal::default(),
            reading: RwSignal::new(0),
            given: RwSignal::default(),
            overlay: RwSignal::default(),
        }
    }

    /// Asks the workbench for an answer that is JSON.
    pub(super) fn ask<T: DeserializeOwned>(
        self,
        call: &'static str,
        given: &[JsValue],
    ) -> impl Future<Output = Result<T, Problem>> + use<T> {
        let asked = self.worker.get_value().map(|worker| worker.ask(call, given));
        async move { asked?.await }
    }

    /// Asks the workbench for an answer that is a message.
    pub(super) fn message<M: Message + Default>(
        self,
        call: &'static str,
        given: &[JsValue],
    ) -> impl Future<Output = Result<M, Problem>> + use<M> {
        let asked = self.worker.get_value().map(|worker| worker.message(call, given));
        async move { asked?.await }
    }

    /// Asks for an answer as it is.
    pub(super) fn call(
        self,
        call: &'static str,
        given: &[JsValue],
    ) -> impl Future<Output = Result<JsValue, Problem>> + use<> {
        let asked = self.worker.get_value().map(|worker| worker.call(call, given));
        async move { asked?.await }
    }

    /// The closure of an entity, to be drawn.
    pub(super) async fn closure(self, id: u32) -> Result<CompiledWorkflowClosure, Problem> {
        let ahead = self.ahead.try_update_value(Option::take).flatten().filter(|(of, _)| *of == id);
        ahead.map_or_else(|| self.asked(id), |(_, closure)| closure).await
    }

    fn asked(self, id: u32) -> Asked {
        let closure = self.message("closure", &[id.into()]);
        let is_large =
            self.shelf.with_untracked(|shelf| shelf.entity(id).is_some_and(|one| one.nodes > MOST));
        if let (Ok(worker), true) = (self.worker.get_value(), is_large) {
            // It is laid out while the closure is on its way and read.
            worker.announce_layout(id);
        }
        Box::pin(closure)
    }

    /// Has a workflow laid out by the worker: that of the entity, or another. Without an answer there is no drawing, and
    /// what is wrong is told elsewhere.
    pub(super) async fn lay_out(self, of: Option<u32>, wanted: &Wanted) -> Option<Layout> {
        let laid_out = match (self.worker.get_value(), of) {
            (Ok(worker), Some(id)) => {
                worker.lay_out_entity(id, wanted).await.map_err(|problem| told(&problem))
            }
            (Ok(worker), None) => worker.lay_out(wanted).await.map_err(|problem| told(&problem)),
            (Err(problem), _) => Err(problem),
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

    /// Reads a file and has everything compiled that it concerns. `choose` is called with what to look at first, which is
    /// compiled first; not if the file belongs to `open`, which is looked at.
    pub(super) async fn add(self, file: Dropped, open: Option<u32>, choose: Choose) {
        self.reading.update(|count| *count += 1);
        let name = file.name.clone();
        self.read(file, open, choose).await;
        self.reading.update(|count| *count -= 1);
        self.files.update(|files| {
            // Of a name the newest content is kept, and that once.
            files.retain(|known| *known != name);
            files.push(name);
        });
    }

    /// Reads a file again, without limits.
    pub(super) async fn insist(self, file: Dropped, open: Option<u32>, choose: Choose) {
        let name = file.name.clone();
        self.troubles.update(|all| all.retain(|one| one.file.as_ref().is_none_or(|file| file.name != name)));
        // It answers nothing; what follows it sees the limits lifted.
        let lifted = self.call("lift_limits", &[]);
        self.add(file, open, choose).await;
        let _ = lifted.await;
    }

    async fn read(self, file: Dropped, open: Option<u32>, choose: Choose) {
        let given = [file.bytes.clone().into(), file.name.as_str().into()];
        match self.ask::<Added>("add", &given).await {
            Ok(added) => self.take(added, open, choose).await,
            Err(problem) if self.is_typed(&problem, &file, open).await => {}
            Err(problem) => {
                let file = problem.is_limit().then_some(file);
                self.troubles.update(|all| all.push(Trouble { problem, file }));
            }
        }
    }

    async fn take(self, added: Added, open: Option<u32>, choose: Choose) {
        self.complain(added.skipped);
        let belongs = self.belongs(&added.entities, open).await;
        let first = self.shelf.with_untracked(|shelf| shelf.first_choice(&added.entities));
        let first = first.filter(|_| !belongs);
        let mut stale = Vec::new();
        self.shelf.update(|shelf| stale = shelf.add(added.entities));
        sorted::sort_by_key(&mut stale, |id| Some(*id) != first);
        let mut stale = stale.into_iter();
        // The first verdict is asked for before the page begins to draw what it is on.
        let judged = stale.next().map(|id| self.judge(id));
        if let Some((id, choose)) = first.zip(choose) {
            if self.shelf.with_untracked(|shelf| shelf.is_compiled(id)) {
                // What shows it takes a while to be made, and asks for this at once.
                self.ahead.set_value(Some((id, self.asked(id))));
            }
            choose.run(first);
        }
        if let Some(judged) = judged {
            judged.await;
        }
        for id in stale {
            self.judge(id).await;
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

    fn judge(self, id: u32) -> impl Future<Output = ()> {
        let verdict = self.ask::<Compilation>("compile", &[id.into()]);
        async move {
            match verdict.await {
                Ok(verdict) => self.shelf.update(|shelf| shelf.judge(id, verdict)),
                Err(problem) => self.complain(vec![problem]),
            }
        }
    }
}
