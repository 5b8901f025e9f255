//! Tabs, walked by the arrow keys.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A list of tabs; the page shows what is `current`.
#[component]
pub(crate) fn Tabs(
    name: &'static str,
    /// Keys and labels.
    tabs: Vec<(&'static str, String)>,
    #[prop(into)] current: Signal<String>,
    choose: Callback<String>,
) -> impl IntoView {
    let tab = move |(key, label): (&'static str, String)| {
        let is_here = move || current.with(|current| current == key);
        view! {
            <button type="button" role="tab" data-tab=key aria-selected=move || is_here().to_string() tabindex=move || if is_here() { "0" } else { "-1" }
                on:click=move |_| choose.run(key.to_owned())>{label}</button>
        }
    };
    view! { <div class="tabs" role="tablist" aria-label=name on:keydown=|event| walk(&event)>{tabs.into_iter().map(tab).collect_view()}</div> }
}

fn walk(event: &ev::KeyboardEvent) {
    let tab = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let next = tab.and_then(|tab| match event.key().as_str() {
        "ArrowRight" => tab.next_element_sibling(),
        "ArrowLeft" => tab.previous_element_sibling(),
        _ => None,
    });
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        next.click();
        // What cannot take the focus leaves it where it is.
        let _ = next.focus();
    }
}
