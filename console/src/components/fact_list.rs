//! Facts, each with its name.

use leptos::prelude::*;

use crate::components::clock::Moment;
use crate::components::copy_button::CopyButton;
use crate::model::facts::{Fact, Told};

/// Letters above which a code has a line for itself.
const LONG: usize = 90;

/// A list of them.
#[component]
pub(crate) fn FactList(facts: Vec<Fact>) -> impl IntoView {
    let fact = |fact: Fact| {
        let is_long = matches!(&fact.value, Told::Code(text) if text.len() > LONG);
        view! { <div class:long=is_long><dt>{fact.name}</dt><dd>{told(fact.value)}</dd></div> }
    };
    view! { <dl class="fact-list">{facts.into_iter().map(fact).collect_view()}</dl> }
}

fn told(value: Told) -> AnyView {
    match value {
        Told::Words(text) => text.into_any(),
        Told::Code(text) => {
            let copied = text.clone();
            view! { <code>{text}</code>" "<CopyButton text=Signal::derive(move || copied.clone()) /> }
                .into_any()
        }
        Told::Link(text, page) => view! { <a href=page.path()>{text}</a> }.into_any(),
        Told::Instant(at) => view! { <Moment at /> }.into_any(),
        Told::Pairs(pairs) => {
            let pair = |(name, value): (String, String)| {
                view! { <span class="pair"><span>{name}</span>{value}</span> }
            };
            pairs.into_iter().map(pair).collect_view().into_any()
        }
    }
}
