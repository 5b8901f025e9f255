//! What an execution is: state, what it runs, times, and everything that it was launched with.

use leptos::prelude::*;

use super::actions::Actions;
use crate::components::clock::{Elapsed, Moment};
use crate::components::fact_list::FactList;
use crate::components::phase_badge::PhaseBadge;
use crate::components::version::Version;
use crate::followed::Followed;
use crate::model::facts;
use crate::model::route::{Entity, Page, Place};
use crate::model::run::Run;

/// The head of the page.
#[component]
pub(super) fn Header(followed: Followed, run: Memo<Run>) -> impl IntoView {
    let phase = Memo::new(move |_| run.with(|run| run.phase));
    let started = Memo::new(move |_| run.with(|run| run.started));
    let workflow = Memo::new(move |_| {
        followed.execution.with(|execution| execution.as_ref()?.closure.as_ref()?.workflow_id.clone())
    });
    let facts = Memo::new(move |_| {
        followed.execution.with(|execution| execution.as_ref().map(facts::of_execution)).unwrap_or_default()
    });
    // Nothing can be done with what is not there.
    let is_known = Memo::new(move |_| followed.execution.with(Option::is_some));
    let name = followed.id.with_value(|id| id.name.clone());
    let of = move || {
        workflow.get().map(|id| {
            let place = Place::new(&id.project, &id.domain);
            let page = Page::Version(place, Entity::Workflow, id.name.clone(), id.version.clone());
            view! { <a href=page.path() class="soft">{id.name}</a>" "<Version text=id.version /> }
        })
    };
    view! {
        <div class="head">
            <PhaseBadge phase />
            <h1 class="mono">{name}</h1>
            <span class="of">{of}</span>
            <dl class="brief">
                <div><dt>"Started"</dt><dd>{move || started.get().map(|at| view! { <Moment at /> })}</dd></div>
                <div><dt>"Duration"</dt><dd><Elapsed run /></dd></div>
            </dl>
            {move || is_known.get().then(|| view! { <Actions followed run /> })}
        </div>
        <details class="facts-fold">
            <summary>"What it was launched with"</summary>
            {move || view! { <FactList facts=facts.get() /> }}
        </details>
    }
}
