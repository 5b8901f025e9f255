//! Why something failed, in full.

use leptos::prelude::*;

use crate::components::copy_button::CopyButton;
use crate::model::run::Failure;

/// A failure: whose fault, code, the line that says it, and the whole message as it was written.
#[component]
pub(crate) fn FailureBlock(failure: Failure) -> impl IntoView {
    let headline = failure.headline().to_owned();
    let more = (failure.message.trim() != headline)
        .then(|| view! { <pre tabindex="0">{failure.message.clone()}</pre> });
    let message = failure.message.clone();
    view! {
        <section class="failure" aria-label="Error">
            <header>
                <strong>{failure.origin.label()}</strong>
                <code>{failure.code}</code>
                <CopyButton text=Signal::derive(move || message.clone()) />
            </header>
            <p class="headline">{headline}</p>
            {more}
        </section>
    }
}
