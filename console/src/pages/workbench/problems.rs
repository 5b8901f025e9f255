//! The compiler's findings on an entity; pressing one leads to its node.

use std::sync::Arc;

use leptos::ev;
use leptos::prelude::*;

use super::sheet::Verdict;
use crate::components::graph::is_typing;
use crate::model::workbench::{Alike, Compilation, Finding, alike};

/// Findings of a kind, and kinds, that are listed at most.
const SHOWN: usize = 100;

/// What the list needs of the page.
#[derive(Clone, Copy)]
struct List {
    verdict: Verdict,
    /// The finding that was gone to last.
    current: RwSignal<Option<usize>>,
    /// The first findings of the kinds that are shown one by one.
    unfolded: RwSignal<Vec<usize>>,
    go: Callback<Finding>,
}

/// The findings, errors first as the compiler orders them, and those that say the same as one.
#[component]
pub(super) fn Problems(verdict: Verdict, go: Callback<Finding>) -> impl IntoView {
    let list = List { verdict, current: RwSignal::new(None), unfolded: RwSignal::default(), go };
    list.cycle();
    move || {
        let verdict = verdict.get()?;
        if verdict.diagnostics.is_empty() && verdict.missing.is_empty() {
            return Some(
                view! { <p class="faint">"The compiler has nothing to say against it."</p> }.into_any(),
            );
        }
        let missed = verdict.missing.iter().cloned().map(|name| {
            view! { <li class="finding" data-code="Missing"><strong>{name}</strong>" is referred to and was not dropped. Drop its file too."</li> }
        });
        let missed = missed.collect_view();
        let kinds = alike(&verdict.diagnostics);
        let more = kinds.get(SHOWN..).unwrap_or_default().iter().map(Vec::len).sum();
        let found = kinds.into_iter().take(SHOWN).map(|kind| list.kind(&verdict, kind)).collect_view();
        Some(view! { <ol class="findings">{missed}{found}{rest(more)}</ol> }.into_any())
    }
}

fn rest(count: usize) -> Option<AnyView> {
    (count > 0).then(|| {
        view! { <li class="faint">{format!("and {count} more: F8 goes on to them")}</li> }.into_any()
    })
}

impl List {
    /// `e` and F8 go on to the next problem, with Shift to the one before.
    fn cycle(self) {
        let pressed = window_event_listener(ev::keydown, move |event| {
            let is_key = event.key() == "F8" || event.key().eq_ignore_ascii_case("e");
            let is_other = event.ctrl_key() || event.meta_key() || event.alt_key();
            if !is_key || is_other || is_typing(&event) {
                return;
            }
            let found = self.verdict.get_untracked();
            let count = found.as_ref().map_or(0, |verdict| verdict.diagnostics.len());
            let Some((verdict, last)) = found.zip(count.checked_sub(1)) else { return };
            event.prevent_default();
            let next = match self.current.get_untracked() {
                Some(at) if event.shift_key() => at.checked_sub(1).unwrap_or(last),
                Some(at) if at < last => at + 1,
                _ => 0,
            };
            self.go_to(next, &verdict.diagnostics[next]);
        });
        on_cleanup(move || pressed.remove());
    }

    fn go_to(self, at: usize, finding: &Finding) {
        self.current.set(Some(at));
        self.go.run(finding.clone());
    }

    /// The first of findings that say the same, and the others when they are asked for.
    fn kind(self, verdict: &Arc<Compilation>, kind: Alike) -> AnyView {
        let row = |list: List, verdict: &Compilation, at: &usize| {
            verdict.diagnostics.get(*at).map(|finding| list.row(*at, finding.clone()))
        };
        let Some((&first, others)) = kind.split_first() else { return ().into_any() };
        let shown = row(self, verdict, &first);
        if others.is_empty() {
            return shown.into_any();
        }
        let (count, others, verdict) = (others.len(), others.to_vec(), verdict.clone());
        let is_current = {
            let others = others.clone();
            move || self.current.get().is_some_and(|at| others.binary_search(&at).is_ok())
        };
        let is_open = Memo::new(move |_| self.unfolded.with(|all| all.contains(&first)) || is_current());
        let turn = move |_| {
            self.unfolded.update(|all| {
                if all.contains(&first) {
                    all.retain(|one| *one != first);
                } else {
                    all.push(first);
                }
            });
        };
        let listed = move || {
            is_open.get().then(|| {
                let rows = others.iter().take(SHOWN).map(|at| row(self, &verdict, at)).collect_view();
                view! { {rows}{rest(others.len().saturating_sub(SHOWN))} }
            })
        };
        view! {
            {shown}
            <li class="alike"><button type="button" class="quiet" aria-expanded=move || is_open.get().to_string() on:click=turn>{format!("{count} more like this")}</button></li>
            {listed}
        }
        .into_any()
    }

    fn row(self, at: usize, finding: Finding) -> AnyView {
        let place = finding.place();
        let types = finding.expected.clone().zip(finding.got.clone());
        let types = types.map(|(expected, got)| view! { <p class="faint">"expected "<code>{expected}</code>", got "<code>{got}</code></p> });
        let hint = finding.hint.clone().map(|hint| view! { <p class="faint">{hint}</p> });
        let (code, message, is_error) = (finding.code.clone(), finding.message.clone(), finding.error);
        let place = (!place.is_empty()).then(|| {
            view! { <button type="button" class="link" on:click=move |_| self.go_to(at, &finding)>{place}</button> }
        });
        let key = code.clone();
        view! {
            <li class="finding" class:warning=!is_error class:current=move || self.current.get() == Some(at) data-code=key>
                <p class="line"><strong>{code}</strong>{place}</p>
                <p>{message}</p>
                {types}
                {hint}
            </li>
        }
        .into_any()
    }
}
