//! What an entity is, what it needs and who needs it.

use leptos::prelude::*;

use super::bench::Bench;
use super::export::Export;
use super::sheet::{Found, Verdict};
use crate::components::failure::FailureBlock;
use crate::components::graph::Stage;
use crate::model::scene::mapped;
use crate::model::workbench::{Entity, Status};

#[component]
pub(super) fn Heading(
    bench: Bench,
    entity: Entity,
    verdict: Verdict,
    found: Found,
    stage: RwSignal<Option<Stage>>,
) -> impl IntoView {
    let (id, is_compiled) = (entity.id, found.group.is_compiled());
    let badge = move || verdict.with(|verdict| verdict.as_ref().map(|verdict| badge(verdict.accepted)));
    let notes =
        entity.notes.iter().cloned().map(|note| view! { <p class="faint note">{note}</p> }).collect_view();
    let title = if entity.name.is_empty() { entity.place.clone() } else { entity.name.clone() };
    let export = is_compiled.then(|| view! { <Export bench id title=title.clone() stage /> });
    let failure = move || {
        found.status.with(|status| status.report.failure()).map(|failure| view! { <FailureBlock failure /> })
    };
    view! {
        <div class="head">
            {badge}
            <h1>{title}</h1>
            <dl>
                <div><dt>"Kind"</dt><dd>{entity.kind}</dd></div>
                <div><dt>"Version"</dt><dd>{entity.version}</dd></div>
                <div><dt>"File"</dt><dd>{entity.place}</dd></div>
                {move || found.status.with(execution)}
            </dl>
            {export}
        </div>
        {notes}
        {failure}
        <Relations bench name=entity.name verdict />
    }
}

fn badge(accepted: bool) -> AnyView {
    let (phase, mark, words) =
        if accepted { ("SUCCEEDED", "✓", "Compiles") } else { ("FAILED", "✕", "Does not compile") };
    view! { <span class="badge verdict" data-phase=phase><span class="mark" aria-hidden="true">{mark}</span>{words}</span> }.into_any()
}

/// What a resource says of its execution.
fn execution(status: &Status) -> Option<AnyView> {
    let phase = status.phase.clone()?;
    let lacks = (!status.lacks.is_empty()).then(|| {
        view! { <div class="wrong"><dt>"Lacks"</dt><dd>{status.lacks.join(", ")}</dd></div> }
    });
    Some(view! { <div><dt>"Propeller\u{2019}s phase"</dt><dd>{phase}</dd></div>{lacks} }.into_any())
}

/// The entities that it refers to, and those that refer to it.
#[component]
fn Relations(bench: Bench, name: String, verdict: Verdict) -> impl IntoView {
    let of = name.clone();
    let users = Memo::new(move |_| bench.shelf.with(|shelf| shelf.users(&of)));
    let uses = move || {
        verdict.with(|verdict| verdict.as_ref().map(|verdict| verdict.uses.clone())).unwrap_or_default()
    };
    move || {
        let uses: Vec<String> = uses().into_iter().filter(|used| *used != name).collect();
        let users: Vec<String> = users.get().into_iter().filter(|user| *user != name).collect();
        let list = |word: &'static str, names: Vec<String>| {
            (!names.is_empty()).then(|| {
                let all = names.iter().map(|name| mapped(name.rsplit('.').next().unwrap_or(name))).collect::<Vec<_>>().join(", ");
                view! { <div data-relation=word><dt>{format!("{word} {}", names.len())}</dt><dd>{all}</dd></div> }
            })
        };
        view! { <dl class="relations">{list("Uses", uses)}{list("Used by", users)}</dl> }
    }
}
