//! What a node was given and gave, what the cache did, and why it failed.

use leptos::prelude::*;

use super::watch::Watched;
use crate::api::Data;
use crate::components::failure::FailureBlock;
use crate::components::value_list::{Elsewhere, ValueList};
use crate::model::node::Cache;
use crate::model::route::{Page, Place};
use crate::model::value;

/// The tab.
#[component]
pub(super) fn DataTab(watched: Watched) -> impl IntoView {
    let failure = Memo::new(move |_| watched.run.with(|run| run.failure.clone()));
    let id = Memo::new(move |_| watched.row.with(|row| row.id.clone()));
    let is_over = Memo::new(move |_| watched.row.with(|row| row.run.phase.is_terminal()));
    let values = move || {
        let data = watched.data.get();
        let no_inputs = if data.is_none() { "This node has not started." } else { "None." };
        let no_outputs = if is_over.get() { "None." } else { "Not yet." };
        let Data { inputs, outputs, elsewhere } = data.unwrap_or_default();
        view! {
            <Elsewhere elsewhere />
            <ValueList title="Inputs" empty=no_inputs values=value::of_map(&inputs) />
            <ValueList title="Outputs" empty=no_outputs values=value::of_map(&outputs) />
        }
    };
    view! {
        {move || failure.get().map(|failure| view! { <FailureBlock failure of=id.get() /> })}
        <CacheLine watched />
        <Child watched />
        {values}
    }
}

/// What the cache did, and whose outputs these are.
#[component]
fn CacheLine(watched: Watched) -> impl IntoView {
    let cache = Memo::new(move |_| watched.row.with(|row| row.cache.clone()));
    let source = |cache: &Cache| {
        let Cache::Hit(Some(source)) = cache else { return None };
        let node = source.node_execution_id.clone()?;
        let id = node.execution_id?;
        let page = Page::Execution(Place::new(&id.project, &id.domain), id.name.clone());
        let href = format!("{}?node={}", page.path(), node.node_id);
        Some(view! { " Computed by "<a href=href>{id.name}" · "{node.node_id}</a>"." })
    };
    move || {
        let cache = cache.get();
        (cache != Cache::Off).then(|| {
            view! { <p class="cache-line"><span class="chip">{cache.label()}</span>{cache.explanation()}{source(&cache)}</p> }
        })
    }
}

/// The execution that the node launched.
#[component]
fn Child(watched: Watched) -> impl IntoView {
    let child = Memo::new(move |_| watched.row.with(|row| row.child.clone()));
    move || {
        child.get().map(|id| {
            let page = Page::Execution(Place::new(&id.project, &id.domain), id.name.clone());
            view! { <p class="cache-line"><span class="chip">"execution"</span>"It launched "<a href=page.path() class="mono">{id.name}</a>"."</p> }
        })
    }
}
