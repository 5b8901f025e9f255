//! The versions of a name, newest first.

use leptos::prelude::*;

use crate::api;
use crate::components::clock::{Moment, Zone};
use crate::components::crumbs::Crumbs;
use crate::components::notice::Notice;
use crate::model::entity::Registered;
use crate::model::query::Query;
use crate::model::route::{Entity, Page, Place, in_workbench};

/// Versions shown at most.
const MOST: u32 = 500;

/// The page of a name.
#[component]
pub(crate) fn VersionsPage(place: Place, kind: Entity, name: String) -> impl IntoView {
    let (asked, of) = (place.clone(), name.clone());
    let found = LocalResource::new(move || {
        let (place, name) = (asked.clone(), of.clone());
        async move { api::versions(&place, kind, &name, MOST, String::new()).await }
    });
    let page = Page::Versions(place.clone(), kind, name.clone());
    let runs = {
        let prefix = match kind {
            Entity::Workflow => "workflow",
            Entity::Task => "task",
            Entity::LaunchPlan => "plan",
        };
        Page::Executions(place.clone()).with(&Query::default().with("q", format!("{prefix}:{name}")))
    };
    let launch = Page::Launch(place.clone())
        .with(&Query::default().with("kind", kind.key()).with("name", name.clone()));
    let rows = move || match found.get() {
        None => view! { <p class="faint">"Loading…"</p> }.into_any(),
        Some(Err(error)) => view! { <Notice error /> }.into_any(),
        Some(Ok((versions, _))) if versions.is_empty() => nothing(kind),
        Some(Ok((versions, _))) => list(&place, kind, versions),
    };
    view! {
        <main id="main" class="wide">
            <Crumbs page />
            <div class="page-head">
                <h1>{name}</h1>
                <a class="button" href=runs>"Its executions"</a>
                <a class="button primary" data-needs="launch" href=launch>"Launch…"</a>
            </div>
            {rows}
        </main>
    }
}

fn nothing(kind: Entity) -> AnyView {
    let words = format!("No {} has this name here", kind.word());
    view! { <div class="empty"><h2>{words}</h2><p>"It may belong to another project or domain; "<kbd>"Ctrl K"</kbd>" finds it."</p></div> }.into_any()
}

fn list(place: &Place, kind: Entity, versions: Vec<Registered>) -> AnyView {
    let zone = expect_context::<Zone>();
    let about = match kind {
        Entity::Workflow => "Description",
        Entity::Task => "Type",
        Entity::LaunchPlan => "Workflow",
    };
    let is_plan = kind == Entity::LaunchPlan;
    let is_workflow = kind == Entity::Workflow;
    let before: Vec<Option<String>> =
        versions.iter().skip(1).map(|older| Some(older.version.clone())).chain([None]).collect();
    let changes = |version: &Registered, before: Option<String>| {
        let before = before.filter(|_| is_workflow)?;
        let href = in_workbench(place, &version.name, &[&before, &version.version]);
        Some(view! { <a href=href title="In the workbench">{format!("Changes since {before}")}</a> })
    };
    let row = |(version, before): (Registered, Option<String>)| {
        let changes = changes(&version, before);
        let page = Page::Version(place.clone(), kind, version.name.clone(), version.version.clone());
        let key = version.version.clone();
        let state = if version.is_active { "active" } else { "inactive" };
        view! {
            <tr data-version=key>
                <td><a class="mono" href=page.path() data-rowlink="">{version.version}</a></td>
                <td>{(version.created > 0.0).then(|| view! { <Moment at=version.created /> })}</td>
                {is_plan.then(|| view! { <td>{state}</td><td>{version.schedule.clone()}</td> })}
                <td class="faint">{version.about}</td>
                {(!is_plan).then(|| view! { <td class="mono faint">{version.inputs.clone()}</td> })}
                {is_workflow.then(|| view! { <td>{changes}</td> })}
            </tr>
        }
    };
    view! {
        <table class="list">
            <thead>
                <tr>
                    <th scope="col">"Version"</th>
                    <th scope="col">"Registered "<span class="zone">{move || zone.name()}</span></th>
                    {is_plan.then(|| view! { <th scope="col">"State"</th><th scope="col">"Schedule"</th> })}
                    <th scope="col">{about}</th>
                    {(!is_plan).then(|| view! { <th scope="col">"Inputs"</th> })}
                    {is_workflow.then(|| view! { <th scope="col">"Changes"</th> })}
                </tr>
            </thead>
            <tbody>{versions.into_iter().zip(before).map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
