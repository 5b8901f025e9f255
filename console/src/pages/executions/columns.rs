//! Which columns are shown.

use leptos::prelude::*;

use crate::address::address;
use crate::model::listing::{COLUMNS, View};

/// A menu of columns.
#[component]
pub(super) fn Columns(view: Memo<View>) -> impl IntoView {
    let address = address();
    let choice = move |(key, label): (&'static str, &'static str)| {
        let is_shown = move || view.with(|view| view.columns.contains(&key));
        let choose = move |event| {
            let mut next = view.get_untracked();
            next.columns.retain(|column| *column != key);
            if event_target_checked(&event) {
                next.columns.push(key);
            }
            next.columns =
                COLUMNS.iter().map(|(key, _)| *key).filter(|key| next.columns.contains(key)).collect();
            address.show(next.query());
        };
        view! { <label class="check"><input type="checkbox" prop:checked=is_shown on:change=choose />{label}</label> }
    };
    view! {
        <details class="menu">
            <summary class="quiet">"Columns"</summary>
            <div class="sheet">{COLUMNS.map(choice).collect_view()}</div>
        </details>
    }
}
