//! A version: short, in full on hover.

use leptos::prelude::*;

/// The version of a workflow, task or launch plan.
#[component]
pub(crate) fn Version(text: String) -> impl IntoView {
    let title = text.clone();
    view! { <span class="faint mono version" title=title>{text}</span> }
}
