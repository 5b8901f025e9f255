//! What a node is: what it runs, with what, and what it waits for.

use std::sync::Arc;

use aileron_idl::core::{CompiledWorkflowClosure, Identifier, TaskTemplate};
use leptos::prelude::*;

use crate::components::fact_list::FactList;
use crate::followed::Followed;
use crate::model::facts::{Fact, Told, of_task};
use crate::model::query::Query;
use crate::model::route::{Entity, Page, Place};

/// The tab.
#[component]
pub(super) fn About(followed: Followed, node: String) -> impl IntoView {
    let alone = {
        let node = node.clone();
        move || alone(followed, &node)
    };
    let facts = Memo::new(move |_| {
        let named = followed.tree.with(|tree| followed.outline.with(|outline| outline.named(tree, &node)));
        let mut facts = vec![Fact { name: "Kind", value: Told::Words(named.kind.label().to_owned()) }];
        if let Some(id) = &named.reference {
            facts.push(Fact { name: "Runs", value: runs(id) });
            facts.push(Fact { name: "Version", value: Told::Code(id.version.clone()) });
            followed.closure.with(|closure| {
                facts.extend(template(closure.as_ref(), id).map(of_task).unwrap_or_default());
            });
        }
        let upstream: Vec<_> = named.upstream.into_iter().filter(|id| id != "start-node").collect();
        if !upstream.is_empty() {
            facts.push(Fact { name: "Waits for", value: Told::Words(upstream.join(", ")) });
        }
        facts
    });
    view! {
        {move || view! { <FactList facts=facts.get() /> }}
        {move || alone().map(|href| view! { <p><a class="button" data-needs="launch" href=href title="Only this task, with the inputs that it had">"Launch it alone…"</a></p> })}
    }
}

/// The form that launches a node's task once more, by itself.
fn alone(followed: Followed, node: &str) -> Option<String> {
    let named = followed.tree.with(|tree| followed.outline.with(|outline| outline.named(tree, node)));
    let task = named.reference.filter(|id| id.resource_type == Entity::Task.resource_type())?;
    let query = Query::default()
        .with("kind", Entity::Task.key())
        .with("name", task.name)
        .with("version", task.version)
        .with("of", followed.id.get_value().name)
        .with("node", node.to_owned());
    Some(Page::Launch(Place::new(&task.project, &task.domain)).with(&query))
}

fn runs(id: &Identifier) -> Told {
    let kind = Entity::of_resource_type(id.resource_type).unwrap_or(Entity::Task);
    let place = Place::new(&id.project, &id.domain);
    Told::Link(id.name.clone(), Page::Version(place, kind, id.name.clone(), id.version.clone()))
}

fn template<'a>(
    closure: Option<&'a Arc<CompiledWorkflowClosure>>,
    id: &Identifier,
) -> Option<&'a TaskTemplate> {
    let mut templates = closure?.tasks.iter().filter_map(|task| task.template.as_ref());
    templates.find(|template| template.id.as_ref() == Some(id))
}
