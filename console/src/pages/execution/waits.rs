//! The nodes that neither run nor have ended, and what each waits for.

use aileron_idl::aileron::v1::WaitingNode;
use leptos::prelude::*;

use crate::components::clock::Clock;
use crate::followed::Followed;
use crate::model::scene::END;
use crate::model::waiting;

/// Rows shown at most: the rest of a large execution waits for the same.
const MOST: usize = 100;

/// A row a node; nothing when none waits.
#[component]
pub(super) fn Waits(followed: Followed, select: Callback<String>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let row = move |node: &WaitingNode| {
        let id = node.node_id.clone();
        let (chosen, title) = followed.tree.with_untracked(|tree| {
            followed.outline.with_untracked(|outline| {
                let path = waiting::path(tree, outline, node);
                let title = outline.at(&path).map(|named| named.title.clone());
                let chosen = if tree.node(&id).is_some() { id.clone() } else { path };
                (chosen, title.unwrap_or_else(|| node.node_name.clone()))
            })
        });
        let (node, row_id) = (node.clone(), id.clone());
        let why = move || {
            let now = clock.now();
            followed
                .tree
                .with(|tree| followed.outline.with(|outline| waiting::told(tree, outline, &node, now)))
        };
        view! {
            <tr data-waits=row_id>
                <td><button type="button" class="link" on:click=move |_| select.run(chosen.clone())>{title}</button>" "<span class="faint mono">{id}</span></td>
                <td>{why}</td>
            </tr>
        }
    };
    move || {
        // That the workflow's own outputs wait says nothing of a node.
        let mut waiting = followed.waiting.get();
        waiting.retain(|node| node.spec_node_id != END);
        let more = waiting.len().saturating_sub(MOST);
        (!waiting.is_empty()).then(|| {
            view! {
                <section class="waits" aria-label="Nodes that wait">
                    <table class="list">
                        <thead><tr><th scope="col">"Node"</th><th scope="col">"What it waits for"</th></tr></thead>
                        <tbody>{waiting.iter().take(MOST).map(row).collect_view()}</tbody>
                    </table>
                    {(more > 0).then(|| view! { <p class="faint">{format!("{more} more nodes wait.")}</p> })}
                </section>
            }
        })
    }
}
