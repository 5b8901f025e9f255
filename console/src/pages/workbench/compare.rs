//! What differs between two entities.

use std::sync::Arc;

use aileron_idl::core::CompiledWorkflowClosure;
use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

use super::bench::Bench;
use super::sheet::Found;
use crate::components::copy_button::CopyButton;
use crate::model::workbench::{Change, Diff, Field, InterfaceChange, Problem, markdown, union};

/// The entity against another one that was dropped before or after it.
#[component]
pub(super) fn Compare(bench: Bench, id: u32, found: Found) -> impl IntoView {
    let others = Memo::new(move |_| bench.shelf.with(|shelf| shelf.comparable(id)));
    let with = RwSignal::new(None::<u32>);
    let other =
        Memo::new(move |_| with.get().or_else(|| others.with(|others| others.first().map(|other| other.id))));
    let answer = RwSignal::new(None::<Result<Diff, Problem>>);
    Effect::new(move |_| {
        let Some(other) = other.get() else { return };
        // What was dropped first is the earlier one.
        let (before, after) = (id.min(other), id.max(other));
        spawn_local_scoped_with_cancellation(async move {
            let diff = compared(bench, before, after, found).await;
            answer.set(Some(diff));
        });
    });
    on_cleanup(move || {
        found.union.try_set(None);
    });
    let report = Signal::derive(move || {
        let (Some(Ok(diff)), Some(other)) = (answer.get(), other.get()) else { return String::new() };
        let entity = |id| bench.shelf.with(|shelf| shelf.entity(id).cloned()).unwrap_or_default();
        markdown::comparison(&entity(id.min(other)), &entity(id.max(other)), &diff)
    });
    let options = move || {
        others
            .get()
            .into_iter()
            .map(|other| {
                let label = format!("{} {} ({})", other.title(), other.version, other.place);
                view! { <option value=other.id.to_string()>{label}</option> }
            })
            .collect_view()
    };
    let picked = move |event| with.set(event_target_value(&event).parse().ok());
    let body = move || match answer.get() {
        _ if others.with(Vec::is_empty) => {
            view! { <p class="faint">"Drop another version to see what differs."</p> }.into_any()
        }
        None => ().into_any(),
        Some(Err(problem)) => view! { <p class="wrong">{problem.to_string()}</p> }.into_any(),
        Some(Ok(diff)) => shown(diff),
    };
    view! {
        <label class="picker" hidden=move || others.with(Vec::is_empty)>"With "<select on:change=picked>{options}</select></label>
        <p class="line" hidden=move || report.with(String::is_empty)><span class="faint">"As Markdown"</span><CopyButton text=report /></p>
        {body}
    }
}

/// Asks what differs, and for both closures, to be drawn as one.
async fn compared(bench: Bench, before: u32, after: u32, found: Found) -> Result<Diff, Problem> {
    let diff: Diff = bench.ask("diff", &[before.into(), after.into()]).await?;
    let old: CompiledWorkflowClosure = bench.message("closure", &[before.into()]).await?;
    let new: CompiledWorkflowClosure = bench.message("closure", &[after.into()]).await?;
    let (closure, named) = union::union(&old, &new, &diff);
    found.union.set(Some((Arc::new(closure), named)));
    Ok(diff)
}

fn shown(diff: Diff) -> AnyView {
    if diff.changes.is_empty() && diff.interface.is_empty() {
        return view! { <p class="faint">"Nothing differs."</p> }.into_any();
    }
    let interface = diff.interface.into_iter().map(interface_row).collect_view();
    let changes = diff.changes.into_iter().map(change_row).collect_view();
    view! { <ul class="changes">{interface}{changes}</ul> }.into_any()
}

fn interface_row(change: InterfaceChange) -> AnyView {
    let InterfaceChange { within, side, variable, before, after, effect, reason } = change;
    let (before, after) =
        (before.unwrap_or_else(|| "nothing".to_owned()), after.unwrap_or_else(|| "nothing".to_owned()));
    let key = effect.clone();
    view! {
        <li data-change=key>
            <span class="chip">{effect}</span>{format!("{within}: {side} ")}<code>{variable}</code>": "<code>{before}</code>" → "<code>{after}</code>
            <p class="faint">{reason}</p>
        </li>
    }
    .into_any()
}

fn change_row(change: Change) -> AnyView {
    let Change { what, within, id, change, before, fields } = change;
    let moved = before.map(|before| format!(" from {before}"));
    let name = if id.is_empty() { within } else { format!("{within} › {id}") };
    let fields = fields.into_iter().map(field_row).collect_view();
    let key = change.clone();
    view! {
        <li data-change=key>
            <span class="chip">{change}</span>{what}" "<strong>{name}</strong>{moved}
            {fields}
        </li>
    }
    .into_any()
}

fn field_row(field: Field) -> AnyView {
    let Field { path, before, after } = field;
    let side = |text: Option<String>| text.unwrap_or_else(|| "unset".to_owned());
    view! { <p class="faint"><code>{path}</code>": "{side(before)}" → "{side(after)}</p> }.into_any()
}
