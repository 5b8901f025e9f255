//! A window in the page that asks something: the browser's own, with its focus and its Escape key.

use leptos::html;
use leptos::prelude::*;

/// Shown while `open` is true.
#[component]
pub(crate) fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: String,
    #[prop(default = "")] class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = element.get() else { return };
        match (open.get(), dialog.open()) {
            // Showing what is shown fails, and is not tried.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let label = title.clone();
    view! {
        <dialog node_ref=element class=class aria-label=label on:close=move |_| open.set(false)>
            <header class="line">
                <h2>{title}</h2>
                <button type="button" class="plain" aria-label="Close" on:click=move |_| open.set(false)>"×"</button>
            </header>
            <Show when=move || open.get()>{children()}</Show>
        </dialog>
    }
}
