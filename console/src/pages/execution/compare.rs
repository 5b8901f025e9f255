//! This execution beside another one of the same place.

use aileron_idl::core::WorkflowExecutionIdentifier;
use leptos::prelude::*;

use crate::components::notice::Trouble;
use crate::followed::Followed;
use crate::model::compare::{Of, Pair, Side, pairs, unequal};
use crate::model::phase::Phase;
use crate::model::route::{Page, Place};
use crate::model::time;

/// A row a node of either.
#[component]
pub(super) fn Compare(followed: Followed, with: String) -> impl IntoView {
    let id = WorkflowExecutionIdentifier { name: with.clone(), ..followed.id.get_value() };
    let page = Page::Execution(Place::new(&id.project, &id.domain), with.clone());
    let other = Followed::new(id);
    // It ends with the page; what it says of its own age is not shown.
    let _ = other.follow();
    let rows = Memo::new(move |_| {
        followed.tree.with(|tree| {
            followed.outline.with(|outline| {
                other.tree.with(|other_tree| {
                    other.outline.with(|other_outline| {
                        let other = Of { tree: other_tree, outline: other_outline };
                        pairs(Of { tree, outline }, other)
                    })
                })
            })
        })
    });
    let values = move || {
        let (mine, theirs) = (followed.data.get()?, other.data.get()?);
        let say = |what: &str, names: Vec<String>| match names.is_empty() {
            true => format!("The {what} are equal."),
            false => format!("The {what} differ: {}.", names.join(", ")),
        };
        let inputs = say("inputs", unequal(&mine.inputs, &theirs.inputs));
        Some(format!("{inputs} {}", say("outputs", unequal(&mine.outputs, &theirs.outputs))))
    };
    let this = followed.id.with_value(|id| id.name.clone());
    view! {
        <Trouble error=other.error />
        <p class="faint values-line">{values}</p>
        <table class="list compare" aria-label="Both executions">
            <thead>
                <tr>
                    <th scope="col">"Node"</th>
                    <th scope="col" colspan="2" class="mono">{this}</th>
                    <th scope="col" colspan="2" class="mono"><a href=page.path()>{with}</a></th>
                    <th scope="col" class="number">"Longer by"</th>
                </tr>
            </thead>
            <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

fn row(pair: Pair) -> AnyView {
    let depth = pair.path.matches('/').count();
    let longer = pair.longer().map(|ms| {
        let sign = if ms < 0.0 { "−" } else { "+" };
        format!("{sign}{}", time::human(ms.abs()))
    });
    view! {
        <tr data-pair=pair.path.clone() class:differ=pair.differs()>
            <td><span class="indent" style=format!("width:{}px", depth * 18)></span>{pair.title.clone()}" "<span class="faint mono">{pair.path.clone()}</span></td>
            {side(pair.left.as_ref())}
            {side(pair.right.as_ref())}
            <td class="number">{longer}</td>
        </tr>
    }
    .into_any()
}

fn side(side: Option<&Side>) -> AnyView {
    let phase = side.map_or(Phase::NotRun, |side| side.phase);
    let took = side.and_then(|side| side.took).map(time::human);
    let cache = side.map(|side| side.cache).filter(|cache| !cache.is_empty());
    view! {
        <td><span class="badge" data-phase=phase.key()><span class="mark" aria-hidden="true">{phase.glyph()}</span>{phase.label()}</span></td>
        <td class="number">{took}" "<span class="faint">{cache}</span></td>
    }
    .into_any()
}
