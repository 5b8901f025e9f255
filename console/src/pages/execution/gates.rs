//! What an execution waits for people to do, above everything else.

use aileron_idl::core::SignalIdentifier;
use leptos::prelude::*;

use crate::api;
use crate::components::toasts::{Toasts, toasts};
use crate::followed::Followed;
use crate::model::literal::boolean;
use crate::model::outline::Gate;
use crate::model::phase::Phase;
use crate::model::route::{Page, Place};
use crate::model::type_name::type_name;

/// A line for each gate that waits.
#[component]
pub(super) fn Gates(followed: Followed) -> impl IntoView {
    let waiting = Memo::new(move |_| {
        let is_waiting = |phase: Phase| matches!(phase, Phase::Running | Phase::Queued);
        followed.tree.with(|tree| {
            followed.outline.with(|outline| {
                let running = tree.nodes().values().filter(|node| is_waiting(node.run.phase));
                let gates = running.filter_map(|node| {
                    let named = outline.named(tree, &node.id);
                    Some((node.id.clone(), named.title, named.gate?))
                });
                gates.filter(|(_, _, gate)| !matches!(gate, Gate::Sleep(_))).collect::<Vec<_>>()
            })
        })
    });
    let toasts = toasts();
    let line = move |(node, title, gate): (String, String, Gate)| {
        let asks = match &gate {
            Gate::Signal(_, wanted) => format!("waits for a value: {}", type_name(wanted)),
            _ => "waits for your approval".to_owned(),
        };
        let key = node.clone();
        view! {
            <div class="gate line" data-gate=key>
                <span class="mark" aria-hidden="true">"?"</span>
                <strong>{title}</strong>
                <span class="faint mono">{node}</span>
                <span>{asks}</span>
                <span class="faint" data-lacks="launch">"To answer takes the role launcher here."</span>
                <span class="answers" data-needs="launch">{answers(followed, gate, toasts)}</span>
            </div>
        }
    };
    move || waiting.get().into_iter().map(line).collect_view()
}

fn answers(followed: Followed, gate: Gate, toasts: Toasts) -> AnyView {
    let execution = followed.id.get_value();
    let (signal, is_boolean) = match gate {
        Gate::Approve(signal) => (signal, true),
        Gate::Signal(signal, wanted) => (signal, type_name(&wanted) == "bool"),
        Gate::Sleep(_) => return ().into_any(),
    };
    if !is_boolean {
        let place = Place::new(&execution.project, &execution.domain);
        let form = Page::Signal(place, execution.name, signal);
        return view! { <a class="button primary" href=form.path()>"Answer…"</a> }.into_any();
    }
    let id = SignalIdentifier { signal_id: signal, execution_id: Some(execution) };
    let answer = move |truth: bool| {
        let id = id.clone();
        move |_| {
            let id = id.clone();
            let said = if truth { "Approved." } else { "Rejected." };
            toasts
                .act(async move { api::set_signal(&id, boolean(truth)).await }, move |()| toasts.good(said));
        }
    };
    view! {
        <button type="button" class="button primary" on:click=answer(true)>"Approve"</button>
        <button type="button" class="button danger" on:click=answer(false)>"Reject"</button>
    }
    .into_any()
}
