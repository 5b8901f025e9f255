//! The form that answers a signal: a value of the type that its gate wants.

use aileron_idl::admin::Signal;
use aileron_idl::core::parameter::Behavior;
use aileron_idl::core::{
    Identifier, LiteralMap, Parameter, ParameterMap, SignalIdentifier, Variable, WorkflowExecutionIdentifier,
};
use leptos::prelude::*;

use super::launch::{Fields, Model};
use crate::address::address;
use crate::api::{self, ApiError, Code};
use crate::components::crumbs::Crumbs;
use crate::components::notice::Notice;
use crate::components::toasts::toasts;
use crate::model::launch::Form;
use crate::model::route::{Page, Place};
use crate::model::type_name::type_name;

/// The input's name in the form.
const VALUE: &str = "value";

/// The page of a signal.
#[component]
pub(crate) fn SignalPage(place: Place, execution: String, signal: String) -> impl IntoView {
    let page = Page::Signal(place.clone(), execution.clone(), signal.clone());
    let back = Page::Execution(place.clone(), execution.clone()).path();
    let id = WorkflowExecutionIdentifier {
        project: place.project.clone(),
        domain: place.domain.clone(),
        name: execution,
        ..Default::default()
    };
    let wanted = signal.clone();
    let found = LocalResource::new(move || {
        let (id, wanted) = (id.clone(), wanted.clone());
        async move { find(&id, &wanted).await }
    });
    let body = move || match found.get() {
        None => view! { <p class="faint">"Loading…"</p> }.into_any(),
        Some(Err(error)) => view! { <Notice error /> }.into_any(),
        Some(Ok(signal)) if signal.value.is_some() => {
            view! { <p class="empty small">"It has been answered."</p> }.into_any()
        }
        Some(Ok(signal)) => view! { <Answer place=place.clone() signal back=back.clone() /> }.into_any(),
    };
    view! {
        <main id="main">
            <Crumbs page />
            <div class="page-head"><h1>{signal}</h1></div>
            {body}
        </main>
    }
}

async fn find(execution: &WorkflowExecutionIdentifier, wanted: &str) -> Result<Signal, ApiError> {
    let signals = api::signals(execution).await?.signals;
    let is_wanted = |signal: &Signal| signal.id.as_ref().is_some_and(|id| id.signal_id == wanted);
    signals.into_iter().find(is_wanted).ok_or_else(|| ApiError {
        question: "signal",
        code: Code::NotFound,
        message: format!("the execution does not wait for a signal {wanted} (yet)"),
    })
}

#[component]
fn Answer(place: Place, signal: Signal, back: String) -> impl IntoView {
    let (toasts, address) = (toasts(), address());
    let wanted = signal.r#type.unwrap_or_default();
    let words = type_name(&wanted);
    let parameter = Parameter {
        var: Some(Variable { r#type: Some(wanted), ..Default::default() }),
        behavior: Some(Behavior::Required(true)),
    };
    let expected = ParameterMap { parameters: [(VALUE.to_owned(), parameter)].into_iter().collect() };
    let model = Model::plain(place, Identifier::default(), Form::new(expected, LiteralMap::default()));
    let id: SignalIdentifier = signal.id.unwrap_or_default();
    let send = move |_| {
        let given = model.form.with_untracked(|form| form.clone().judge());
        let Some(literal) = given.ok().and_then(|mut given| given.literals.remove(VALUE)) else { return };
        let (id, back) = (id.clone(), back.clone());
        toasts.act(async move { api::set_signal(&id, literal).await }, move |()| address.go(&back));
    };
    view! {
        <p class="faint">{format!("A gate waits for a value of type {words}.")}</p>
        <Fields model />
        <button type="button" class="button primary" disabled=move || !model.said.with(Vec::is_empty) on:click=send>"Answer"</button>
    }
}
