//! What is listed, and how: all of it in the address.

use leptos::prelude::*;

use super::columns::Columns;
use crate::address::address;
use crate::model::listing::{Filter, View};
use crate::model::route::{Page, Place};
use crate::model::search::PREFIXES;

const SINCE: [(&str, &str); 6] = [
    ("", "Any time"),
    ("15m", "Last 15 minutes"),
    ("1h", "Last hour"),
    ("24h", "Last day"),
    ("7d", "Last week"),
    ("30d", "Last month"),
];

/// Heading, filters and search.
#[component]
pub(super) fn Toolbar(place: Place, view: Memo<View>) -> impl IntoView {
    let launch = Page::Launch(place).path();
    view! {
        <div class="page-head">
            <h1>"Executions"</h1>
            <a class="button primary" data-needs="launch" href=launch>"Launch…"</a>
        </div>
        <div class="bar">
            <Phases view />
            <Search view />
            <Since view />
            <Archived view />
            <Columns view />
        </div>
    }
}

#[component]
fn Phases(view: Memo<View>) -> impl IntoView {
    let address = address();
    let button = move |filter: Filter| {
        let is_here = move || view.with(|view| view.filter == filter).to_string();
        let choose = move |_| address.show(View { filter, ..view.get_untracked() }.query());
        view! { <button type="button" aria-pressed=is_here on:click=choose>{filter.label()}</button> }
    };
    view! { <div class="filters" role="group" aria-label="Phase">{Filter::ALL.map(button).collect_view()}</div> }
}

#[component]
fn Search(view: Memo<View>) -> impl IntoView {
    let address = address();
    let typed = move |event| {
        address.show(View { search: event_target_value(&event), ..view.get_untracked() }.query());
    };
    let hint = format!("Words find names; {}: find by what they say", PREFIXES.join(":, "));
    let prefixes = PREFIXES.map(|prefix| view! { <option value=format!("{prefix}:")></option> });
    view! {
        <input type="search" class="search" data-search="" list="prefixes" placeholder="Search: name, workflow:…, user:…, label:k=v, longer:10s" aria-label="Search executions"
            title=hint autocomplete="off" spellcheck="false" prop:value=move || view.with(|view| view.search.clone()) on:change=typed />
        <datalist id="prefixes">{prefixes.collect_view()}</datalist>
    }
}

#[component]
fn Since(view: Memo<View>) -> impl IntoView {
    let address = address();
    let choose = move |event| {
        address.show(View { since: event_target_value(&event), ..view.get_untracked() }.query());
    };
    let options = SINCE.map(|(key, label)| {
        view! { <option value=key selected=move || view.with(|view| view.since == key)>{label}</option> }
    });
    view! { <label><span class="hidden">"Accepted"</span><select on:change=choose>{options.collect_view()}</select></label> }
}

#[component]
fn Archived(view: Memo<View>) -> impl IntoView {
    let address = address();
    let choose = move |event| {
        address.show(View { archived: event_target_checked(&event), ..view.get_untracked() }.query());
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || view.with(|view| view.archived) on:change=choose />
            "Archived"
        </label>
    }
}
