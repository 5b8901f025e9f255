//! A question that was not answered, told to the reader.

use leptos::prelude::*;

use crate::api::ApiError;

/// What went wrong: code, message, and what to do.
#[component]
pub(crate) fn Notice(error: ApiError) -> impl IntoView {
    view! {
        <div class="notice" role="alert">
            <p><strong>{error.code.name()}</strong>" · "{error.question}</p>
            <p class="message">{error.message}</p>
            <p class="advice">{error.code.advice()}</p>
        </div>
    }
}

/// The last error, while there is one.
#[component]
pub(crate) fn Trouble(#[prop(into)] error: Signal<Option<ApiError>>) -> impl IntoView {
    move || error.get().map(|error| view! { <Notice error /> })
}
