//! The attempts of a node: each with phase, times, error in full and links to its logs.

use aileron_idl::admin::TaskExecution;
use leptos::prelude::*;

use crate::components::clock::{Elapsed, Moment};
use crate::components::failure::FailureBlock;
use crate::components::phase_badge::PhaseBadge;
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

fn attempt(attempt: &TaskExecution) -> AnyView {
    let run = Run::of_attempt(attempt);
    let number = attempt.id.as_ref().map_or(0, |id| id.retry_attempt);
    let closure = attempt.closure.clone().unwrap_or_default();
    let started = run.started.map(|at| view! { <Moment at /> });
    let failure = run.failure.clone().map(|failure| view! { <FailureBlock failure /> });
    let reason = (!closure.reason.is_empty() && failure.is_none())
        .then(|| view! { <p class="faint">{closure.reason.clone()}</p> });
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
            {failure}
        </li>
    }
    .into_any()
}
