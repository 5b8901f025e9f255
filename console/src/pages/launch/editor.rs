//! The form itself: four views of one model, the options, the verdict.

use aileron_idl::admin::ExecutionSpec;
use aileron_idl::core::Identifier;
use leptos::prelude::*;

use super::commands::Commands;
use super::fields::Fields;
use super::loaded::Loaded;
use super::options::OptionFields;
use super::text::{Language, TextView};
use super::verdict::Verdict;
use crate::address::address;
use crate::components::key_in_address::key_in_address;
use crate::components::tabs::Tabs;
use crate::model::inputs_view::InputsView;
use crate::model::launch::options::Options;
use crate::model::launch::{Form, Said};
use crate::model::route::Place;

key_in_address!(InputsView);

/// The model, as signals.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    pub(super) place: StoredValue<Place>,
    pub(super) target: StoredValue<Identifier>,
    pub(super) base: StoredValue<ExecutionSpec>,
    pub(crate) form: RwSignal<Form>,
    pub(super) options: RwSignal<Options>,
    /// What the launch plan says of the options.
    pub(super) plan: StoredValue<Options>,
    /// What the checks say of the inputs; follows the form.
    pub(crate) said: RwSignal<Vec<Said>>,
    /// Steps when other fields are shown than before: an element more, another variant.
    pub(super) structure: RwSignal<u32>,
}

impl Model {
    fn of(place: Place, loaded: &Loaded) -> Self {
        Self {
            place: StoredValue::new(place),
            target: StoredValue::new(loaded.target.clone()),
            base: StoredValue::new(loaded.base.clone()),
            form: RwSignal::new(loaded.form.clone()),
            options: RwSignal::new(loaded.options.clone()),
            plan: StoredValue::new(loaded.plan.clone()),
            said: RwSignal::default(),
            structure: RwSignal::new(0),
        }
    }

    /// A model of inputs alone.
    pub(crate) fn plain(place: Place, target: Identifier, form: Form) -> Self {
        let loaded = Loaded {
            target,
            form,
            base: ExecutionSpec::default(),
            options: Options::default(),
            plan: Options::default(),
            remarks: Vec::new(),
        };
        let model = Self::of(place, &loaded);
        model.change(|_| ());
        model
    }

    /// Changes the inputs, and judges them.
    pub(super) fn change(self, change: impl FnOnce(&mut Form)) {
        let mut said = Vec::new();
        self.form.update(|form| {
            change(form);
            said = form.judge().err().unwrap_or_default();
        });
        self.said.set(said);
    }

    /// Changes what fields there are, too.
    pub(super) fn restructure(self, change: impl FnOnce(&mut Form)) {
        self.change(change);
        self.structure.update(|count| *count += 1);
    }
}

/// The form of what was loaded.
#[component]
pub(super) fn Editor(place: Place, loaded: Loaded) -> impl IntoView {
    let address = address();
    let model = Model::of(place, &loaded);
    model.change(|_| ());
    let asked = address.value("view");
    let shown =
        Memo::new(move |_| asked.get().and_then(|text| text.parse::<InputsView>().ok()).unwrap_or_default());
    let choose = Callback::new(move |key: String| address.set("view", Some(key)));
    let current = Signal::derive(move || shown.get().key().to_owned());
    let tabs = InputsView::ALL.map(|one| (one.key(), one.label().to_owned())).to_vec();
    let body = move || match shown.get() {
        InputsView::Fields => view! { <Fields model /> }.into_any(),
        InputsView::Json => view! { <TextView model language=Language::Json /> }.into_any(),
        InputsView::Yaml => view! { <TextView model language=Language::Yaml /> }.into_any(),
        InputsView::Commands => view! { <Commands model /> }.into_any(),
    };
    let remarks = loaded
        .remarks
        .clone()
        .into_iter()
        .map(|remark| view! { <p class="notice">{remark}</p> })
        .collect_view();
    let target = loaded.target;
    view! {
        {remarks}
        <div class="launch-grid">
            <section class="inputs-side" aria-label="Inputs">
                <div class="line"><h2>"Inputs"</h2><span class="faint mono">{target.name}" "{target.version}</span></div>
                <Tabs name="How the inputs are shown" tabs current choose />
                <div class="view-body">{body}</div>
            </section>
            <OptionFields model />
        </div>
        <Verdict model />
    }
}
