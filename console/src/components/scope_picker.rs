//! Choosing project and domain.

use aileron_idl::admin::{Domain, Project};
use leptos::prelude::*;

use crate::address::address;
use crate::api;
use crate::model::route::{Page, Place};

/// Every project with its domains, and the one that is shown.
#[component]
pub(crate) fn ScopePicker(place: Place) -> impl IntoView {
    let projects = LocalResource::new(api::projects);
    let current = key(&place.project, &place.domain);
    let address = address();
    let choose = move |event| {
        if let Some((project, domain)) = event_target_value(&event).split_once('/') {
            address.go(&same_list(address.page(), Place::new(project, domain)).path());
        }
    };
    let chosen = current.clone();
    // The choice is offered before the projects are known, so that nothing moves when they arrive.
    let options = move || match projects.get() {
        Some(Ok(projects)) => groups(&projects, &chosen),
        _ => view! { <option selected=true>{chosen.replace('/', " / ")}</option> }.into_any(),
    };
    view! {
        <label class="picker">
            <span class="hidden">"Project and domain"</span>
            <select on:change=choose prop:value=current>{options}</select>
        </label>
    }
}

/// The list of another place that is like the one that is shown.
fn same_list(page: Option<Page>, place: Place) -> Page {
    match page {
        Some(Page::Names(_, kind) | Page::Versions(_, kind, _) | Page::Version(_, kind, ..)) => {
            Page::Names(place, kind)
        }
        Some(Page::Gates(_)) => Page::Gates(place),
        _ => Page::Executions(place),
    }
}

fn key(project: &str, domain: &str) -> String {
    format!("{project}/{domain}")
}

fn groups(projects: &[Project], chosen: &str) -> AnyView {
    let known = projects
        .iter()
        .any(|project| project.domains.iter().any(|domain| key(&project.id, &domain.id) == chosen));
    let stranger = (!known).then(
        || view! { <option value=chosen.to_owned() selected=true>{chosen.replace('/', " / ")}</option> },
    );
    let groups = projects.iter().map(|project| group(project, chosen)).collect_view();
    view! { {stranger} {groups} }.into_any()
}

fn group(project: &Project, chosen: &str) -> AnyView {
    let option = |domain: &Domain| {
        let value = key(&project.id, &domain.id);
        let selected = value == chosen;
        view! { <option value=value selected=selected>{format!("{} / {}", project.id, domain.id)}</option> }
    };
    view! { <optgroup label=project.name.clone()>{project.domains.iter().map(option).collect_view()}</optgroup> }.into_any()
}
