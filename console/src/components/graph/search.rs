//! The search field: a word, or the selection language.

use leptos::{ev, html, prelude::*};

use super::stage::{Found, Stage, is_typing};

#[component]
pub(super) fn Search(stage: Stage) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let at = RwSignal::new(0_usize);
    let input = move |event| {
        stage.note();
        stage.sought.set(event_target_value(&event));
        at.set(0);
    };
    let said = move || match stage.found.get() {
        Found::All => String::new(),
        Found::Unreadable(wrong) => wrong,
        Found::Some(found) => match found.len() {
            0 => "none".to_owned(),
            count => format!("{count} of {}", stage.drawn.get().0.nodes.len()),
        },
    };
    let next = move |step: isize| {
        let Found::Some(found) = stage.found.get_untracked() else { return };
        if found.is_empty() {
            return;
        }
        let place = at.get_untracked() % found.len();
        at.set((place + found.len()).saturating_add_signed(step) % found.len());
        let scene = stage.scene();
        if let Some(node) = found.iter().nth(place).and_then(|at| scene.node(*at)) {
            stage.reveal(&node.path);
            if stage.selected.get_untracked().as_ref() != Some(&node.path) {
                stage.select.run(node.path.clone());
            }
        }
    };
    let key = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Enter" => next(if event.shift_key() { -1 } else { 1 }),
        "Escape" => stage.sought.set(String::new()),
        _ => {}
    };
    let slash = window_event_listener(ev::keydown, move |event| {
        if event.key() == "/"
            && !is_typing(&event)
            && let Some(field) = field.get_untracked()
        {
            event.prevent_default();
            let _ = field.focus();
        }
    });
    on_cleanup(move || slash.remove());
    let is_wrong = move || matches!(stage.found.get(), Found::Unreadable(_));
    view! {
        <div class="seek over">
            <input type="search" placeholder="Find: price, +n2, type:branch, err" aria-label="Find nodes" title="A name, n*, +x, x+2, type:, phase:, err, path(a,b); a & b, !a. Enter goes through them." autocomplete="off" spellcheck="false"
                aria-invalid=move || is_wrong().to_string() node_ref=field prop:value=move || stage.sought.get() on:input=input on:keydown=key />
            <span role="status" class:wrong=is_wrong>{said}</span>
        </div>
    }
}
