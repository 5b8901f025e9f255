//! What is selected, in detail; without a selection the execution's own inputs and outputs.

use leptos::prelude::*;

use crate::address::address;
use crate::api::Data;
use crate::components::node_panel::NodePanel;
use crate::components::value_list::{Elsewhere, ValueList};
use crate::followed::Followed;
use crate::model::value;

/// The panel beside the nodes.
#[component]
pub(super) fn Panel(followed: Followed, selected: Memo<Option<String>>) -> impl IntoView {
    let is_there = Memo::new(move |_| {
        let node = selected.get()?;
        let is_drawn =
            followed.outline.with(|outline| outline.at(&node).is_some_and(|named| !named.kind.is_boundary()));
        let is_known = followed.tree.with(|tree| tree.node(&node).is_some_and(|node| !node.is_boundary()));
        (is_drawn || is_known).then_some(node)
    });
    let address = address();
    let close = Callback::new(move |()| address.set("node", None));
    let body = move || match is_there.get() {
        Some(node) => view! { <NodePanel followed node close /> }.into_any(),
        None => view! { <ExecutionData followed /> }.into_any(),
    };
    view! { <aside class="panel" aria-label="Details">{body}</aside> }
}

/// What the whole execution was given and gave.
#[component]
fn ExecutionData(followed: Followed) -> impl IntoView {
    let run = followed.run();
    let is_over = Memo::new(move |_| run.with(|run| run.phase.is_terminal()));
    let values = move || {
        let Data { inputs, outputs, elsewhere } = followed.data.get()?;
        let no_outputs = if is_over.get() { "None." } else { "Not yet: the execution is still running." };
        Some(view! {
            <Elsewhere elsewhere />
            <ValueList title="Inputs" empty="None." values=value::of_map(&inputs) />
            <ValueList title="Outputs" empty=no_outputs values=value::of_map(&outputs) />
        })
    };
    view! {
        <header>
            <h2>"Execution"</h2>
            <p class="faint">"Select a node for its data, attempts and logs."</p>
        </header>
        <div class="body" tabindex="0">{values}</div>
    }
}
