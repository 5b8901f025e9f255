//! What to launch: a kind, a name, a version.

use leptos::prelude::*;

use super::loaded::Asked;
use crate::address::address;
use crate::api;
use crate::model::query::Query;
use crate::model::route::{Entity, Page, Place};

/// The choice; for a relaunch, what it repeats.
#[component]
pub(super) fn Chooser(place: Place, asked: Memo<Asked>) -> impl IntoView {
    move || match asked.with(|asked| asked.relaunch.clone()) {
        name if name.is_empty() => view! { <Choice place=place.clone() asked /> }.into_any(),
        name => {
            let page = Page::Execution(place.clone(), name.clone());
            view! { <p class="faint">"As "<a href=page.path() class="mono">{name}</a>" was launched; what you leave as it is, is sent to the byte as it was."</p> }.into_any()
        }
    }
}

#[component]
fn Choice(place: Place, asked: Memo<Asked>) -> impl IntoView {
    let address = address();
    let kind = Memo::new(move |_| asked.with(|asked| asked.kind).unwrap_or(Entity::LaunchPlan));
    let go = move |kind: Entity, name: &str, version: &str| {
        address.show(Query::default().with("kind", kind.key()).with("name", name).with("version", version));
    };
    let choose_kind = move |event| {
        let key = event_target_value(&event);
        go(Entity::ALL.into_iter().find(|kind| kind.key() == key).unwrap_or(Entity::LaunchPlan), "", "");
    };
    let choose_name = move |event| go(kind.get_untracked(), event_target_value(&event).trim(), "");
    let choose_version = move |event| {
        go(
            kind.get_untracked(),
            &asked.with_untracked(|asked| asked.name.clone()),
            &event_target_value(&event),
        );
    };
    let of = place.clone();
    let names = LocalResource::new(move || {
        let (place, kind) = (of.clone(), kind.get());
        async move { api::all_names(&place, kind).await.unwrap_or_default() }
    });
    let name = Memo::new(move |_| asked.with(|asked| asked.name.clone()));
    let versions = LocalResource::new(move || {
        let (place, kind, name) = (place.clone(), kind.get(), name.get());
        async move {
            if name.is_empty() {
                return Vec::new();
            }
            api::versions(&place, kind, &name, 100, String::new())
                .await
                .map(|(found, _)| found)
                .unwrap_or_default()
        }
    });
    let kinds = Entity::ALL.map(
        |one| view! { <option value=one.key() selected=move || kind.get() == one>{one.word()}</option> },
    );
    let known = move || {
        let name = |entity: aileron_idl::admin::NamedEntity| {
            entity.id.map(|id| view! { <option value=id.name></option> })
        };
        names.get().unwrap_or_default().into_iter().map(name).collect_view()
    };
    let offered = move || {
        let chosen = asked.with(|asked| asked.version.clone());
        let option = |version: crate::model::entity::Registered| {
            let label = if version.is_active {
                format!("{} (active)", version.version)
            } else {
                version.version.clone()
            };
            let is_chosen = version.version == chosen;
            view! { <option value=version.version selected=is_chosen>{label}</option> }
        };
        versions.get().unwrap_or_default().into_iter().map(option).collect_view()
    };
    view! {
        <div class="bar chooser">
            <label>"What "<select on:change=choose_kind>{kinds.collect_view()}</select></label>
            <label class="grow">"Name "<input list="names" data-search="" autocomplete="off" spellcheck="false" placeholder="Type to find one" prop:value=name on:change=choose_name /></label>
            <datalist id="names">{known}</datalist>
            <label>"Version "<select on:change=choose_version><option value="">"active or newest"</option>{offered}</select></label>
        </div>
    }
}
