//! The rows: those in sight and a few around them, however many there are.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;

use super::Found;
use crate::address::address;
use crate::components::clock::{Elapsed, Moment, Zone};
use crate::components::phase_badge::PhaseBadge;
use crate::components::rows_in_sight::{rows_in_sight, space};
use crate::components::version::Version;
use crate::model::listing::{COLUMNS, Row, SortKey, View};
use crate::model::route::{Page, Place};
use crate::model::rows::{AROUND, Window};

/// Height of a row in pixels, wide and narrow; the style sheet says the same.
const ROW: (f64, f64) = (35.0, 86.0);

/// The table. `more` is called when its end comes near.
#[component]
pub(super) fn Table(found: Found, view: Memo<View>, place: Place, more: Callback<()>) -> impl IntoView {
    let body = NodeRef::<html::Tbody>::new();
    let count = Memo::new(move |_| found.listing.with(|listing| listing.rows.len()));
    let shown = rows_in_sight(body, count, ROW);
    Effect::new(move |_| {
        let is_near = count.get() < shown.get().end + AROUND;
        let has_more = found.listing.with(|listing| !listing.token.is_empty());
        if is_near && has_more && !found.is_asking.get() {
            more.run(());
        }
    });
    let names = move || {
        let Window { first, end, .. } = shown.get();
        found.listing.with(|listing| {
            let rows = listing.rows.get(first..end.min(listing.rows.len())).unwrap_or_default();
            rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>()
        })
    };
    let row = move |name: String| view! { <RowLine found view name place=place.clone() /> };
    view! {
        <table class="list fixed executions" aria-rowcount=move || count.get().to_string()>
            <caption class="hidden">"Executions"</caption>
            <Head view />
            <tbody node_ref=body>
                {space(move || shown.get().above())}
                <For each=names key=String::clone children=row />
                {space(move || shown.get().below())}
            </tbody>
        </table>
        <p class="faint count" role="status">
            {move || if found.is_asking.get() { "Loading…".to_owned() } else { counted(found) }}
        </p>
    }
}

fn counted(found: Found) -> String {
    found.listing.with(|listing| match (listing.rows.len(), listing.token.is_empty()) {
        (1, true) => "1 execution".to_owned(),
        (count, true) => format!("{count} executions"),
        (count, false) => format!("{count} loaded; scroll for more"),
    })
}

#[component]
fn Head(view: Memo<View>) -> impl IntoView {
    let zone = expect_context::<Zone>();
    let column = move |key: &'static str| {
        let label = COLUMNS.iter().find(|(one, _)| *one == key).map_or("", |(_, label)| *label);
        match key {
            "started" => view! { <th scope="col" class="moment"><Heading view by=SortKey::Started label /><span class="zone">{move || zone.name()}</span></th> }.into_any(),
            "duration" => view! { <th scope="col" class="number"><Heading view by=SortKey::Duration label /></th> }.into_any(),
            _ => view! { <th scope="col">{label}</th> }.into_any(),
        }
    };
    let columns = move || view.with(|view| view.columns.clone()).into_iter().map(column).collect_view();
    view! {
        <thead>
            <tr>
                <th scope="col" class="pick"><span class="hidden">"Chosen"</span></th>
                <th scope="col" class="phase"><Heading view by=SortKey::Phase label="Status" /></th>
                <th scope="col"><Heading view by=SortKey::Name label="Name" /></th>
                {columns}
            </tr>
        </thead>
    }
}

/// A heading that sorts.
#[component]
fn Heading(view: Memo<View>, by: SortKey, label: &'static str) -> impl IntoView {
    let address = address();
    let press = move |_| {
        let view = view.get_untracked();
        address.show(View { sort: view.sort.pressed(by), ..view }.query());
    };
    let order = move || {
        view.with(|view| match (view.sort.by == by, view.sort.is_ascending) {
            (true, true) => "↑",
            (true, false) => "↓",
            (false, _) => "",
        })
    };
    let title = move || match order() {
        "↑" => "Sorted upwards; press to turn",
        "↓" => "Sorted downwards; press to turn",
        _ => "Press to sort",
    };
    view! { <button type="button" class="sorter" title=title on:click=press>{label}<span aria-hidden="true">{order}</span></button> }
}

#[component]
fn RowLine(found: Found, view: Memo<View>, name: String, place: Place) -> impl IntoView {
    let key = name.clone();
    // A row is looked up by name, so that a change redraws only the cells that differ.
    let row =
        Memo::new(move |_| found.listing.with(|listing| listing.row(&key).cloned()).unwrap_or_default());
    let run = Memo::new(move |_| row.with(|row| row.run.clone()));
    let phase = Memo::new(move |_| run.with(|run| run.phase));
    let href = Page::Execution(place.clone(), name.clone()).path();
    let (id, mine, picked) = (name.clone(), name.clone(), name.clone());
    let is_chosen = Memo::new(move |_| found.chosen.with(|chosen| chosen.contains(&mine)));
    let pick = move |event| {
        let is_picked = event_target_checked(&event);
        found.chosen.update(|chosen| {
            if is_picked {
                chosen.insert(picked.clone())
            } else {
                chosen.remove(&picked)
            };
        });
    };
    let place = StoredValue::new(place);
    let cells = move || {
        view.with(|view| view.columns.clone())
            .into_iter()
            .map(|column| cell(column, row, run, place))
            .collect_view()
    };
    let label = format!("Choose {name}");
    view! {
        <tr data-execution=id class:selected=is_chosen>
            <td class="pick"><input type="checkbox" aria-label=label prop:checked=is_chosen on:change=pick /></td>
            <td class="phase"><PhaseBadge phase /></td>
            <td data-label="Name"><a href=href class="mono" data-rowlink="">{name}</a></td>
            {cells}
        </tr>
    }
}

fn cell(
    column: &'static str,
    row: Memo<Arc<Row>>,
    run: Memo<crate::model::run::Run>,
    place: StoredValue<Place>,
) -> AnyView {
    let text = move |of: fn(&Row) -> String| Memo::new(move |_| row.with(|row| of(row)));
    let plain = move |of: fn(&Row) -> String, label| {
        let text = text(of);
        view! { <td data-label=label title=text>{text}</td> }.into_any()
    };
    match column {
        "workflow" => {
            let of = move || row.with(|row| (row.workflow.clone(), row.version.clone()));
            let link = move || {
                let (name, version) = of();
                let page = Page::Version(place.get_value(), crate::model::route::Entity::Workflow, name.clone(), version);
                view! { <a href=page.path() class="soft">{name}</a> }
            };
            view! { <td data-label="Workflow" title=text(|row| row.workflow.clone())>{link}</td> }.into_any()
        }
        "version" => view! { <td data-label="Version">{move || view! { <Version text=row.with(|row| row.version.clone()) /> }}</td> }.into_any(),
        "plan" => plain(|row| row.plan.clone(), "Launch plan"),
        "mode" => plain(|row| if row.principal.is_empty() { row.mode.to_owned() } else { row.principal.clone() }, "By"),
        "labels" => plain(|row| row.labels.join(", "), "Labels"),
        "started" => {
            let started = Memo::new(move |_| run.with(|run| run.started));
            view! { <td data-label="Started" class="moment">{move || started.get().map(|at| view! { <Moment at /> })}</td> }.into_any()
        }
        _ => view! { <td data-label="Duration" class="number"><Elapsed run /></td> }.into_any(),
    }
}
