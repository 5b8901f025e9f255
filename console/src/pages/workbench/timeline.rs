//! When the nodes of an execution ran, by what was dropped.

use leptos::prelude::*;

use super::sheet::Found;
use crate::model::phase::Phase;
use crate::model::run::Run;
use crate::model::time;

#[component]
pub(super) fn Timeline(found: Found, select: Callback<String>) -> impl IntoView {
    move || {
        let runs = found.runs.get();
        let starts = runs.values().filter_map(|run| run.started);
        let from = starts.fold(f64::INFINITY, f64::min);
        let ends = runs.values().filter_map(|run| Some(run.started? + run.took.unwrap_or(0.0)));
        let to = ends.fold(f64::NEG_INFINITY, f64::max);
        let mut rows: Vec<(String, Run)> = runs.into_iter().collect();
        rows.sort_by(|(a, x), (b, y)| {
            let start = |run: &Run| run.started.unwrap_or(f64::INFINITY);
            start(x).total_cmp(&start(y)).then_with(|| a.cmp(b))
        });
        let rows = rows.into_iter().map(|(node, run)| row(node, &run, from, to, select)).collect_view();
        view! { <table class="facts spans"><caption class="hidden">"Nodes by when they started"</caption><tbody>{rows}</tbody></table> }
    }
}

fn row(node: String, run: &Run, from: f64, to: f64, select: Callback<String>) -> AnyView {
    let length = (to - from).max(1.0);
    let bar = run.started.map(|started| {
        let left = (started - from) / length * 100.0;
        let width = (run.took.unwrap_or(to - started) / length * 100.0).max(0.5);
        view! { <span class="track"><span style=format!("left:{left:.2}%;width:{width:.2}%")></span></span> }
    });
    let took = run.took.map(time::human);
    let chosen = node.clone();
    view! {
        <tr data-phase=run.phase.key()>
            <th scope="row"><button type="button" class="link mono" on:click=move |_| select.run(chosen.clone())>{node}</button></th>
            <td>{Phase::label(run.phase)}</td>
            <td class="span">{bar}</td>
            <td class="number">{took}</td>
        </tr>
    }
    .into_any()
}
