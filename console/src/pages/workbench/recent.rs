//! Files that were dropped before, kept in this browser.

use js_sys::Uint8Array;
use leptos::prelude::*;
use serde::Deserialize;

use super::bench::{Bench, Dropped};
use super::gather::look;

/// A file that is kept.
#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Kept {
    name: String,
    size: f64,
}

/// Keeps a file, where the browser allows it; elsewhere there are no recent files.
pub(super) async fn keep(bench: Bench, file: &Dropped) {
    let _ = bench.call("keep", &[file.name.as_str().into(), file.bytes.clone().into()]).await;
}

/// The files, while nothing is dropped yet.
#[component]
pub(super) fn Recent(bench: Bench, open: Memo<Option<u32>>, choose: Callback<Option<u32>>) -> impl IntoView {
    let kept = RwSignal::new(Vec::<Kept>::new());
    let ask = move || {
        leptos::task::spawn_local(async move {
            if let Ok(found) = bench.ask("recent", &[]).await {
                kept.try_set(found);
            }
        });
    };
    ask();
    let recall = move |name: String| {
        leptos::task::spawn_local(async move {
            let Ok(bytes) = bench.call("recall", &[name.as_str().into()]).await else { return };
            let file = Dropped { name, bytes: Uint8Array::new(&bytes) };
            look(bench.add(file, open.get_untracked()).await, choose);
        });
    };
    let forget = move |_| {
        leptos::task::spawn_local(async move {
            let _ = bench.call("forget", &[]).await;
            ask();
        });
    };
    let is_shown = move || bench.shelf.with(|shelf| shelf.is_empty()) && kept.with(|kept| !kept.is_empty());
    move || {
        is_shown().then(|| {
            let rows = kept.get().into_iter().map(|Kept { name, size }| {
                let label = format!("{name} ({:.0} KB)", (size / 1024.0).max(1.0));
                view! { <li><button type="button" class="link" on:click=move |_| recall(name.clone())>{label}</button></li> }
            });
            view! {
                <section class="recent" aria-label="Recent files">
                    <h3>"Recent files, kept in this browser"</h3>
                    <ul>{rows.collect_view()}</ul>
                    <button type="button" class="quiet" on:click=forget>"Forget them"</button>
                </section>
            }
        })
    }
}
