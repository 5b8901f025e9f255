//! Light, dark or of high contrast: what the system says, unless the reader chose.

use leptos::prelude::*;

use crate::browser;

const PREFERENCE: &str = "aileron.theme";

/// The reader's choice; empty for the system's.
#[derive(Clone, Copy)]
pub(crate) struct Theme(RwSignal<String>);

const CHOICES: [(&str, &str); 4] =
    [("", "As the system"), ("light", "Light"), ("dark", "Dark"), ("contrast", "High contrast")];

impl Theme {
    /// Shows what was chosen last, from now on.
    pub(crate) fn start() -> Self {
        let theme = Self(RwSignal::new(browser::preference(PREFERENCE).unwrap_or_default()));
        Effect::new(move |_| {
            let chosen = theme.0.get();
            let root = document().document_element();
            // A page without a root element shows nothing anyway.
            let _ = root.map(|root| match chosen.as_str() {
                "" => root.remove_attribute("data-theme"),
                chosen => root.set_attribute("data-theme", chosen),
            });
        });
        theme
    }
}

/// The choice, as a menu.
#[component]
pub(crate) fn ThemePicker() -> impl IntoView {
    let theme = expect_context::<Theme>();
    let choose = move |event| {
        let chosen = event_target_value(&event);
        browser::keep_preference(PREFERENCE, &chosen);
        theme.0.set(chosen);
    };
    let options = CHOICES.map(|(key, label)| {
        view! { <option value=key selected=move || theme.0.with(|chosen| chosen == key)>{label}</option> }
    });
    view! {
        <label class="row">
            <span>"Colours"</span>
            <select on:change=choose>{options.collect_view()}</select>
        </label>
    }
}
