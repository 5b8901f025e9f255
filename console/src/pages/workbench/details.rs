//! The selected node: where its inputs come from, who reads its outputs, what it runs.

use std::sync::Arc;

use aileron_idl::core::{CompiledWorkflow, CompiledWorkflowClosure};
use leptos::prelude::*;

use crate::model::workbench::{Facts, Input, facts};

/// One node of one workflow.
#[component]
pub(super) fn Details(
    closure: RwSignal<Option<Arc<CompiledWorkflowClosure>>>,
    workflow: CompiledWorkflow,
    node: String,
    select: Callback<String>,
) -> impl IntoView {
    let found = closure.with_untracked(|closure| facts(closure.as_deref()?, &workflow, &node));
    let close = {
        let node = node.clone();
        move |_| select.run(node.clone())
    };
    let body = match found {
        Some(found) => shown(found, select),
        None => view! { <p class="faint">"The workflow has no such node."</p> }.into_any(),
    };
    let label = format!("Node {node}");
    view! {
        <section class="node-facts" aria-label=label>
            <header class="line">
                <h2>{node}</h2>
                <button type="button" class="quiet" on:click=close>"Close"</button>
            </header>
            {body}
        </section>
    }
}

fn shown(found: Facts, select: Callback<String>) -> AnyView {
    let Facts { inputs, outputs, readers, rows } = found;
    let inputs = (!inputs.is_empty()).then(|| {
        let rows = inputs.into_iter().map(|Input { name, r#type, from }| {
            view! { <tr><th scope="row">{name}</th><td>{r#type}</td><td><code>{from}</code></td></tr> }
        });
        view! { <h3>"Inputs: name, type, source"</h3><table class="facts">{rows.collect_view()}</table> }
    });
    let outputs = (!outputs.is_empty()).then(|| {
        let rows = outputs
            .into_iter()
            .map(|(name, r#type)| view! { <tr><th scope="row">{name}</th><td>{r#type}</td></tr> });
        view! { <h3>"Outputs"</h3><table class="facts">{rows.collect_view()}</table> }
    });
    let readers = (!readers.is_empty()).then(|| {
        let links = readers.into_iter().map(|reader| {
            let to = reader.clone();
            view! { <button type="button" class="link" on:click=move |_| select.run(to.clone())>{reader}</button> }
        });
        view! { <h3>"Read by"</h3><p class="line">{links.collect_view()}</p> }
    });
    let rows = (!rows.is_empty()).then(|| {
        let rows = rows.into_iter().map(|(name, text)| view! { <div><dt>{name}</dt><dd>{text}</dd></div> });
        view! { <dl>{rows.collect_view()}</dl> }
    });
    view! { {inputs} {outputs} {readers} {rows} }.into_any()
}
