//! What waits for people: the gates of a place's running executions.

use aileron_idl::admin::{ResourceListRequest, Signal};
use aileron_idl::core::{SignalIdentifier, WorkflowExecutionIdentifier};
use leptos::prelude::*;

use crate::api::{self, ApiError};
use crate::browser;
use crate::components::crumbs::set_title;
use crate::components::notice::Notice;
use crate::components::toasts::{Toasts, toasts};
use crate::model::listing::{Filter, View};
use crate::model::literal::boolean;
use crate::model::route::{Page, Place};
use crate::model::type_name::type_name;

/// Running executions that are looked through at most.
const MOST: u32 = 200;

/// The page of a place.
#[component]
pub(crate) fn GatesPage(place: Place) -> impl IntoView {
    set_title(&Page::Gates(place.clone()));
    let again = RwSignal::new(0_u32);
    let asked = place.clone();
    let found = LocalResource::new(move || {
        again.track();
        let place = asked.clone();
        async move { gather(&place).await }
    });
    let toasts = toasts();
    let body = move || {
        match found.get() {
        None => view! { <p class="faint">"Loading…"</p> }.into_any(),
        Some(Err(error)) => view! { <Notice error /> }.into_any(),
        Some(Ok(signals)) if signals.is_empty() => view! {
            <div class="empty"><h2>"Nothing waits for you"</h2><p>"Executions whose gates need an approval or a value are listed here."</p></div>
        }
        .into_any(),
        Some(Ok(signals)) => {
            let line = |signal: Signal| line(&place, signal, toasts, again);
            view! {
                <table class="list">
                    <thead><tr><th scope="col">"Execution"</th><th scope="col">"Signal"</th><th scope="col">"Wants"</th><th scope="col">"Answer"</th></tr></thead>
                    <tbody>{signals.into_iter().map(line).collect_view()}</tbody>
                </table>
            }
            .into_any()
        }
    }
    };
    view! {
        <main id="main">
            <div class="page-head">
                <h1>"Waiting for people"</h1>
                <button type="button" class="button" on:click=move |_| again.update(|count| *count += 1)>"Refresh"</button>
            </div>
            {body}
        </main>
    }
}

/// The signals without a value of every execution that runs.
async fn gather(place: &Place) -> Result<Vec<Signal>, ApiError> {
    let view = View { filter: Filter::Active, ..View::default() };
    let filters = view.filters(browser::now()).unwrap_or_default();
    let request = ResourceListRequest { limit: MOST, ..view.request(place, &filters, String::new()) };
    let mut waiting = Vec::new();
    for execution in api::executions(&request).await?.executions {
        let Some(id) = execution.id else { continue };
        let found = api::signals(&id).await?.signals;
        waiting.extend(found.into_iter().filter(|signal| signal.value.is_none()));
    }
    Ok(waiting)
}

fn line(place: &Place, signal: Signal, toasts: Toasts, again: RwSignal<u32>) -> AnyView {
    let id = signal.id.unwrap_or_default();
    let WorkflowExecutionIdentifier { name, .. } = id.execution_id.clone().unwrap_or_default();
    let wanted = signal.r#type.unwrap_or_default();
    let word = type_name(&wanted);
    let page = Page::Execution(place.clone(), name.clone());
    let form = Page::Signal(place.clone(), name.clone(), id.signal_id.clone()).path();
    let answers = if word == "bool" {
        let button = |truth: bool, id: SignalIdentifier| {
            let press = move |_| {
                let id = id.clone();
                let said = if truth { "Approved." } else { "Rejected." };
                toasts.act(async move { api::set_signal(&id, boolean(truth)).await }, move |()| {
                    toasts.good(said);
                    again.update(|count| *count += 1);
                });
            };
            let (class, label) =
                if truth { ("button primary", "Approve") } else { ("button danger", "Reject") };
            view! { <button type="button" class=class on:click=press>{label}</button> }
        };
        view! { {button(true, id.clone())} " " {button(false, id.clone())} }.into_any()
    } else {
        view! { <a class="button primary" href=form>"Answer…"</a> }.into_any()
    };
    view! {
        <tr>
            <td><a class="mono" href=page.path() data-rowlink="">{name}</a></td>
            <td class="mono">{id.signal_id}</td>
            <td class="mono">{word}</td>
            <td><span class="faint" data-lacks="launch">"Takes the role launcher here."</span><span data-needs="launch">{answers}</span></td>
        </tr>
    }
    .into_any()
}
