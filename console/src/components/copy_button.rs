//! A button that copies text.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Copies what `text` gives when pressed, and says so for a moment.
#[component]
pub(crate) fn CopyButton(#[prop(into)] text: Signal<String>) -> impl IntoView {
    let label = RwSignal::new("Copy");
    let copy = move |_| {
        leptos::task::spawn_local(async move {
            let written =
                JsFuture::from(window().navigator().clipboard().write_text(&text.get_untracked())).await;
            label.set(if written.is_ok() { "Copied" } else { "Not allowed" });
            set_timeout(move || label.set("Copy"), Duration::from_secs(2));
        });
    };
    view! { <button type="button" class="quiet copy" on:click=copy>{move || label.get()}</button> }
}
