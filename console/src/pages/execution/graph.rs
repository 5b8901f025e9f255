//! The execution's graph. It knows nodes by where they are in the workflow, the rest of the page by their ids in the execution.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use leptos::prelude::*;

use crate::address::address;
use crate::api;
use crate::components::graph::{Graph, Ran, lay_out};
use crate::followed::Followed;
use crate::model::growth::{self, Known};
use crate::model::items::{self, Item};
use crate::model::phase::Phase;
use crate::model::run::Run;
use crate::model::sorted;
use crate::poll::Poll;

/// How often the items of arrays that run are asked for.
const INTERVAL_MS: i32 = 1_500;

/// The graph, once the workflow is known.
#[component]
pub(super) fn RunGraph(
    followed: Followed,
    selected: Memo<Option<String>>,
    select: Callback<String>,
) -> impl IntoView {
    let places = places(followed);
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
    learn(followed, places);
    let (ran, lay_out) = (ran(followed, places), lay_out());
    move || {
        followed
            .dag
            .get()
            .map(|dag| view! { <Graph dag runs selected=chosen select=choose ran=ran lay_out /> })
    }
}

/// The nodes' ids by their paths. Of attempts of a node that has others inside, the last one's are shown.
fn places(followed: Followed) -> Memo<BTreeMap<String, String>> {
    let shape = Memo::new(move |_| {
        let learned =
            followed.outline.with(|outline| (outline.learned(), outline.at("start-node").is_some()));
        (followed.tree.with(|tree| tree.shape()), learned)
    });
    Memo::new(move |_| {
        // Read, for a memo that nobody reads follows nothing.
        shape.get();
        followed.tree.with_untracked(|tree| {
            followed.outline.with_untracked(|outline| {
                let place = |id: &String| (outline.path(tree, id), id.clone());
                sorted::map(tree.nodes().keys().map(place))
            })
        })
    })
}

/// Asks for what dynamic nodes made once they are open, also when the address has opened them.
fn learn(followed: Followed, places: Memo<BTreeMap<String, String>>) {
    let open = address().value("open");
    Effect::new(move |_| {
        let open = sorted::set(open.get().unwrap_or_default().split(',').map(str::to_owned));
        let ids = places
            .with(|places| open.iter().filter_map(|path| places.get(path).cloned()).collect::<Vec<_>>());
        let is_dynamic = |id: &String| {
            followed.tree.with_untracked(|tree| tree.node(id).is_some_and(|node| node.is_dynamic))
        };
        ids.iter().filter(|id| is_dynamic(id)).for_each(|id| followed.learn(id));
    });
}

/// What the run adds to the workflow.
fn ran(followed: Followed, places: Memo<BTreeMap<String, String>>) -> Ran {
    let known = arrays(followed);
    let sizes = Memo::new(move |_| {
        known.with(|known| sorted::map(known.iter().map(|(id, items)| (id.clone(), items.len()))))
    });
    let growth = Memo::new(move |_| {
        followed.tree.with(|tree| {
            followed.outline.with(|outline| {
                followed
                    .made
                    .with(|made| sizes.with(|sizes| growth::growth(tree, outline, Known { made, sizes })))
            })
        })
    });
    let items = Memo::new(move |_| {
        let of = |(path, id): (&String, &String)| {
            known.with(|known| known.get(id).map(|items| (path.clone(), items.clone())))
        };
        Arc::new(places.with(|places| sorted::map(places.iter().filter_map(of))))
    });
    let run = followed.run();
    let rest =
        Memo::new(
            move |_| {
                if run.with(|run| run.phase.is_terminal()) { Phase::NotRun } else { Phase::Waiting }
            },
        );
    Ran { growth: growth.into(), items: items.into(), rest: rest.into() }
}

/// The items of the arrays that have begun, by the arrays' ids: asked for again while they run.
fn arrays(followed: Followed) -> RwSignal<BTreeMap<String, Arc<Vec<Item>>>> {
    let known = RwSignal::new(BTreeMap::<String, Arc<Vec<Item>>>::new());
    let arrays = Memo::new(move |_| {
        followed.tree.with(|tree| followed.outline.with(|outline| growth::arrays(tree, outline)))
    });
    let mut ended = BTreeSet::new();
    let poll = Poll::start(INTERVAL_MS, async move || {
        for (id, phase) in arrays.get_untracked() {
            if ended.contains(&id) {
                continue;
            }
            // What cannot be told now is asked for again.
            let Ok(attempts) = api::attempts(&followed.node_id(&id)).await else { continue };
            let items = Arc::new(attempts.last().map(items::of).unwrap_or_default());
            if known.with_untracked(|known| known.get(&id) != Some(&items)) {
                known.update(|known| drop(known.insert(id.clone(), items)));
            }
            if phase.is_terminal() {
                ended.insert(id);
            }
        }
        ControlFlow::Continue(())
    });
    Effect::new(move |_| {
        arrays.with(|_| poll.nudge());
    });
    known
}
