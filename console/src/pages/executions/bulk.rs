//! Many executions at once: ended, or left out of lists.

use aileron_idl::core::WorkflowExecutionIdentifier;
use leptos::prelude::*;

use super::Found;
use crate::api;
use crate::components::dialog::Dialog;
use crate::components::toasts::toasts;
use crate::model::query::Query;
use crate::model::route::{Page, Place};

/// Names shown before what is to happen happens.
const SHOWN: usize = 12;

/// What can be done with those that are chosen; shown while some are.
#[component]
pub(super) fn Bulk(found: Found, place: Place) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let count = Memo::new(move |_| found.chosen.with(|chosen| chosen.len()));
    let place = StoredValue::new(place);
    let toasts = toasts();
    let archive = move |_| {
        let ids = ids(&place.get_value(), found.chosen.get_untracked().into_iter().collect());
        let count = ids.len();
        let undone = ids.clone();
        let undo = Callback::new(move |()| {
            toasts.act(all_archived(undone.clone(), false), move |()| {
                toasts.good(format!("{count} listed again"));
            });
        });
        toasts.act(all_archived(ids, true), move |()| toasts.good_or(format!("{count} archived."), undo));
        found.chosen.set(Default::default());
    };
    let choose_all = move |_| {
        let names =
            found.listing.with_untracked(|listing| listing.rows.iter().map(|row| row.name.clone()).collect());
        found.chosen.set(names);
    };
    let compare = move || {
        let chosen = found.chosen.get();
        let mut names = chosen.iter();
        let ((Some(one), Some(other)), None) = ((names.next(), names.next()), names.next()) else {
            return None;
        };
        let query = Query::default().with("view", "compare").with("with", other.clone());
        let href = Page::Execution(place.get_value(), one.clone()).with(&query);
        Some(view! { <a class="quiet" href=href>"Compare"</a> })
    };
    view! {
        <Show when=move || 0 < count.get()>
            <div class="bulk line" role="region" aria-label="Chosen executions">
                <strong>{move || format!("{} chosen", count.get())}</strong>
                <button type="button" class="quiet danger" data-needs="launch" on:click=move |_| is_open.set(true)>"Terminate…"</button>
                <button type="button" class="quiet" data-needs="launch" on:click=archive>"Archive"</button>
                {compare}
                <button type="button" class="link" on:click=choose_all>"Choose all that are loaded"</button>
                <button type="button" class="link" on:click=move |_| found.chosen.set(Default::default())>"Choose none"</button>
            </div>
        </Show>
        <Dialog open=is_open title="Terminate executions"><Terminate found place is_open /></Dialog>
    }
}

#[component]
fn Terminate(found: Found, place: StoredValue<Place>, is_open: RwSignal<bool>) -> impl IntoView {
    let toasts = toasts();
    let cause = RwSignal::new(String::new());
    // Those that have ended already are not touched.
    let names = Memo::new(move |_| {
        let is_running = |name: &String| {
            found.listing.with(|listing| listing.row(name).is_some_and(|row| !row.run.phase.is_terminal()))
        };
        found.chosen.get().into_iter().filter(is_running).collect::<Vec<_>>()
    });
    let end = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let ids = ids(&place.get_value(), names.get_untracked());
        let (count, cause) = (ids.len(), cause.get_untracked());
        let work = async move {
            for id in &ids {
                api::terminate(id, &cause).await?;
            }
            Ok(())
        };
        toasts.act(work, move |()| toasts.good(format!("{count} are being terminated.")));
        is_open.set(false);
        found.chosen.set(Default::default());
    };
    let list = move || {
        let names = names.get();
        let more = names.len().saturating_sub(SHOWN);
        view! {
            <ul class="names">{names.into_iter().take(SHOWN).map(|name| view! { <li class="mono">{name}</li> }).collect_view()}</ul>
            {(more > 0).then(|| view! { <p class="faint">{format!("and {more} more")}</p> })}
        }
    };
    view! {
        <form class="stack" on:submit=end>
            <p>{move || format!("{} of the chosen executions are running and will be ended:", names.with(Vec::len))}</p>
            {list}
            <label class="stack">"Why (others will read it)"<input type="text" prop:value=cause on:input=move |event| cause.set(event_target_value(&event)) /></label>
            <div class="line end">
                <button type="button" class="quiet" on:click=move |_| is_open.set(false)>"Keep them"</button>
                <button type="submit" class="button danger" disabled=move || names.with(Vec::is_empty)>"Terminate"</button>
            </div>
        </form>
    }
}

fn ids(place: &Place, names: Vec<String>) -> Vec<WorkflowExecutionIdentifier> {
    let Place { project, domain } = place;
    let id = |name| WorkflowExecutionIdentifier {
        project: project.clone(),
        domain: domain.clone(),
        name,
        ..Default::default()
    };
    names.into_iter().map(id).collect()
}

async fn all_archived(ids: Vec<WorkflowExecutionIdentifier>, is_archived: bool) -> Result<(), api::ApiError> {
    for id in &ids {
        api::archive(id, is_archived).await?;
    }
    Ok(())
}
