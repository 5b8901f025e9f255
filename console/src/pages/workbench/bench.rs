//! The page's hold on its worker: what was dropped so far, and how more is added.

use std::rc::Rc;

use js_sys::Uint8Array;
use leptos::prelude::*;
use prost::Message;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use crate::model::workbench::{Added, Compilation, Problem, Shelf};
use crate::worker::Worker;

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
    pub(super) shelf: RwSignal<Shelf>,
    pub(super) troubles: RwSignal<Vec<Trouble>, LocalStorage>,
    /// How many files are being read.
    pub(super) reading: RwSignal<usize>,
}

impl Bench {
    pub(super) fn start() -> Self {
        Self {
            worker: StoredValue::new_local(Worker::start().map(Rc::new)),
            shelf: RwSignal::default(),
            troubles: RwSignal::new_local(Vec::new()),
            reading: RwSignal::new(0),
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

    /// Reads a file and has everything compiled that it concerns. Answers what to look at first.
    pub(super) async fn add(self, file: Dropped) -> Option<u32> {
        self.reading.update(|count| *count += 1);
        let first = self.read(file).await;
        self.reading.update(|count| *count -= 1);
        first
    }

    /// Reads a file again, without limits.
    pub(super) async fn insist(self, file: Dropped) -> Option<u32> {
        let name = file.name.clone();
        self.troubles.update(|all| all.retain(|one| one.file.as_ref().is_none_or(|file| file.name != name)));
        if let Ok(worker) = self.worker.get_value() {
            // It answers nothing; what follows it sees the limits lifted.
            let _ = worker.call("lift_limits", &[]).await;
        }
        self.add(file).await
    }

    async fn read(self, file: Dropped) -> Option<u32> {
        let given = [file.bytes.clone().into(), file.name.as_str().into()];
        match self.ask::<Added>("add", &given).await {
            Ok(added) => {
                self.complain(added.skipped);
                let mut stale = Vec::new();
                let first = self.shelf.with_untracked(|shelf| shelf.first_choice(&added.entities));
                self.shelf.update(|shelf| stale = shelf.add(added.entities));
                self.judge(stale).await;
                first
            }
            Err(problem) => {
                let file = problem.is_limit().then_some(file);
                self.troubles.update(|all| all.push(Trouble { problem, file }));
                None
            }
        }
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
