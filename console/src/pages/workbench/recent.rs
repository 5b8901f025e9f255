//! Files that were dropped before, kept in this browser.

use js_sys::Uint8Array;
use leptos::prelude::*;
use serde::Deserialize;

use super::bench::{Bench, Dropped};
use super::gather::take;
use super::session;
use crate::address::address;

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

/// A file that is kept; none where the browser has lost it, or kept none of its size.
pub(super) async fn recalled(bench: Bench, name: String) -> Option<Dropped> {
    let bytes = Uint8Array::new(&bench.call("recall", &[name.as_str().into()]).await.ok()?);
    (bytes.length() > 0).then_some(Dropped { name, bytes })
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
    let last = session::start(bench);
    let address = address();
    let recall = move |name: String| {
        leptos::task::spawn_local(async move {
            let Some(file) = recalled(bench, name).await else { return };
            take(bench, file, open, choose).await;
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
            let again = last.clone().map(|session| {
                let label = match session.files.len() {
                    1 => "Open the last session again (1 file)".to_owned(),
                    count => format!("Open the last session again ({count} files)"),
                };
                view! { <button type="button" class="quiet" on:click=move |_| session::resume(bench, address, session.clone())>{label}</button> }
            });
            view! {
                <section class="recent" aria-label="Recent files">
                    <h3>"Recent files, kept in this browser"</h3>
                    <ul>{rows.collect_view()}</ul>
                    {again}
                    <button type="button" class="quiet" on:click=forget>"Forget them"</button>
                </section>
            }
        })
    }
}
