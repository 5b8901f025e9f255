//! The compiler's findings on an entity; pressing one leads to its node.

use leptos::ev;
use leptos::prelude::*;

use super::sheet::Verdict;
use crate::components::graph::is_typing;
use crate::model::workbench::{Compilation, Finding};

/// Findings that are listed at most.
const SHOWN: usize = 100;

/// The findings, errors first as the compiler orders them.
#[component]
pub(super) fn Problems(verdict: Verdict, go: Callback<Finding>) -> impl IntoView {
    let current = RwSignal::new(None::<usize>);
    cycle(verdict, current, go);
    move || {
        let Some(verdict) = verdict.get() else { return ().into_any() };
        let Compilation { diagnostics, missing, .. } = Compilation::clone(&verdict);
        if diagnostics.is_empty() && missing.is_empty() {
            return view! { <p class="faint">"The compiler has nothing to say against it."</p> }.into_any();
        }
        let missed = missing.into_iter().map(|name| {
            view! { <li class="finding" data-code="Missing"><strong>{name}</strong>" is referred to and was not dropped. Drop its file too."</li> }
        });
        let more = diagnostics.len().saturating_sub(SHOWN);
        let more = (more > 0)
            .then(|| view! { <li class="faint">{format!("and {more} more: F8 goes on to them")}</li> });
        let found = diagnostics.into_iter().enumerate().take(SHOWN);
        let found = found.map(|(at, finding)| row(at, finding, current, go));
        view! { <ol class="findings">{missed.collect_view()}{found.collect_view()}{more}</ol> }.into_any()
    }
}

/// `e` and F8 go on to the next problem, with Shift to the one before.
fn cycle(verdict: Verdict, current: RwSignal<Option<usize>>, go: Callback<Finding>) {
    let pressed = window_event_listener(ev::keydown, move |event| {
        let is_key = event.key() == "F8" || event.key().eq_ignore_ascii_case("e");
        let is_other = event.ctrl_key() || event.meta_key() || event.alt_key();
        let findings = verdict.get_untracked().map(|verdict| verdict.diagnostics.clone()).unwrap_or_default();
        if !is_key || is_other || findings.is_empty() || is_typing(&event) {
            return;
        }
        event.prevent_default();
        let last = findings.len() - 1;
        let next = match current.get_untracked() {
            Some(at) if event.shift_key() => at.checked_sub(1).unwrap_or(last),
            Some(at) if at < last => at + 1,
            _ => 0,
        };
        current.set(Some(next));
        go.run(findings[next].clone());
    });
    on_cleanup(move || pressed.remove());
}

fn row(at: usize, finding: Finding, current: RwSignal<Option<usize>>, go: Callback<Finding>) -> AnyView {
    let place = finding.place();
    let types = finding.expected.clone().zip(finding.got.clone());
    let types = types.map(|(expected, got)| view! { <p class="faint">"expected "<code>{expected}</code>", got "<code>{got}</code></p> });
    let hint = finding.hint.clone().map(|hint| view! { <p class="faint">{hint}</p> });
    let (code, message, is_error) = (finding.code.clone(), finding.message.clone(), finding.error);
    let place = (!place.is_empty()).then(|| {
        view! { <button type="button" class="link" on:click=move |_| { current.set(Some(at)); go.run(finding.clone()); }>{place}</button> }
    });
    let key = code.clone();
    view! {
        <li class="finding" class:warning=!is_error class:current=move || current.get() == Some(at) data-code=key>
            <p class="line"><strong>{code}</strong>{place}</p>
            <p>{message}</p>
            {types}
            {hint}
        </li>
    }
    .into_any()
}
