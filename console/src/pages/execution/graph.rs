//! The execution's graph. It knows nodes by where they are in the workflow, the rest of the page by their ids in the execution.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::components::graph::Graph;
use crate::followed::Followed;
use crate::model::run::Run;

/// The graph, once the workflow is known.
#[component]
pub(super) fn RunGraph(
    followed: Followed,
    selected: Memo<Option<String>>,
    select: Callback<String>,
) -> impl IntoView {
    // Of attempts of a node that has others inside, the last one's are shown.
    let places = Memo::new(move |_| {
        followed.tree.with(|tree| {
            followed.outline.with(|outline| {
                let place = |id: &String| (outline.path(tree, id), id.clone());
                tree.nodes().keys().map(place).collect::<BTreeMap<String, String>>()
            })
        })
    });
    let runs = Memo::new(move |_| {
        let mut runs: BTreeMap<String, Run> = followed.runs.get();
        let inside = places.with(|places| {
            let of = |(path, id): (&String, &String)| Some((path.clone(), runs.get(id)?.clone()));
            places.iter().filter_map(of).collect::<Vec<_>>()
        });
        runs.extend(inside);
        runs
    });
    let chosen = Memo::new(move |_| {
        let id = selected.get()?;
        let found =
            places.with(|places| places.iter().find(|(_, one)| **one == id).map(|(path, _)| path.clone()));
        Some(found.unwrap_or(id))
    });
    let choose = Callback::new(move |path: String| {
        let id = places.with_untracked(|places| places.get(&path).cloned());
        select.run(id.unwrap_or(path));
    });
    move || followed.dag.get().map(|dag| view! { <Graph dag runs selected=chosen select=choose /> })
}
