//! The inputs as text: JSON or YAML, both ways.

use aileron_compiler::values;
use leptos::prelude::*;

use super::editor::Model;
use crate::components::copy_button::CopyButton;
use crate::model::launch::commands::yaml;

/// The language of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Json,
    Yaml,
}

/// The text. It is the reader's own as long as it is edited; the form follows every keystroke that can be read.
#[component]
pub(super) fn TextView(model: Model, language: Language) -> impl IntoView {
    let written = model.form.with_untracked(|form| form.json());
    let (text, unread) = match written {
        Ok(json) if language == Language::Yaml => (yaml(&json), None),
        Ok(json) => (serde_json::to_string_pretty(&json).unwrap_or_default(), None),
        Err(said) => (String::new(), Some(format!("{}: {}", said.input, said.message))),
    };
    let problem = RwSignal::new(unread);
    let copied = RwSignal::new(text.clone());
    let typed = move |event| {
        let text = event_target_value(&event);
        let read =
            if language == Language::Yaml { values::parse_yaml(&text) } else { values::parse_json(&text) };
        copied.set(text);
        match read {
            Ok(json) => {
                let mut refused = None;
                model.restructure(|form| refused = form.fill_json(&json).err());
                problem.set(refused);
            }
            Err(finding) => problem.set(Some(finding.message)),
        }
    };
    let findings = move || {
        let line = |said: crate::model::launch::Said| {
            view! { <p class="wrong" data-code=said.code><code>{said.input}{(!said.place.is_empty()).then(|| format!(" {}", said.place))}</code>" "{said.message}" "<span class="faint">{said.hint}</span></p> }
        };
        model.said.get().into_iter().map(line).collect_view()
    };
    let label = if language == Language::Yaml { "Inputs as YAML" } else { "Inputs as JSON" };
    view! {
        <div class="line"><span class="faint">"Edit or paste; the fields follow."</span><span class="end"></span><CopyButton text=copied /></div>
        <textarea class="code" rows="18" aria-label=label spellcheck="false" aria-invalid=move || problem.with(Option::is_some).to_string() on:input=typed prop:value=text></textarea>
        {move || problem.get().map(|problem| view! { <p class="wrong" role="alert">{problem}</p> })}
        {findings}
    }
}
