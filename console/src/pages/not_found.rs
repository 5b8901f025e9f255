//! An address that no page has.

use leptos::prelude::*;
use leptos_router::components::A;

/// Says so, and leads back.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    view! {
        <main class="empty">
            <h1>"There is no page at this address"</h1>
            <p>"An execution is at "<code>"/console/projects/PROJECT/domains/DOMAIN/executions/NAME"</code>"."</p>
            <p><A href="/console/">"Go to the list of executions"</A></p>
        </main>
    }
}
