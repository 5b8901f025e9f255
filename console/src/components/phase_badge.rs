//! A phase as a badge: mark, word and colour.

use leptos::prelude::*;

use crate::model::phase::Phase;

/// A phase, with its word.
#[component]
pub(crate) fn PhaseBadge(#[prop(into)] phase: Signal<Phase>) -> impl IntoView {
    view! {
        <span class="badge" data-phase=move || phase.get().key()>
            <span class="mark" aria-hidden="true">{move || phase.get().glyph()}</span>
            {move || phase.get().label()}
        </span>
    }
}
