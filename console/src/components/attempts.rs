//! The attempts of a node: each with phase, times, error in full and links to its logs.

use aileron_idl::admin::TaskExecution;
use leptos::prelude::*;

use crate::components::clock::{Elapsed, Moment};
use crate::components::fact_list::FactList;
use crate::components::failure::FailureBlock;
use crate::components::phase_badge::PhaseBadge;
use crate::model::facts;
use crate::model::items::{self, Item};
use crate::model::route;
use crate::model::run::Run;

/// The attempts, the latest one first.
#[component]
pub(crate) fn Attempts(#[prop(into)] attempts: Signal<Vec<TaskExecution>>) -> impl IntoView {
    let list = move || attempts.with(|attempts| attempts.iter().rev().map(attempt).collect_view());
    view! {
        <Show
            when=move || attempts.with(|attempts| !attempts.is_empty())
            fallback=|| view! { <p class="faint">"No attempt has started."</p> }
        >
            <ol class="attempts">{list}</ol>
        </Show>
    }
}

/// Items shown at most; each is a square.
const ITEMS: usize = 2_000;

/// The items of an array: how many stand where, and each as a square that leads to its log.
fn items(attempt: &TaskExecution) -> Option<AnyView> {
    let items = items::of(attempt);
    if items.is_empty() {
        return None;
    }
    let square = |item: &Item| {
        let title = format!("Item {}: {}, try {}", item.index, item.phase.label(), item.attempt + 1);
        let log = item.logs.iter().find(|(_, uri)| route::is_link(uri)).map(|(_, uri)| uri.clone());
        match log {
            Some(href) => view! { <a class="item" href=href target="_blank" rel="noopener" data-phase=item.phase.key() title=title.clone() aria-label=title>{item.phase.glyph()}</a> }.into_any(),
            None => view! { <span class="item" role="img" data-phase=item.phase.key() title=title.clone() aria-label=title>{item.phase.glyph()}</span> }.into_any(),
        }
    };
    let squares = items.iter().take(ITEMS).map(square).collect_view();
    let words = items::told(&items);
    Some(view! { <p class="faint">{words}</p><div class="items">{squares}</div> }.into_any())
}

fn attempt(attempt: &TaskExecution) -> AnyView {
    let run = Run::of_attempt(attempt);
    let number = attempt.id.as_ref().map_or(0, |id| id.retry_attempt);
    let closure = attempt.closure.clone().unwrap_or_default();
    let started = run.started.map(|at| view! { <Moment at /> });
    let of = attempt.id.as_ref().and_then(|id| id.node_execution_id.as_ref()).map(|id| id.node_id.clone());
    let of = format!("{}, attempt {}", of.unwrap_or_default(), number + 1);
    let failure = run.failure.clone().map(|failure| view! { <FailureBlock failure of /> });
    let reason = (!closure.reason.is_empty() && failure.is_none())
        .then(|| view! { <p class="faint">{closure.reason.clone()}</p> });
    let facts = facts::of_attempt(&closure);
    let logs = closure
        .logs
        .into_iter()
        .filter(|log| route::is_link(&log.uri))
        .map(|log| view! { <a href=log.uri target="_blank" rel="noopener">{log.name}</a> })
        .collect_view();
    let phase = run.phase;
    view! {
        <li>
            <div class="line">
                <strong>{format!("Attempt {}", number + 1)}</strong>
                <PhaseBadge phase=Signal::stored(phase) />
                {started}
                <Elapsed run=Signal::stored(run) />
                <span class="links">{logs}</span>
            </div>
            {reason}
            {(!facts.is_empty()).then(|| view! { <FactList facts /> })}
            {items(attempt)}
            {failure}
        </li>
    }
    .into_any()
}
