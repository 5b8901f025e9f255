//! A question that was not answered, told to the reader.

use leptos::prelude::*;

use crate::api::{ApiError, Code};
use crate::components::reader::login;

/// What went wrong: code, message, and what to do.
#[component]
pub(crate) fn Notice(error: ApiError) -> impl IntoView {
    let way_in = (error.code == Code::Unauthenticated)
        .then(|| view! { " "<a href=login() rel="external">"Log in"</a> });
    view! {
        <div class="notice" role="alert">
            <p><strong>{error.code.name()}</strong>" · "{error.question}</p>
            <p class="message">{error.message}</p>
            <p class="advice">{error.code.advice()}{way_in}</p>
        </div>
    }
}

/// The last error, while there is one.
#[component]
pub(crate) fn Trouble(#[prop(into)] error: Signal<Option<ApiError>>) -> impl IntoView {
    move || error.get().map(|error| view! { <Notice error /> })
}
