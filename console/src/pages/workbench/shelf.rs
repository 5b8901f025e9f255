//! Everything that was dropped, in groups, with the compiler's verdict on each.

use leptos::prelude::*;

use super::bench::Bench;
use crate::model::workbench::{Compilation, Entity, Group};

/// Entities of one group that are listed at most; a search narrows them.
const LISTED: usize = 200;

/// The groups and a search over them.
#[component]
pub(super) fn ShelfView(
    bench: Bench,
    chosen: Memo<Option<Entity>>,
    choose: Callback<Option<u32>>,
) -> impl IntoView {
    let sought = RwSignal::new(String::new());
    let groups = move || {
        let word = sought.get().to_lowercase();
        let groups = bench.shelf.with(|shelf| shelf.groups());
        let found = groups.into_iter().map(|(group, mut all)| {
            all.retain(|entity| {
                word.is_empty()
                    || entity.name.to_lowercase().contains(&word)
                    || entity.place.to_lowercase().contains(&word)
            });
            (group, all)
        });
        found
            .filter(|(_, all)| !all.is_empty())
            .map(|(group, all)| section(bench, group, all, chosen, choose))
            .collect_view()
    };
    let is_empty = move || bench.shelf.with(|shelf| shelf.is_empty());
    view! {
        <input type="search" class="search" placeholder="Search names" aria-label="Search names" hidden=is_empty
            on:input=move |event| sought.set(event_target_value(&event)) />
        {groups}
    }
}

fn section(
    bench: Bench,
    group: Group,
    all: Vec<Entity>,
    chosen: Memo<Option<Entity>>,
    choose: Callback<Option<u32>>,
) -> AnyView {
    let heading = format!("{} ({})", group.label(), all.len());
    let more = all.len().saturating_sub(LISTED);
    let rows = all.into_iter().take(LISTED).map(|entity| row(bench, entity, chosen, choose)).collect_view();
    let rest = (more > 0).then(|| view! { <li class="faint">{format!("and {more} more")}</li> });
    view! { <section><h3>{heading}</h3><ul>{rows}{rest}</ul></section> }.into_any()
}

fn row(bench: Bench, entity: Entity, chosen: Memo<Option<Entity>>, choose: Callback<Option<u32>>) -> AnyView {
    let id = entity.id;
    let state = Memo::new(move |_| bench.shelf.with(|shelf| shelf.verdict(id).map(|verdict| state(verdict))));
    let is_chosen = move || chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| chosen.id == id));
    let title = entity.title();
    view! {
        <li>
            <button type="button" data-entity=id.to_string() data-state=move || state.get().map(|(key, _)| key)
                aria-pressed=move || is_chosen().to_string() title=entity.place on:click=move |_| choose.run(Some(id))>
                <span class="title">{title}</span>
                <span class="sub">{entity.kind}</span>
                <span class="state">{move || state.get().map(|(_, words)| words)}</span>
            </button>
        </li>
    }
    .into_any()
}

/// A key for the style sheet, and words.
fn state(verdict: &Compilation) -> (&'static str, String) {
    let errors = verdict.diagnostics.iter().filter(|found| found.error).count();
    match (errors, verdict.missing.len()) {
        (0, 0) => ("accepted", "✓".to_owned()),
        (0, missing) => ("missing", format!("{missing} missing")),
        (1, _) => ("refused", "1 problem".to_owned()),
        (errors, _) => ("refused", format!("{errors} problems")),
    }
}
