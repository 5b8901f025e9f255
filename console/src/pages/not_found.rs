//! An address that no page has.

use leptos::prelude::*;

/// Says so, and leads back.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    document().set_title("No such page · Aileron");
    view! {
        <main id="main" class="empty">
            <h1>"There is no page at this address"</h1>
            <p>"An execution is at "<code>"/console/projects/PROJECT/domains/DOMAIN/executions/NAME"</code>"."</p>
            <p><a href="/console/">"Go to the list of executions"</a>" or press "<kbd>"Ctrl K"</kbd>" to find anything."</p>
        </main>
    }
}
