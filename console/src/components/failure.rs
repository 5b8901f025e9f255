//! Why something failed, in full.

use leptos::prelude::*;

use crate::components::copy_button::CopyButton;
use crate::model::run::Failure;

/// A failure: whose fault, code, the line that says it, where in the user's own code, and the whole message as it was
/// written.
#[component]
pub(crate) fn FailureBlock(
    failure: Failure,
    /// What failed, for the copy.
    #[prop(optional, into)]
    of: String,
) -> impl IntoView {
    let headline = failure.headline().to_owned();
    let place = failure.place().map(|(file, line)| {
        view! { <p class="place"><code>{file.to_owned()}</code><code class="source">{line.to_owned()}</code></p> }
    });
    let more = (failure.message.trim() != headline)
        .then(|| view! { <pre tabindex="0">{failure.message.clone()}</pre> });
    let markdown = failure.markdown(&of);
    view! {
        <section class="failure" aria-label="Error">
            <header>
                <strong>{failure.origin.label()}</strong>
                <code>{failure.code}</code>
                <CopyButton text=Signal::derive(move || markdown.clone()) />
            </header>
            <p class="headline">{headline}</p>
            {place}
            {more}
        </section>
    }
}
