//! Large workflows are laid out by the workbench's worker, beside the page, which is started when the first one comes.

use std::rc::Rc;

use leptos::prelude::*;

use super::LayOut;
use crate::model::scene::layouts::Wanted;
use crate::worker::Worker;

/// Who lays out for one page.
pub(crate) fn lay_out() -> LayOut {
    let started = StoredValue::new_local(None::<Rc<Worker>>);
    let worker = move || {
        if let Some(worker) = started.get_value() {
            return Some(worker);
        }
        let worker = Rc::new(Worker::start().ok()?);
        started.set_value(Some(worker.clone()));
        Some(worker)
    };
    Callback::new(move |(wanted, hand_over): (Wanted, Callback<_>)| {
        let worker = worker();
        leptos::task::spawn_local(async move {
            let made = match worker {
                Some(worker) => worker.lay_out(&wanted).await.ok().flatten(),
                None => None,
            };
            // A browser without the worker draws late, but draws.
            hand_over.run(Some(made.unwrap_or_else(|| wanted.made_here())));
        });
    })
}
