//! The nodes as a table: what the graph shows, for reading and for screen readers.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use crate::components::clock::{Clock, Elapsed, Moment, Zone};
use crate::components::phase_badge::PhaseBadge;
use crate::model::dag::{Card, Dag, START};
use crate::model::phase::Phase;
use crate::model::run::Run;
use crate::model::timeline::Window;

/// A row a node, in the graph's order.
#[component]
pub(crate) fn NodeTable(
    dag: Arc<Dag>,
    #[prop(into)] execution: Signal<Run>,
    /// The nodes' states, by node id.
    #[prop(into)]
    runs: Signal<BTreeMap<String, Run>>,
    #[prop(into)] selected: Signal<Option<String>>,
    #[prop(into)] select: Callback<String>,
) -> impl IntoView {
    let zone = expect_context::<Zone>();
    let work = dag.cards.iter().filter(|card| !card.kind.is_boundary()).cloned();
    let rows = work.map(|card| view! { <NodeRow card execution runs selected select /> }).collect_view();
    view! {
        <table class="list nodes">
            <caption class="hidden">"Nodes of the workflow"</caption>
            <thead>
                <tr>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Node"</th>
                    <th scope="col">"Runs"</th>
                    <th scope="col" class="waits">"Waits for"</th>
                    <th scope="col">"Started ("{move || zone.name()}")"</th>
                    <th scope="col" class="span">"Timeline"</th>
                    <th scope="col" class="number">"Duration"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

#[component]
fn NodeRow(
    card: Card,
    execution: Signal<Run>,
    runs: Signal<BTreeMap<String, Run>>,
    selected: Signal<Option<String>>,
    select: Callback<String>,
) -> impl IntoView {
    let id = card.id.clone();
    let run = Memo::new(move |_| runs.with(|runs| runs.get(&id).cloned()).unwrap_or_default());
    let phase = Memo::new(move |_| run.with(|run| run.phase));
    let started = Memo::new(move |_| run.with(|run| run.started));
    let (id, chosen) = (card.id.clone(), card.id.clone());
    let is_selected = move || selected.with(|selected| selected.as_ref() == Some(&id));
    let row = card.id.clone();
    let runs_what = if card.target.is_empty() { card.kind.label().to_owned() } else { card.target.clone() };
    let in_full = runs_what.clone();
    view! {
        <tr data-row=row class:selected=is_selected>
            <td><PhaseBadge phase /></td>
            <td data-label="Node">
                <button type="button" class="link mono" on:click=move |_| select.run(chosen.clone())>{card.id.clone()}</button>
            </td>
            <td data-label="Runs" class="runs" title=in_full>{runs_what}</td>
            <td data-label="Waits for" class="waits faint mono">{waits_for(&card)}</td>
            <td data-label="Started">{move || started.get().map(|at| view! { <Moment at /> })}</td>
            <td class="span"><Span execution run phase /></td>
            <td data-label="Duration" class="number"><Elapsed run /></td>
        </tr>
    }
    .into_any()
}

/// When the node ran within the execution. The columns beside it say the same in words.
#[component]
fn Span(execution: Signal<Run>, run: Memo<Run>, phase: Memo<Phase>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let style = move || {
        let is_over = execution.with(|execution| execution.phase.is_terminal());
        let now = if is_over { 0.0 } else { clock.now() };
        let bar = execution.with(|execution| Window::of(execution, now))?.bar(&run.get(), now)?;
        Some(format!("left:{:.2}%;width:{:.2}%", bar.left, bar.width))
    };
    view! { <span class="track" aria-hidden="true">{move || style().map(|style| view! { <span data-phase=move || phase.get().key() style=style /> })}</span> }
}

fn waits_for(card: &Card) -> String {
    let nodes: Vec<_> = card.upstream.iter().map(|id| if id == START { "inputs" } else { id }).collect();
    nodes.join(", ")
}
