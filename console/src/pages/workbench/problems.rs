//! The compiler's findings on an entity; pressing one leads to its node.

use leptos::prelude::*;

use crate::model::workbench::{Compilation, Finding};

/// Every finding, errors first as the compiler orders them.
#[component]
pub(super) fn Problems(verdict: Memo<Compilation>, go: Callback<Finding>) -> impl IntoView {
    move || {
        let Compilation { diagnostics, missing, .. } = verdict.get();
        if diagnostics.is_empty() && missing.is_empty() {
            return view! { <p class="faint">"The compiler has nothing to say against it."</p> }.into_any();
        }
        let missed = missing.into_iter().map(|name| {
            view! { <li class="finding" data-code="Missing"><strong>{name}</strong>" is referred to and was not dropped. Drop its file too."</li> }
        });
        let found = diagnostics.into_iter().map(|finding| row(finding, go));
        view! { <ol class="findings">{missed.collect_view()}{found.collect_view()}</ol> }.into_any()
    }
}

fn row(finding: Finding, go: Callback<Finding>) -> AnyView {
    let place = finding.place();
    let types = finding.expected.clone().zip(finding.got.clone());
    let types = types.map(|(expected, got)| view! { <p class="faint">"expected "<code>{expected}</code>", got "<code>{got}</code></p> });
    let hint = finding.hint.clone().map(|hint| view! { <p class="faint">{hint}</p> });
    let (code, message, is_error) = (finding.code.clone(), finding.message.clone(), finding.error);
    let place = (!place.is_empty()).then(|| {
        view! { <button type="button" class="link" on:click=move |_| go.run(finding.clone())>{place}</button> }
    });
    let key = code.clone();
    view! {
        <li class="finding" class:warning=!is_error data-code=key>
            <p class="line"><strong>{code}</strong>{place}</p>
            <p>{message}</p>
            {types}
            {hint}
        </li>
    }
    .into_any()
}
