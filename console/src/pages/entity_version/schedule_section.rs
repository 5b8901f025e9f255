//! When a launch plan fires next, and another schedule for it.

use std::time::Duration;

use aileron_idl::admin::LaunchPlan;
use aileron_idl::aileron::v1::list_fire_times_request::Of;
use leptos::prelude::*;

use crate::address::address;
use crate::api::{self, ApiError};
use crate::components::clock::{Clock, Moment, Zone};
use crate::components::dialog::Dialog;
use crate::components::notice::Notice;
use crate::components::toasts::toasts;
use crate::model::route::{Entity, Page, Place};
use crate::model::schedule;
use crate::model::time;

/// How long the reader does not write before the server is asked what was written.
const REST: Duration = Duration::from_millis(250);

/// The next times of a launch plan's own schedule, and the button that writes another.
#[component]
pub(super) fn ScheduleSection(plan: LaunchPlan) -> impl IntoView {
    let has_schedule = schedule::of(&plan).is_some();
    let writing = RwSignal::new(false);
    let id = plan.id.clone().unwrap_or_default();
    let times = LocalResource::new(move || {
        let id = id.clone();
        async move { if has_schedule { api::fire_times(Of::LaunchPlan(id)).await } else { Ok(Vec::new()) } }
    });
    let next = move || match times.get() {
        Some(Ok(times)) if has_schedule => view! { <Times times /> }.into_any(),
        Some(Err(error)) => view! { <Notice error /> }.into_any(),
        _ => ().into_any(),
    };
    let word = if has_schedule { "Another schedule…" } else { "Schedule…" };
    view! {
        <section class="card-like schedule">
            <div class="line"><h2>"Schedule"</h2><button type="button" class="button end" data-needs="change" on:click=move |_| writing.set(true)>{word}</button></div>
            {(!has_schedule).then(|| view! { <p class="faint">"It has none: it is launched when somebody asks."</p> })}
            {next}
        </section>
        <Dialog open=writing title="A version with another schedule"><Writing plan=plan.clone() writing /></Dialog>
    }
}

/// Instants to come, in the reader's zone and, where that is UTC, in the browser's.
#[component]
fn Times(times: Vec<f64>) -> impl IntoView {
    let (clock, zone) = (expect_context::<Clock>(), expect_context::<Zone>());
    let row = move |at: f64| {
        let other = move || zone.beside(at);
        view! { <tr><td><Moment at /></td><td class="faint">{other}</td><td class="faint">{move || time::until(at, clock.now())}</td></tr> }
    };
    let is_empty = times.is_empty();
    view! {
        <table class="list times" aria-label="Next times">
            <thead><tr><th scope="col">"Next times "<span class="zone">{move || zone.name()}</span></th><th scope="col">{move || zone.name_beside()}</th><th scope="col">"In"</th></tr></thead>
            <tbody>{times.into_iter().map(row).collect_view()}</tbody>
        </table>
        {is_empty.then(|| view! { <p class="faint">"It never fires again."</p> })}
    }
}

/// The form: judged by the server's scheduler while it is written.
#[component]
fn Writing(plan: LaunchPlan, writing: RwSignal<bool>) -> impl IntoView {
    let (toasts, address) = (toasts(), address());
    let before = schedule::of(&plan).cloned().unwrap_or_default();
    let id = plan.id.clone().unwrap_or_default();
    let text = RwSignal::new(schedule::text(&before).to_owned());
    let kickoff = RwSignal::new(before.kickoff_time_input_arg);
    let version = RwSignal::new(schedule::next_version(&id.version));
    let is_active = RwSignal::new(true);
    let told = judged(text);
    let kickoffs = schedule::kickoffs(&plan);
    let create = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let version = version.get_untracked();
        let request = schedule::rescheduled(
            &plan,
            &version,
            schedule::written(&text.get_untracked(), &kickoff.get_untracked()),
        );
        let new = request.id.clone().unwrap_or_default();
        let page = Page::Version(
            Place::new(&new.project, &new.domain),
            Entity::LaunchPlan,
            new.name.clone(),
            version,
        );
        let is_active = is_active.get_untracked();
        let done = async move {
            api::create_launch_plan(&request).await?;
            if is_active { api::activate(&new, true).await } else { Ok(()) }
        };
        toasts.act(done, move |()| {
            toasts.good(if is_active { "It is registered and active." } else { "It is registered." });
            address.go(&page.path());
        });
        writing.set(false);
    };
    let has_kickoffs = !kickoffs.is_empty();
    let option = |name: String| {
        let value = name.clone();
        view! { <option value=value>{name}</option> }
    };
    let options = kickoffs.into_iter().map(option).collect_view();
    let is_good = move || told.with(|told| matches!(told, Some(Ok(times)) if !times.is_empty()));
    view! {
        <form class="stack" on:submit=create>
            <p class="faint">"A version never changes, so this registers another one of the same launch plan."</p>
            <label class="stack">"When (minute hour day month weekday, @daily, @every 1h30m; CRON_TZ=Europe/Berlin before it for a zone)"
                <input type="text" name="cron" class="mono" placeholder="0 9 * * MON-FRI" autocomplete="off" spellcheck="false" prop:value=text
                    aria-invalid=move || told.with(|told| matches!(told, Some(Err(_)))).to_string() on:input=move |event| text.set(event_target_value(&event)) /></label>
            {move || told.get().map(|told| match told {
                Ok(times) => view! { <Times times=times.into_iter().take(5).collect() /> }.into_any(),
                Err(error) => view! { <p class="wrong" role="status">{error.message}</p> }.into_any(),
            })}
            {has_kickoffs.then(|| view! {
                <label class="stack">"Input that gets the time"
                    <select prop:value=kickoff on:change=move |event| kickoff.set(event_target_value(&event))><option value="">"None"</option>{options}</select></label>
            })}
            <label class="stack">"Version"<input type="text" name="version" prop:value=version on:input=move |event| version.set(event_target_value(&event)) /></label>
            <label class="check"><input type="checkbox" prop:checked=is_active on:change=move |event| is_active.set(event_target_checked(&event)) />"Activate it, in place of the version that is active now"</label>
            <div class="line end">
                <button type="button" class="quiet" on:click=move |_| writing.set(false)>"Cancel"</button>
                <button type="submit" class="button primary" disabled=move || !is_good()>"Register"</button>
            </div>
        </form>
    }
}

/// What the server says of a text, once the reader rests; nothing of an empty one.
fn judged(text: RwSignal<String>) -> RwSignal<Option<Result<Vec<f64>, ApiError>>> {
    let told = RwSignal::new(None);
    Effect::new(move |_| {
        let asked = text.get();
        if asked.trim().is_empty() {
            return told.set(None);
        }
        let ask = move || {
            // Only the last of what was written counts.
            if text.try_get_untracked().as_ref() != Some(&asked) {
                return;
            }
            leptos::task::spawn_local(async move {
                let answer = api::fire_times(Of::Schedule(schedule::written(&asked, ""))).await;
                if text.try_get_untracked().as_ref() == Some(&asked) {
                    told.try_set(Some(answer));
                }
            });
        };
        set_timeout(ask, REST);
    });
    told
}
