//! The log of one of the attempts.

use aileron_idl::admin::TaskExecution;
use aileron_idl::core::NodeExecutionIdentifier;
use leptos::prelude::*;

use crate::components::log_view::LogView;
use crate::model::run::Run;

/// The tab: the latest attempt, unless the reader chose another one.
#[component]
pub(super) fn Logs(node: NodeExecutionIdentifier, attempts: RwSignal<Vec<TaskExecution>>) -> impl IntoView {
    let count = Memo::new(move |_| attempts.with(|attempts| attempts.len() as u32));
    let chosen = RwSignal::new(None::<u32>);
    let shown = Memo::new(move |_| chosen.get().or_else(|| count.get().checked_sub(1)));
    let phase = move |attempt: u32| {
        Signal::derive(move || {
            let phase = |attempt: &TaskExecution| Run::of_attempt(attempt).phase;
            attempts.with(|attempts| attempts.get(attempt as usize).map(phase).unwrap_or_default())
        })
    };
    let button = move |attempt: u32| {
        view! {
            <button type="button" class="quiet" aria-pressed=move || (shown.get() == Some(attempt)).to_string() on:click=move |_| chosen.set(Some(attempt))>
                {format!("Attempt {}", attempt + 1)}
            </button>
        }
    };
    let log = move || match shown.get() {
        Some(attempt) => view! { <LogView node=node.clone() attempt phase=phase(attempt) /> }.into_any(),
        None => view! { <p class="faint">"No attempt has started."</p> }.into_any(),
    };
    view! {
        <Show when=move || 1 < count.get()>
            <div class="line">{move || (0..count.get()).map(button).collect_view()}</div>
        </Show>
        {log}
    }
}
