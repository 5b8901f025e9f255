//! The names of workflows, tasks or launch plans of a place.

use std::collections::HashMap;

use aileron_idl::admin::{LaunchPlan, NamedEntity, NamedEntityState};
use leptos::prelude::*;

use crate::address::address;
use crate::api::{self, ApiError};
use crate::browser;
use crate::components::copy_button::CopyButton;
use crate::components::crumbs::set_title;
use crate::components::notice::Notice;
use crate::components::toasts::{Toasts, toasts};
use crate::model::entity::{Registered, registered};
use crate::model::route::{Entity, Page, Place};

/// The page of a kind.
#[component]
pub(crate) fn NamesPage(place: Place, kind: Entity) -> impl IntoView {
    set_title(&Page::Names(place.clone(), kind));
    let asked = place.clone();
    let again = RwSignal::new(0_u32);
    let found = LocalResource::new(move || {
        again.track();
        let place = asked.clone();
        async move { gather(&place, kind).await }
    });
    let address = address();
    let search = address.value("q");
    let typed = move |event| {
        let text = event_target_value(&event);
        address.set("q", (!text.is_empty()).then_some(text));
    };
    let archived = address.value("archived");
    let is_archived = move || archived.with(Option::is_some);
    let choose = move |event| address.set("archived", event_target_checked(&event).then(|| "1".to_owned()));
    let acting = Acting { kind, again, toasts: toasts() };
    let rows = move || {
        let wanted = search.get().unwrap_or_default().to_lowercase();
        match found.get() {
            None => view! { <p class="faint">"Loading…"</p> }.into_any(),
            Some(Err(error)) => view! { <Notice error /> }.into_any(),
            Some(Ok((names, _))) if names.is_empty() => empty(&place, kind),
            Some(Ok((mut names, plans))) => {
                names.retain(|name| is_archived() == is_kept_back(name));
                list(&place, acting, &names, &plans, &wanted)
            }
        }
    };
    view! {
        <main id="main" class="wide">
            <div class="page-head"><h1>{kind.heading()}</h1></div>
            <div class="bar">
                <input type="search" class="search" data-search="" placeholder="Search names and descriptions" aria-label="Search names" prop:value=move || search.get().unwrap_or_default() on:input=typed />
                <label class="check"><input type="checkbox" prop:checked=is_archived on:change=choose />"Archived"</label>
            </div>
            {rows}
        </main>
    }
}

/// Whether a name is archived.
fn is_kept_back(name: &NamedEntity) -> bool {
    let archived = NamedEntityState::NamedEntityArchived as i32;
    name.metadata.as_ref().is_some_and(|metadata| metadata.state == archived)
}

/// What rows act with.
#[derive(Clone, Copy)]
struct Acting {
    kind: Entity,
    /// Steps when the names are to be asked for again.
    again: RwSignal<u32>,
    toasts: Toasts,
}

impl Acting {
    /// What archives a name, or lists it again.
    fn button(self, entity: NamedEntity) -> AnyView {
        let is_archived = is_kept_back(&entity);
        let Self { kind, again, toasts } = self;
        let press = move |_| {
            let entity = entity.clone();
            let said = if is_archived {
                "It is listed again."
            } else {
                "It is archived: it is not listed, and launches as before."
            };
            toasts.act(async move { api::archive_name(kind, &entity, !is_archived).await }, move |()| {
                toasts.good(said);
                again.update(|count| *count += 1);
            });
        };
        let word = if is_archived { "List again" } else { "Archive" };
        view! { <button type="button" class="quiet" data-needs="change" on:click=press>{word}</button> }
            .into_any()
    }
}

type Found = (Vec<NamedEntity>, HashMap<String, Registered>);

/// The names, and what is active of launch plans, by name.
async fn gather(place: &Place, kind: Entity) -> Result<Found, ApiError> {
    let names = api::all_names(place, kind).await?;
    let plans: Vec<LaunchPlan> =
        if kind == Entity::LaunchPlan { api::active_launch_plans(place).await? } else { Vec::new() };
    let plans = plans.iter().map(registered::launch_plan).map(|plan| (plan.name.clone(), plan)).collect();
    Ok((names, plans))
}

fn empty(place: &Place, kind: Entity) -> AnyView {
    let server = browser::server();
    let command = format!(
        "FLYTE_PLATFORM_URL={} FLYTE_PLATFORM_INSECURE={} pyflyte register -p {} -d {} YOUR_PACKAGE",
        server.host, server.is_insecure, place.project, place.domain
    );
    let copied = command.clone();
    view! {
        <div class="empty">
            <h2>{format!("No {} is registered here", kind.word())}</h2>
            <div class="snippet"><CopyButton text=Signal::derive(move || copied.clone()) /><pre tabindex="0">{command}</pre></div>
        </div>
    }
    .into_any()
}

fn list(
    place: &Place,
    acting: Acting,
    names: &[NamedEntity],
    plans: &HashMap<String, Registered>,
    wanted: &str,
) -> AnyView {
    let kind = acting.kind;
    let is_plans = kind == Entity::LaunchPlan;
    let row = |entity: &NamedEntity| {
        let name = entity.id.as_ref().map(|id| id.name.clone()).unwrap_or_default();
        let description =
            entity.metadata.as_ref().map(|metadata| metadata.description.clone()).unwrap_or_default();
        let texts = format!("{name} {description}").to_lowercase();
        let is_wanted = wanted.split_whitespace().all(|word| texts.contains(word));
        is_wanted.then(|| {
            let page = Page::Versions(place.clone(), kind, name.clone());
            let plan = plans.get(&name).cloned().unwrap_or_default();
            let (module, short) = name.rsplit_once('.').map_or((String::new(), name.clone()), |(module, short)| (format!("{module}."), short.to_owned()));
            view! {
                <tr data-entity=name>
                    <td><a href=page.path() data-rowlink=""><span class="faint">{module}</span><strong>{short}</strong></a></td>
                    {is_plans.then(|| view! { <td>{active(&plan)}</td><td>{plan.schedule.clone()}</td><td class="faint">{plan.about.clone()}</td> })}
                    <td class="faint">{description}</td>
                    <td class="acts">{acting.button(entity.clone())}</td>
                </tr>
            }
        })
    };
    let rows: Vec<_> = names.iter().filter_map(row).collect();
    let count = format!("{} of {} names", rows.len(), names.len());
    view! {
        <table class="list">
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    {is_plans.then(|| view! { <th scope="col">"State"</th><th scope="col">"Schedule"</th><th scope="col">"Workflow"</th> })}
                    <th scope="col">"Description"</th>
                    <th scope="col"><span class="hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <p class="faint count" role="status">{count}</p>
    }
    .into_any()
}

/// Whether a version of a launch plan is active, and which.
fn active(plan: &Registered) -> AnyView {
    if plan.is_active {
        let title = plan.version.clone();
        return view! { <span class="badge" data-phase="SUCCEEDED" title=title><span class="mark" aria-hidden="true">"✓"</span>"Active"</span> }.into_any();
    }
    view! { <span class="faint">"inactive"</span> }.into_any()
}
