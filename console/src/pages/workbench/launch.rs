//! Inputs as they would be typed for a launch, judged at every keystroke by the rules of the server.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::reactive::spawn_local_scoped_with_cancellation;

use super::bench::Bench;
use crate::model::workbench::{Finding, Launch, Parameter, Problem};

/// A field for each input.
#[component]
pub(super) fn LaunchForm(bench: Bench, id: u32) -> impl IntoView {
    let parameters = RwSignal::new(Vec::<Parameter>::new());
    let typed = RwSignal::new(BTreeMap::<String, String>::new());
    // Inputs that were dropped here are as good as typed.
    Effect::new(move |_| {
        let given = bench.given.get();
        if !given.is_empty() {
            typed.set(given);
        }
    });
    let verdict = RwSignal::new(Launch::default());
    let problem = RwSignal::new(None::<Problem>);
    spawn_local_scoped_with_cancellation(async move {
        match bench.ask("parameters", &[id.into()]).await {
            Ok(found) => parameters.set(found),
            Err(found) => problem.set(Some(found)),
        }
    });
    Effect::new(move |_| {
        let given = serde_json::to_string(&typed.get()).unwrap_or_default();
        // The next text cancels this: only the newest one's verdict is of interest.
        spawn_local_scoped_with_cancellation(async move {
            match bench.ask("validate", &[id.into(), given.into()]).await {
                Ok(found) => verdict.set(found),
                Err(found) => problem.set(Some(found)),
            }
        });
    });
    let fields =
        move || parameters.get().into_iter().map(|parameter| field(parameter, typed, verdict)).collect_view();
    let is_launchable = move || verdict.with(|verdict| verdict.inputs.is_some());
    let words = move || {
        if is_launchable() { "These inputs can be launched." } else { "These inputs cannot be launched yet." }
    };
    let others = move || {
        verdict.with(|verdict| {
            let known = parameters.get();
            let other =
                |found: &&Finding| !known.iter().any(|one| found.variable.as_ref() == Some(&one.name));
            verdict.diagnostics.iter().filter(other).map(said).collect_view()
        })
    };
    view! {
        {move || problem.get().map(|problem| view! { <p class="wrong">{problem.to_string()}</p> })}
        <form class="launch" on:submit=move |event| event.prevent_default()>
            {fields}
            {others}
            <p role="status" class:wrong=move || !is_launchable() data-launchable=move || is_launchable().to_string()>{words}</p>
        </form>
    }
}

fn field(
    parameter: Parameter,
    typed: RwSignal<BTreeMap<String, String>>,
    verdict: RwSignal<Launch>,
) -> AnyView {
    let Parameter { name, r#type, required, default, fixed } = parameter;
    let default = default.map(|value| value.to_string());
    if fixed {
        return view! { <div class="field"><span class="name">{name}</span><span class="faint">{r#type}", fixed"</span><code>{default}</code></div> }.into_any();
    }
    let note = if required { "required" } else { "optional" };
    let (key, mine) = (name.clone(), name.clone());
    let input = move |event| {
        let text = event_target_value(&event);
        typed.update(|typed| {
            if text.is_empty() {
                typed.remove(&key)
            } else {
                typed.insert(key.clone(), text)
            };
        });
    };
    let found = move || {
        verdict.with(|verdict| {
            let mine = |found: &&Finding| found.variable.as_ref() == Some(&mine);
            verdict.diagnostics.iter().filter(mine).map(said).collect_view()
        })
    };
    let (label, shown) = (name.clone(), name.clone());
    let text = move || typed.with(|typed| typed.get(&shown).cloned()).unwrap_or_default();
    view! {
        <label class="field" data-input=label>
            <span class="name">{name}</span>
            <span class="faint">{r#type}", "{note}</span>
            <input type="text" autocomplete="off" spellcheck="false" placeholder=default prop:value=text on:input=input />
            {found}
        </label>
    }
    .into_any()
}

fn said(finding: &Finding) -> AnyView {
    let hint = finding.hint.clone().map(|hint| view! { <span class="faint">" "{hint}</span> });
    view! { <span class="wrong" data-code=finding.code.clone()>{finding.message.clone()}{hint}</span> }
        .into_any()
}
