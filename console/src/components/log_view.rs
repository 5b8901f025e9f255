//! An attempt's log, read while it grows.

use std::ops::ControlFlow;

use aileron_idl::core::NodeExecutionIdentifier;
use leptos::html;
use leptos::prelude::*;

use crate::api::{self, ApiError, Code};
use crate::components::copy_button::CopyButton;
use crate::components::notice::Trouble;
use crate::model::log::{self, Log};
use crate::model::phase::Phase;
use crate::model::route;
use crate::poll::{Poll, set_if_new};

/// How often a log is read on.
const INTERVAL_MS: i32 = 700;
/// How near the end, in pixels, still counts as following it.
const SLACK: i32 = 24;

/// The log of one attempt. While the reader is at its end, it stays there.
#[component]
pub(crate) fn LogView(
    node: NodeExecutionIdentifier,
    attempt: u32,
    /// Of the attempt. Before it runs there is no log to ask for; after its end one that is not there will never be.
    #[prop(into)]
    phase: Signal<Phase>,
) -> impl IntoView {
    let log = RwSignal::new(Log::default());
    let error = RwSignal::new(None::<ApiError>);
    let raw = {
        let execution = node.execution_id.clone().unwrap_or_default();
        let of = (execution.project.as_str(), execution.domain.as_str(), execution.name.as_str());
        route::log(of, &node.node_id, attempt, 0)
    };
    let file = format!("{}-{attempt}.log", node.node_id);
    Poll::start(INTERVAL_MS, async move || {
        if matches!(phase.get_untracked(), Phase::Waiting | Phase::Queued) {
            return ControlFlow::Continue(());
        }
        let mut longer = log.get_untracked();
        let answer = api::read_log(&node, attempt, &mut longer).await;
        let has_ended = phase.get_untracked().is_terminal();
        let is_early = matches!(&answer, Err(error) if error.code == Code::NotFound) && !has_ended;
        let is_over = longer.is_complete || (answer.is_err() && has_ended);
        set_if_new(error, answer.err().filter(|_| !is_early));
        set_if_new(log, longer);
        if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    view! {
        <Trouble error />
        <Text log raw file />
    }
}

#[component]
fn Text(log: RwSignal<Log>, raw: String, file: String) -> impl IntoView {
    let element = NodeRef::<html::Pre>::new();
    let follows = RwSignal::new(true);
    let wanted = RwSignal::new(String::new());
    let text = Memo::new(move |_| {
        let text = log::plain(&log.with(Log::text));
        wanted.with(|wanted| if wanted.is_empty() { text.clone() } else { log::matching(&text, wanted) })
    });
    let scroll_down = move || {
        if let Some(pre) = element.get_untracked().filter(|_| follows.get_untracked()) {
            pre.set_scroll_top(pre.scroll_height());
        }
    };
    Effect::new(move |_| {
        text.track();
        request_animation_frame(scroll_down);
    });
    let scrolled = move |_| {
        if let Some(pre) = element.get_untracked() {
            follows.set(pre.scroll_height() - pre.scroll_top() - pre.client_height() < SLACK);
        }
    };
    let follow = move |_| {
        follows.set(true);
        scroll_down();
    };
    let is_empty = Memo::new(move |_| text.with(|text| text.trim().is_empty()));
    let state = move || {
        log.with(|log| match (log.is_complete, is_empty.get()) {
            (true, true) => "Complete, no output",
            (true, false) => "Complete",
            (false, true) => "Waiting for output…",
            (false, false) => "Live",
        })
    };
    view! {
        <div class="log">
            <div class="line">
                <span class="faint">{state}</span>
                <Show when=move || log.with(|log| log.is_cut)>
                    <span class="faint">"Older lines are left out; the raw log has them."</span>
                </Show>
                <Show when=move || !follows.get()>
                    <button type="button" class="quiet" on:click=follow>"↓ Follow"</button>
                </Show>
                <input type="search" class="search end" placeholder="Search the log" aria-label="Search the log" on:input=move |event| wanted.set(event_target_value(&event)) />
                <CopyButton text />
                <a class="quiet" href=raw download=file>"Download"</a>
            </div>
            <pre data-empty=move || is_empty.get().to_string() node_ref=element on:scroll=scrolled tabindex="0" role="region" aria-label="Log">{text}</pre>
        </div>
    }
}
