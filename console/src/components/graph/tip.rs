//! What an edge carries: while the pointer is on it, and with both ends' interfaces once it was pressed.

use leptos::prelude::*;

use super::stage::{Hovered, Stage};
use crate::model::items::Item;
use crate::model::scene::bindings::{self, Carried};

#[component]
pub(super) fn Tip(stage: Stage) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let hovered = match stage.hovered.get() {
            Some(Hovered::Edge(edge)) => Some((edge, false)),
            _ => None,
        };
        hovered.filter(|_| stage.pinned.get().is_none()).or(stage.pinned.get().map(|edge| (edge, true)))
    });
    let item = move || match stage.hovered.get() {
        Some(Hovered::Item(at, item)) => {
            Some(view! { <div class="tip over"><p>{told(stage, at, item)}</p></div> })
        }
        _ => None,
    };
    view! {
        {item}
        {move || shown.get().map(|(edge, is_pinned)| card(stage, edge, is_pinned))}
    }
}

/// An item and where it stands.
fn told(stage: Stage, at: u32, item: u32) -> String {
    let path = stage.drawn.with(|drawn| drawn.0.node(at).map(|node| node.path.clone())).unwrap_or_default();
    let items = stage.items.with(|items| items.get(&path).cloned()).unwrap_or_default();
    match items.iter().find(|known| known.index == item) {
        Some(Item { phase, attempt: 0, .. }) => format!("Item {item}: {}", phase.label()),
        Some(Item { phase, attempt, .. }) => format!("Item {item}: {}, try {}", phase.label(), attempt + 1),
        None => format!("Item {item}"),
    }
}

fn card(stage: Stage, edge: u32, is_pinned: bool) -> AnyView {
    let scene = stage.drawn.get().0;
    let Some(ends) = scene.edges.get(edge as usize) else { return ().into_any() };
    let (from, to) = (&scene.nodes[ends.from as usize], &scene.nodes[ends.to as usize]);
    let carried = bindings::carried(&scene, edge);
    let nothing =
        carried.is_empty().then(|| view! { <p class="faint">"An order only: no value goes this way."</p> });
    let rows = carried.into_iter().map(row).collect_view();
    let sides = is_pinned.then(|| {
        let scope = |at: u32| scene.scopes.get(at as usize);
        let outputs =
            scope(from.scope).map(|scope| bindings::variables(scope, &from.id, true)).unwrap_or_default();
        let inputs =
            scope(to.scope).map(|scope| bindings::variables(scope, &to.id, false)).unwrap_or_default();
        view! {
            {interface(&format!("{} gives", from.id), outputs)}
            {interface(&format!("{} takes", to.id), inputs)}
            <button type="button" class="quiet" on:click=move |_| stage.pinned.set(None)>"Close"</button>
        }
    });
    let title = format!("{} → {}", from.title, to.title);
    view! {
        <div class="tip over" role="status" data-edge=format!("{} {}", from.path, to.path)>
            <h3>{title}</h3>
            {nothing}
            <ul>{rows}</ul>
            {sides}
        </div>
    }
    .into_any()
}

fn row(carried: Carried) -> AnyView {
    let Carried { output, output_type, input, input_type } = carried;
    let differ = output_type != input_type && !output_type.is_empty() && !input_type.is_empty();
    view! {
        <li class:differ=differ>
            <code>{output}</code>" "<span class="faint">{output_type}</span>" → "<code>{input}</code>" "<span class="faint">{input_type}</span>
        </li>
    }
    .into_any()
}

fn interface(heading: &str, variables: Vec<(String, String)>) -> AnyView {
    let rows = variables
        .into_iter()
        .map(|(name, r#type)| view! { <li><code>{name}</code>" "<span class="faint">{r#type}</span></li> });
    view! { <h3>{heading.to_owned()}</h3><ul>{rows.collect_view()}</ul> }.into_any()
}
